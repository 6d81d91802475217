"""Runs Python scripts, each in a fork of its own. Started as a script by ``_warm``; imports nothing of gaff.

Requests come over a Unix socket, one JSON line each, with the script's stdin, stdout and stderr as file
descriptors; ``{"id", "script", "argv", "cwd", "environ"}`` starts one, ``{"kill": id}`` ends one. Answers
are lines ``{"id", "code"}``. When the socket closes, which it does however gaff ends, all is killed.
"""

from __future__ import annotations

import array
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
from collections.abc import Callable
from types import CodeType, ModuleType
from typing import Any

#: What scripts mostly import, loaded once.
_COMMON = "argparse collections contextlib ctypes datetime functools pathlib re shlex subprocess textwrap threading time"
_CHUNK = 1 << 20
_PR_SET_PDEATHSIG = 1


class Server:
    """Forks on request."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._wake, self._woken = os.pipe()
        for end in (self._wake, self._woken):
            os.set_blocking(end, False)
        self._running: dict[int, int] = {}
        self._buffer = b""
        self._handles: list[int] = []
        self._codes: dict[str, tuple[tuple[int, int], CodeType]] = {}

    def serve(self) -> None:
        """Serve until gaff is gone."""
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        signal.set_wakeup_fd(self._woken, warn_on_full_buffer=False)
        gc.freeze()
        try:
            while True:
                ready = select.select([self._channel.fileno(), self._wake], [], [])[0]
                if self._wake in ready:
                    os.read(self._wake, 4096)
                self._reap()
                if self._channel.fileno() in ready and not self._receive():
                    return
        finally:
            for pid in self._running:
                _kill(pid)

    def _receive(self) -> bool:
        room = socket.CMSG_SPACE(3 * array.array("i").itemsize)
        data, ancillary, _, _ = self._channel.recvmsg(_CHUNK, room * 4)
        for level, kind, content in ancillary:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                handles = array.array("i")
                handles.frombytes(content[: len(content) - len(content) % handles.itemsize])
                self._handles += handles
        self._buffer += data
        while b"\n" in self._buffer:
            line, _, self._buffer = self._buffer.partition(b"\n")
            self._do(json.loads(line))
        return bool(data)

    def _do(self, request: dict[str, Any]) -> None:
        if "kill" in request:
            for pid, known in self._running.items():
                if known == request["kill"]:
                    _kill(pid)
            return
        streams, self._handles = self._handles[:3], self._handles[3:]
        code = self._code(request["script"])
        pid = os.fork()
        if pid == 0:
            _become(request, streams, (self._channel.fileno(), self._wake, self._woken), code)
        self._running[pid] = request["id"]
        for handle in streams:
            os.close(handle)

    def _code(self, script: str) -> CodeType | None:
        """Return a script compiled; ``None`` where it cannot be, which its own fork then tells."""
        try:
            found = os.stat(script)
            stamp = (found.st_mtime_ns, found.st_size)
            kept = self._codes.get(script)
            if kept is None or kept[0] != stamp:
                kept = self._codes[script] = (stamp, _compiled(script))
            return kept[1]
        except (OSError, SyntaxError, ValueError):
            return None

    def _reap(self) -> None:
        while self._running:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            known = self._running.pop(pid, None)
            if known is not None:
                self._channel.sendall(
                    json.dumps({"id": known, "code": os.waitstatus_to_exitcode(status)}).encode() + b"\n"
                )


def _kill(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return


def _become(request: dict[str, Any], streams: list[int], own: tuple[int, ...], code: CodeType | None) -> None:
    """Be the script from here on; never returns."""
    status = 1
    try:
        _prepare(request, streams, own)
        status = _run(request["script"], code)
    finally:
        os._exit(status)


def _prepare(request: dict[str, Any], streams: list[int], own: tuple[int, ...]) -> None:
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    end_with_parent()
    for target, handle in enumerate(streams):
        os.dup2(handle, target)
    for handle in (*streams, *own):
        if handle > 2:
            os.close(handle)
    os.environ.clear()
    os.environ.update(request["environ"])
    os.chdir(request["cwd"])
    sys.argv[:] = request["argv"]
    sys.path[0] = os.path.dirname(os.path.realpath(request["script"]))
    for name, mode, number in (("stdin", "r", 0), ("stdout", "w", 1), ("stderr", "w", 2)):
        old = getattr(sys, name)
        stream = open(number, mode, encoding=old.encoding, errors=old.errors)  # noqa: SIM115 - for the script
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


def _run(script: str, code: CodeType | None) -> int:
    """Run a script as ``python script`` would, and return its exit code."""
    module = ModuleType("__main__")
    module.__file__ = script
    module.__dict__["__builtins__"] = __builtins__
    sys.modules["__main__"] = module
    status = 0
    try:
        exec(code or _compiled(script), module.__dict__)
    except SystemExit as end:
        status = _status_of(end)
    except BaseException as fault:
        trace = fault.__traceback__
        while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
            trace = trace.tb_next
        sys.excepthook(type(fault), fault.with_traceback(trace), trace)
        status = 1
    return _finish(status)


def _finish(status: int) -> int:
    """Do what an interpreter does at its end: wait for threads, call what was registered, write what is left."""
    import atexit
    import threading

    getattr(threading, "_shutdown", lambda: None)()
    getattr(atexit, "_run_exitfuncs", lambda: None)()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            status = status or 120
    return status


def _status_of(end: SystemExit) -> int:
    if end.code is None:
        return 0
    if isinstance(end.code, int):
        return end.code & 0xFF
    print(end.code, file=sys.stderr)
    return 1


def _compiled(script: str) -> CodeType:
    with open(script, "rb") as file:
        return compile(file.read(), script, "exec", dont_inherit=True)


def _death_signal() -> Callable[[], object]:
    """Return what has the system kill a process when its parent is gone: Linux knows how."""
    if sys.platform != "linux":
        return lambda: None
    import ctypes

    prctl = ctypes.CDLL(None).prctl
    return lambda: prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


end_with_parent = _death_signal()


def main() -> None:
    """Serve on the socket whose number is the first argument."""
    for name in _COMMON.split():
        importlib.import_module(name)
    Server(socket.socket(fileno=int(sys.argv[1]))).serve()


if __name__ == "__main__":
    main()
