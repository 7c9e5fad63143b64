# SPDX-License-Identifier: GPL-2.0-or-later
"""
emulator.py - start a real emulator, talk QMP with it, and end it again.

Used by record, oracle and record-demos.  The monitor is a socket pair that the
emulator inherits, so nothing has a name in the file system that somebody else
could take.  All waiting goes through one poll loop with a deadline, which also
keeps the emulator's stderr drained: an emulator that traces much, hangs, dies or
speaks garbage cannot hang us.
"""

import array
import atexit
import bz2
import ctypes
import gzip
import json
import lzma
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time

ZERO = "ZERO"			# argument that stands for an all-zero firmware file
FIRMWARE_SIZE = {"s390x": 4096}	# s390x takes a raw image up to this size
MEMORY = {"ppc64": "256M", "s390x": "16M", "aarch64": "8M", "arm": "8M"}


class Trouble(Exception):
    """Something that is not the emulator's verdict; the message is for the user."""


_running = []
_private = None


def _cleanup():
    for emulator in list(_running):
        emulator.kill()
    if _private:
        shutil.rmtree(_private, ignore_errors=True)


atexit.register(_cleanup)


def end_on_signals():
    """SIGTERM and SIGHUP leave through atexit, so that no emulator stays behind."""
    def leave(number, _frame):
        raise SystemExit(128 + number)
    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGHUP, leave)


def private_dir():
    """A folder that only we may read, removed at the end."""
    global _private
    if not _private:
        _private = tempfile.mkdtemp(prefix="vmsdb-")
    return _private


def zero_file(size):
    path = os.path.join(private_dir(), "zero-%d.bin" % size)
    if not os.path.exists(path):
        with open(path, "wb") as f:
            f.truncate(size)
    return path


def target(path):
    """x86_64 of .../qemu-system-x86_64"""
    return os.path.basename(path).replace("qemu-system-", "").split("-")[0]


def is_elf(path):
    with open(path, "rb") as f:
        return f.read(4) == b"\x7fELF"


def binary_of(emulator):
    """The executable, where @emulator may be a launcher of get-emulator; None."""
    root = os.path.join(os.path.dirname(os.path.dirname(os.path.realpath(emulator))), "root", "usr", "bin")
    for path in (emulator, os.path.join(root, os.path.basename(emulator))):
        if os.path.exists(path) and is_elf(path):
            return path
    return None


def expand(path, arguments):
    """Replace ZERO by the name of an all-zero file of our own."""
    return [zero_file(FIRMWARE_SIZE.get(target(path), 64 * 1024)) if a == ZERO else a for a in arguments]


def base_arguments(path, machine, memory=None, vmdesc=True):
    """The command line that every recording of ours starts with."""
    if not vmdesc:
        machine += ",suppress-vmdesc=on"
    return ["-nodefaults", "-no-user-config", "-display", "none", "-machine", machine,
            "-m", memory or MEMORY.get(target(path), "2M"), "-bios", ZERO]


def version(path):
    """(7, 2, 22), or Trouble."""
    try:
        out = subprocess.run([path, "--version"], stdin=subprocess.DEVNULL, capture_output=True,
                             timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired) as e:
        raise Trouble("cannot run %s: %s" % (path, e)) from e
    found = re.search(rb"version (\d+)\.(\d+)\.(\d+)", out.stdout)
    if not found:
        raise Trouble("%s --version says nothing useful: %s" % (path, out.stderr.decode(errors="replace").strip()))
    return tuple(int(x) for x in found.groups())


def read_file(path):
    """The plain bytes of a file that may be compressed with xz, gzip or bzip2."""
    with open(path, "rb") as f:
        data = f.read()
    for magic, module in ((b"\xfd7zXZ\0", lzma), (b"\x1f\x8b", gzip), (b"BZh", bz2)):
        if data.startswith(magic):
            try:
                return module.decompress(data)
            except (OSError, EOFError, lzma.LZMAError) as e:
                raise Trouble("%s: broken %s data: %s" % (path, module.__name__, e)) from e
    return data


def write_file(path, data):
    """Write atomically, compressed if the name says so (.xz, .gz)."""
    if path.endswith(".xz"):
        data = lzma.compress(data, check=lzma.CHECK_CRC32, preset=9 | lzma.PRESET_EXTREME)
    elif path.endswith(".gz"):
        data = gzip.compress(data, 9, mtime=0)
    new = "%s.%d.new" % (path, os.getpid())
    try:
        with open(new, "wb") as f:
            f.write(data)
        os.rename(new, path)
    except OSError:
        if os.path.exists(new):
            os.unlink(new)
        raise


