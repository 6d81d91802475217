"""Opening files and folders so that the one opened is the one judged.

A path is opened only in its resolved form, and nothing on it may be a link by then.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from gaff.hooks import ToolError

from ._beneath import make_folders, open_judged

#: Never waits for the other end of a FIFO, never follows a link, never takes over the terminal.
READ_FLAGS: Final = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NOCTTY
FOLDER_FLAGS: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC

KINDS: Final = {
    stat.S_IFBLK: "a block device",
    stat.S_IFCHR: "a device",
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a FIFO",
    stat.S_IFLNK: "a link",
    stat.S_IFREG: "a file",
    stat.S_IFSOCK: "a socket",
}


@dataclass(frozen=True)
class Opened:
    """An open file and what the system says of it."""

    descriptor: int
    status: os.stat_result


@contextmanager
def open_file(path: str) -> Generator[Opened]:
    """Open a resolved path for reading; anything but a regular file is not even opened.

    Raises:
        ToolError: it is a folder, a device or the like, or it leads elsewhere.
        OSError: it is not there, or may not be read.
    """
    refuse_special(path, os.lstat(path).st_mode)
    descriptor = _open(path, READ_FLAGS)
    try:
        status = os.fstat(descriptor)
        refuse_special(path, status.st_mode)
        yield Opened(descriptor, status)
    finally:
        os.close(descriptor)


@contextmanager
def open_folder(path: str, *, make: bool = False) -> Generator[int]:
    """Open a resolved folder, for names relative to it; ``make`` it first where it is missing.

    Raises:
        ToolError: it leads elsewhere.
        OSError: it is not there, is no folder, or may not be read.
    """
    descriptor = _made(path) if make else _open(path, FOLDER_FLAGS)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def refuse_special(path: str, mode: int) -> None:
    """Refuse all but regular files.

    Raises:
        ToolError: it is something else, with what to use instead.
    """
    if stat.S_ISREG(mode):
        return
    if stat.S_ISDIR(mode):
        raise ToolError(f"{path} is a folder. LS lists it, Glob finds files in it.")
    kind = KINDS.get(stat.S_IFMT(mode), "no regular file")
    raise ToolError(f"{path} is {kind}, and only regular files are opened.")


def _open(path: str, flags: int) -> int:
    try:
        return open_judged(path, flags)
    except OSError as error:
        raise _swapped(path, error) from error


def _made(path: str) -> int:
    try:
        return make_folders(path)
    except OSError as error:
        raise _swapped(path, error) from error


def _swapped(path: str, error: OSError) -> Exception:
    """Return the error to raise: the path was resolved, so a link on it was not there before."""
    folders = path.split("/")[:-1]
    became_link = error.errno == errno.ENOTDIR and any(
        os.path.islink("/".join(folders[:count])) for count in range(2, len(folders) + 1)
    )
    if error.errno == errno.ELOOP or became_link:
        return ToolError(f"{path} was moved or replaced while it was being opened. Make the call again.")
    return error


def read_all(descriptor: int, expected: int) -> bytes:
    """Return everything up to the end; ``expected`` is the size as far as it is known."""
    parts = [os.read(descriptor, expected + 1)]
    if len(parts[0]) <= expected:
        return parts[0]
    while chunk := os.read(descriptor, 1 << 20):
        parts.append(chunk)
    return b"".join(parts)
