"""Names that must not be made: taken by an empty folder while commands run, given back afterwards.

A folder whatever the name, since git passes over empty ones, but for files of git that it would take for
broken then: those say what is the case without them. A lock on each tells other commands, of this process
and of others, that it is still needed.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Generator, Iterable
from contextlib import contextmanager, suppress
from typing import Final

#: Names of files, under which a folder can only be what a killed gaff left behind.
_FILES: Final = frozenset({".mcp.json", "HEAD", "commondir", "config.worktree"})

#: A file in a repository that says where its settings are. Without it they are beside it.
_ELSEWHERE: Final = "commondir"
#: More settings of a repository, for one work tree.
_MORE_SETTINGS: Final = "config.worktree"

_FLAGS: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC

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
            _make(path)
            _MADE.add(path)
        if os.path.basename(path) in _FILES:
            _MADE.add(path)  # whoever made the folder: nobody has one of that name to keep
        descriptor = os.open(path, _FLAGS)
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        if _is_same(path, descriptor):
            return descriptor
        os.close(descriptor)


def may_be_placeholder(path: str) -> bool:
    """Whether what is at a path may be a name that another command has taken, and will give back."""
    content = _content(path)
    try:
        if content is None:
            with os.scandir(path) as entries:
                return next(entries, None) is None
        with open(os.open(path, _FLAGS), "rb") as file:
            return file.read(len(content) + 1) == content
    except OSError:
        return False


def _content(path: str) -> bytes | None:
    """Return what is in a placeholder that is a file; ``None`` where it is a folder."""
    folder, name = os.path.split(path)
    if name == _ELSEWHERE:
        return f"../{os.path.basename(folder)}\n".encode()
    return b"" if name == _MORE_SETTINGS else None


def _make(path: str) -> None:
    content = _content(path)
    if content is None:
        os.mkdir(path, 0o755)
        return
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
    with open(descriptor, "wb") as file:
        file.write(content)


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
        if _content(path) is None:
            os.rmdir(path)
        elif may_be_placeholder(path):
            os.unlink(path)