def _die_with_us():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)	# PR_SET_PDEATHSIG


class Emulator:
    """
    One emulator process.  with Emulator(path, arguments) as emulator: ...

    lines holds what it has written to stderr so far, drain() brings it up to date.
    """

    def __init__(self, path, arguments, pass_fds=(), timeout=60, monitor=True):
        self.lines = []
        self.name = os.path.basename(path)
        self._partial = b""
        self._qmp_in = b""
        self.qmp = None
        self.events = []
        command = [path, *expand(path, arguments)]
        theirs = None
        fds = list(pass_fds)
        if monitor:
            self.qmp, theirs = socket.socketpair()
            fds.append(theirs.fileno())
            command += ["-chardev", "socket,id=vmsdb-qmp,fd=%d" % theirs.fileno(),
                        "-qmp", "chardev:vmsdb-qmp"]
        self.command = command
        read_end, write_end = os.pipe()
        try:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                            stderr=write_end, pass_fds=fds, preexec_fn=_die_with_us)
        except OSError as e:
            os.close(read_end)
            if self.qmp:
                self.qmp.close()
            raise Trouble("cannot start %s: %s" % (path, e.strerror)) from e
        finally:
            os.close(write_end)
            if theirs:
                theirs.close()
        _running.append(self)
        self.stderr = read_end
        os.set_blocking(self.stderr, False)
        if monitor:
            self.qmp.setblocking(False)
            try:
                self._until(lambda: self._message(("QMP",)), timeout, "greeting")
                self.execute("qmp_capabilities")
            except Trouble:
                self.kill()
                raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()

    # stderr

    def drain(self):
        """Read what stderr has now.  Returns False when it is closed."""
        if self.stderr is None:
            return False
        while True:
            try:
                data = os.read(self.stderr, 65536)
            except BlockingIOError:
                return True
            if not data:
                if self._partial:
                    self.lines.append(self._partial.decode(errors="replace"))
                    self._partial = b""
                os.close(self.stderr)
                self.stderr = None
                return False
            *full, self._partial = (self._partial + data).split(b"\n")
            self.lines += [x.decode(errors="replace") for x in full]

    def poll(self, seconds, writable=None):
        """Sleep until there is something to read (or @writable to write), stderr drained."""
        poll = select.poll()
        if self.stderr is not None:
            poll.register(self.stderr, select.POLLIN)
        if self.qmp is not None:
            poll.register(self.qmp, select.POLLIN)
        if writable is not None:
            poll.register(writable, select.POLLOUT)
        poll.poll(max(0, seconds * 1000))
        self.drain()

    # the monitor

    def _read_qmp(self):
        while self.qmp is not None:
            try:
                data = self.qmp.recv(65536)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            if not data:
                self.qmp.close()
                self.qmp = None
                return
            self._qmp_in += data

    def _message(self, keys):
        self._read_qmp()
        while b"\n" in self._qmp_in:
            line, self._qmp_in = self._qmp_in.split(b"\n", 1)
            try:
                message = json.loads(line)
            except ValueError as e:
                raise Trouble("%s speaks garbage on QMP: %.60r" % (self.name, line)) from e
            if any(k in message for k in keys):
                return message
            if "event" in message:
                self.events.append(message)
        if self.qmp is None:
            raise Gone(self)
        return None

    def _until(self, ready, timeout, what):
        end = time.monotonic() + timeout
        while True:
            found = ready()
            if found:
                return found
            left = end - time.monotonic()
            if left <= 0:
                raise Trouble("%s: no %s on QMP after %g s" % (self.name, what, timeout))
            self.poll(min(left, 1))

    def execute(self, name, arguments=None, timeout=30, fds=()):
        """Run a QMP command and return its answer.  Refused: Refusal."""
        if self.qmp is None:
            raise Gone(self)
        request = {"execute": name}
        if arguments:
            request["arguments"] = arguments
        data = json.dumps(request).encode() + b"\n"
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
        try:
            self.qmp.sendmsg([data], rights)
        except OSError as e:
            raise Gone(self) from e
        answer = self._until(lambda: self._message(("return", "error")), timeout, "answer to " + name)
        if "error" in answer:
            raise Refusal("%s: %s: %s" % (self.name, name, answer["error"].get("desc")))
        return answer["return"]

    def hmp(self, line, timeout=60):
        """Run a human monitor command; what it prints is an error."""
        out = self.execute("human-monitor-command", {"command-line": line}, timeout)
        if out.strip():
            raise Refusal("%s: %s: %s" % (self.name, line, out.strip()))

    # the end

    def wait(self, timeout):
        """Exit status (negative: signal), or None if it still runs after @timeout seconds."""
        end = time.monotonic() + timeout
        while True:
            open_ = self.drain()
            status = self.process.poll()
            if status is not None:
                self.drain()
                return status
            left = end - time.monotonic()
            if left <= 0:
                return None
            if open_:
                poll = select.poll()
                poll.register(self.stderr, select.POLLIN)
                poll.poll(min(left, 0.05) * 1000)
            else:
                time.sleep(min(left, 0.005))

    def quit(self):
        """Ask it to end, insist if it does not."""
        if self.qmp is not None:
            try:
                self.execute("quit", timeout=10)
            except Trouble:
                pass
            self.wait(10)
        self.kill()

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.drain()
        if self.stderr is not None:
            os.close(self.stderr)
            self.stderr = None
        if self.qmp is not None:
            self.qmp.close()
            self.qmp = None
        if self in _running:
            _running.remove(self)


