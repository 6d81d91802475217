"""Knowing the processes of a command, whatever they do to hide: by a limit they inherit and cannot change.

The limit on file locks has had no effect since Linux 2.4. Each confined command gets a number of its own as
its soft limit, and the filter of system calls keeps it from being set. Neither a new session nor an empty
environment takes it off, and anybody may read it. What merely happened to start at the same moment bears it
too, but is not confined.
"""

from __future__ import annotations

import os
import resource
import secrets
import signal
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from typing import Final

from ._seccomp import MARKING_LIMIT

_BITS: Final = 62
_LINE: Final = b"Max file locks"
_CONFINED: Final = b"\nSeccomp:\t2\n"
#: Seconds for which what is killed may go on starting others.
_PATIENCE: Final = 2.0
#: Seconds in which a process number cannot come round again, for each number there is.
_PER_NUMBER: Final = 5e-6
_FEWEST_NUMBERS: Final = 32_768


class Mark:
    """What the processes of one command bear."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._first = 0
        self._since = time.monotonic()

    def begins_with(self, process: int) -> None:
        """Note the first process of the command."""
        self._first = process

    def bearers(self) -> Iterator[int]:
        """Yield the processes that bear it and have not ended."""
        first = 0 if self._may_have_come_round() else self._first
        for name in os.listdir("/proc"):
            if name.isdecimal() and (process := int(name)) >= first and self._is_borne_by(process):
                yield process

    def kill(self) -> None:
        """Kill all that bear it, and what these start meanwhile."""
        until = time.monotonic() + _PATIENCE
        while found := list(self.bearers()):
            for process in found:
                with suppress(ProcessLookupError, PermissionError):
                    os.kill(process, signal.SIGKILL)
            if time.monotonic() > until:
                return

    def _may_have_come_round(self) -> bool:
        return time.monotonic() - self._since > _FEWEST_NUMBERS * _PER_NUMBER

    def _is_borne_by(self, process: int) -> bool:
        try:
            limits = _read(process, "limits")
            if not any(_bears(line, self._number) for line in limits.splitlines()):
                return False
            status = _read(process, "status")
        except OSError:
            return False
        return _CONFINED in status and b"\nState:\tZ" not in status and b"\nState:\tX" not in status


def _bears(line: bytes, number: int) -> bool:
    return line.startswith(_LINE) and line[len(_LINE) :].split()[:1] == [str(number).encode()]


def _read(process: int, name: str) -> bytes:
    descriptor = os.open(f"/proc/{process}/{name}", os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.read(descriptor, 4096)
    finally:
        os.close(descriptor)


@contextmanager
def marking() -> Generator[Mark]:
    """Have what is started from now on bear a new mark, until this is left."""
    soft, hard = resource.getrlimit(MARKING_LIMIT)
    number = secrets.randbits(_BITS) if hard == resource.RLIM_INFINITY else secrets.randbelow(hard + 1)
    resource.setrlimit(MARKING_LIMIT, (number, hard))
    try:
        yield Mark(number)
    finally:
        resource.setrlimit(MARKING_LIMIT, (soft, hard))
