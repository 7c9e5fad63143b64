# SPDX-License-Identifier: GPL-2.0-or-later
"""A terminal to type at and to look at: tmux, on a server of its own.

Nothing here sleeps for a while and hopes: a wait polls until what is waited
for is there, and gives up after a bound.
"""
import os
import shutil
import subprocess
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
VMSDB = os.path.abspath(os.environ.get('VMSDB', os.path.join(ROOT, 'build', 'vmsdb')))
CASE = ['tests/data/streams/7.2-pc-q35-7.2-vgpu4.mig.xz',
        '--to', 'tests/data/streams/10.0-pc-q35-7.2-vgpu4.mig.xz',
        '--to', 'tests/data/dumps/10.0-pc-q35-7.2.json.xz']
LIMIT = 60


class Screen:
    def __init__(self, command, width, height, env=None):
        self.dir = tempfile.mkdtemp(prefix='vmsdb-screen-')
        self.socket = os.path.join(self.dir, 'tmux')
        base = {'PATH': os.environ['PATH'], 'HOME': self.dir,
                'LANG': 'C.UTF-8', 'TERM': 'xterm-256color', 'SHELL': '/bin/sh'}
        self.env = base
        conf = os.path.join(self.dir, 'conf')
        inner = dict(env or {})
        term = inner.pop('TERM', 'tmux-256color')
        with open(conf, 'w') as f:
            f.write('set -g default-terminal %s\nset -g escape-time 10\n'
                    'set -g status off\nset -g history-limit 1000\n' % term)
        words = ' '.join('%s=%s' % kv for kv in inner.items())
        self.tmux('-f', conf, '-u', 'new-session', '-d', '-x', str(width),
                  '-y', str(height), '-c', ROOT,
                  ('env %s ' % words if words else '') + command)

    def tmux(self, *args):
        return subprocess.run(['tmux', '-S', self.socket, *args], env=self.env,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=LIMIT).stdout.decode('utf-8', 'replace')

    def keys(self, *keys):
        """tmux's names of keys; a text is typed as it is."""
        for k in keys:
            if len(k) > 1 and k[0] == '=':
                self.tmux('send-keys', '-l', '--', k[1:])
            else:
                self.tmux('send-keys', '--', k)

    def text(self, escapes=False):
        return self.tmux('capture-pane', '-p', *(['-e'] if escapes else []))

    def resize(self, width, height):
        self.tmux('resize-window', '-x', str(width), '-y', str(height))

    def wait(self, good, limit=LIMIT):
        """Poll until good(text); returns the last text, good or not."""
        end = time.monotonic() + limit
        while True:
            text = self.text()
            if good(text) or time.monotonic() > end:
                return text
            time.sleep(0.02)

    def settled(self, differs_from=None):
        """The screen once it stays as it is (and is another one)."""
        end = time.monotonic() + LIMIT
        last, since = None, time.monotonic()
        while time.monotonic() < end:
            text = self.text()
            if text != last:
                last, since = text, time.monotonic()
            elif text != differs_from and text.strip() and \
                    time.monotonic() - since > 0.4:
                break
            time.sleep(0.02)
        return last

    def close(self):
        self.tmux('kill-server')
        # the debugger may just be writing its history there
        for _ in range(200):
            shutil.rmtree(self.dir, ignore_errors=True)
            if not os.path.exists(self.dir):
                break
            time.sleep(0.02)