class Refusal(Trouble):
    """The emulator answered a QMP command with an error."""


class Gone(Trouble):
    """The emulator has closed its monitor."""

    def __init__(self, emulator):
        status = emulator.wait(5)
        why = "exit status %s" % status
        if status is not None and status < 0:
            why = "signal %d" % -status
        said = [x for x in emulator.lines if not is_trace(x)]
        super().__init__("%s ended (%s)%s" % (emulator.name, why, ": " + " / ".join(said[-3:]) if said else ""))


# Trace events in the log backend's words; releases before 6.0 (and -msg
# timestamp=on) put PID@SECONDS.MICROSECONDS: in front.
_stamp = re.compile(r"^\d+@\d+\.\d+:")
_any_event = re.compile(r"^(vmstate|qemu_loadvm|loadvm|get_qtailq|get_qlist|get_gtree)[a-z0-9_]*( |$)")
# the load's own; not how long a section took, nor which predicate was asked
_event = re.compile(r"^(vmstate_(load|n_elems|subsection_load)|qemu_loadvm|loadvm|get_)")


def strip_stamp(line):
    return _stamp.sub("", line).rstrip()	# some events without arguments end in a blank


def is_trace(line):
    return bool(_any_event.match(strip_stamp(line)))


def is_load_event(line):
    return is_trace(line) and bool(_event.match(strip_stamp(line)))


_bytes = re.compile(r"(vmstate_load|vmstate_load_state(_end|_success|_field)?|vmstate_n_elems|"
                    r"vmstate_subsection_load(_good|_bad)?|"
                    r"qemu_loadvm_state_section(_command|_startfull|_partend)?)( |$)")


def tells_of_bytes(line):
    """A trace event (without stamp) that comes at a certain byte of the stream."""
    return bool(_bytes.match(line))


def is_remark(line):
    """Warnings and notes: said, but no reason for a verdict."""
    return re.match(r"^[^ ]*:? ?(warning|info): ", line) is not None or ": warning: " in line


def set_capabilities(emulator, names):
    emulator.execute("migrate-set-capabilities",
                     {"capabilities": [{"capability": n, "state": True} for n in names]})


def wait_migration(emulator, timeout, progress=None):
    """Wait until an outgoing migration is over; Trouble unless it completed."""
    end = time.monotonic() + timeout
    while True:
        info = emulator.execute("query-migrate")
        status = info.get("status")
        if status == "completed":
            return info
        if status in ("failed", "cancelled"):
            said = [x for x in emulator.lines if not is_trace(x)]
            raise Trouble("%s: the migration %s: %s" % (emulator.name, status,
                          info.get("error-desc") or " / ".join(said[-2:]) or "no reason given"))
        if time.monotonic() > end:
            raise Trouble("%s: the migration is still %s after %g s" % (emulator.name, status, timeout))
        if progress:
            progress(info)
        emulator.poll(0.005)
