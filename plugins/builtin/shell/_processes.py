"""Finding and ending what a command started.

A command and all it starts form one process group. What leaves the group (``setsid``, daemons) is known by
the marker that it inherited in its environment, where the system tells that (Linux).
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

#: Set in the environment of every command: ``<session id>/<task id>``.
MARKER: Final = "GAFF_TASK"

#: The sessions of this process that ran a command.
SESSIONS: Final[set[str]] = set()

_PROC: Final = Path("/proc")
_MOST_ROUNDS: Final = 4
_ENDED: Final = frozenset(b"ZX")


def signal_group(group: int, number: signal.Signals) -> None:
    """Send a signal to all of a process group; does nothing where there is none."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def is_group_alive(group: int) -> bool:
    """Whether anything of the process group still runs."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return (
            sys.platform == "linux"
        )  # elsewhere the answer for a group that has ended but was not waited for
    return not _PROC.is_dir() or any(_runs_in(process, group) for process in _process_ids())


def kill_marked(marker: str) -> None:
    """Kill every process whose environment holds the marker or one below it, and what these start meanwhile."""
    prefix = f"{MARKER}={marker}".encode()
    for _ in range(_MOST_ROUNDS):
        found = [process for process in _process_ids() if _is_marked(process, prefix)]
        for process in found:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(process, signal.SIGKILL)
        if not found:
            break


def _process_ids() -> Iterator[int]:
    with suppress(OSError):
        yield from (int(name) for name in os.listdir(_PROC) if name.isdecimal())


def _runs_in(process: int, group: int) -> bool:
    """Whether the process is in the group and not just waiting to be reaped."""
    try:
        state, _, found = (_PROC / str(process) / "stat").read_bytes().rpartition(b")")[2].split()[:3]
    except (OSError, ValueError):
        return False
    return int(found) == group and state[0] not in _ENDED


def _is_marked(process: int, prefix: bytes) -> bool:
    if process == os.getpid():
        return False
    try:
        environment = (_PROC / str(process) / "environ").read_bytes()
    except OSError:
        return False
    return any(
        entry == prefix or entry.startswith(prefix + b"/") for entry in environment.split(b"\0") if entry
    )
