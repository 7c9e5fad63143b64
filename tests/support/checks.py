# SPDX-License-Identifier: GPL-2.0-or-later
"""What the checks share: running vmsdb, counting, the last line for run-tests."""
import concurrent.futures
import json
import os
import re
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DATA = os.path.join(TOP, 'tests', 'data')
VMSDB = os.path.abspath(os.environ.get('VMSDB', os.path.join(TOP, 'build', 'vmsdb')))
STATUS = {'loads': 0, 'fails': 1, 'silent': 3, 'unknown': 125}


class Failed(Exception):
    pass


def need(condition, what, *args):
    if not condition:
        raise Failed(what % args if args else what)


def equal(what, got, want):
    need(got == want, '%s: %r, expected %r', what, got, want)


def vmsdb(*args, stdin=None, timeout=60, env=None):
    """Run vmsdb; a signal or an internal error fails the case."""
    p = subprocess.run([VMSDB, *args], stdin=stdin or subprocess.DEVNULL,
                       capture_output=True, timeout=timeout, cwd=TOP,
                       env=dict(os.environ, TERM='dumb', **(env or {})))
    need(p.returncode in (0, 1, 3, 125, 129), 'vmsdb %s: status %d\n%s',
         ' '.join(args), p.returncode, p.stderr.decode('utf-8', 'replace'))
    return p


def load(source, to=(), rules=None, options=(), stdin=None):
    """`vmsdb load --json` as an object."""
    args = ['load', '--json', source, *options]
    for t in to:
        args += ['--to', t]
    if rules:
        args += ['--rules', rules]
    p = vmsdb(*args, stdin=stdin)
    need(p.returncode != 129, 'vmsdb %s: %s', ' '.join(args),
         p.stderr.decode('utf-8', 'replace').strip())
    got = json.loads(p.stdout)
    equal('exit status of ' + got['verdict'], p.returncode, STATUS[got['verdict']])
    return got


def strip_program(line):
    return re.sub(r'^qemu-system-\w+: ', '', line)


def run(cases, known=None):
    """
    cases: (name, function) pairs; a function raises Failed.  known: name ->
    why this one is expected to fail; when it passes that is a failure, too,
    so that the list stays true.
    """
    known = known or {}
    passed = failed = skipped = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, problem in pool.map(one, cases):
            if name in known:
                if problem is None:
                    failed += 1
                    print('%s: passes now, take it off the list of known ones' % name)
                else:
                    skipped += 1
                    print('skipped %s: %s' % (name, known[name]))
            elif problem is None:
                passed += 1
            else:
                failed += 1
                print('%s: %s' % (name, problem))
    print('%d passed, %d failed, %d skipped' % (passed, failed, skipped))
    sys.exit(1 if failed else 0)


def one(case):
    name, function = case
    try:
        function()
    except Failed as e:
        return name, str(e)
    except Exception as e:          # a check's own fault fails it, too
        return name, '%s: %s' % (type(e).__name__, e)
    return name, None
