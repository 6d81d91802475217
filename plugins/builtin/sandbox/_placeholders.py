"""Names that must not be made: taken by an empty folder while commands run, given back afterwards.

A folder whatever the name, since git passes over empty ones. A lock on each tells other commands, of this
process and of others, that it is still needed.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Generator, Iterable
from contextlib import contextmanager, suppress
from typing import Final

#: Names of files, under which a folder can only be what a killed gaff left behind.
_FILES: Final = frozenset({".mcp.json", "HEAD"})

#: Made by this process and not removed yet.
_MADE: Final[set[str]] = set()


@contextmanager
def placeholders(paths: Iterable[str]) -> Generator[None]:
    """Take these names.

    Raises:
        OSError: one cannot be taken.
    """
    held: dict[str, int] = {}
    try:
        for path in paths:
            held[path] = _take(path)
        yield
    finally:
        for path, descriptor in held.items():
            try:
                _give_back(path, descriptor)
            finally:
                os.close(descriptor)


def _take(path: str) -> int:
    while True:
        with suppress(FileExistsError):  # of another command that runs
            os.mkdir(path, 0o755)
            _MADE.add(path)
        if os.path.basename(path) in _FILES:
            _MADE.add(path)  # whoever made the folder: nobody has one of that name to keep
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        if _is_same(path, descriptor):
            return descriptor
        os.close(descriptor)


def _is_same(path: str, descriptor: int) -> bool:
    """Whether the path still leads to what was opened: who removes a placeholder holds the lock."""
    with suppress(FileNotFoundError):
        return os.path.samestat(os.lstat(path), os.fstat(descriptor))
    return False


def _give_back(path: str, descriptor: int) -> None:
    if path not in _MADE:
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return  # still needed; who holds it removes it
    _MADE.discard(path)
    with suppress(OSError):  # what somebody outside has filled meanwhile is theirs
        os.rmdir(path)
