"""Opening files and folders so that the one opened is the one judged.

A path is opened only in its resolved form. Where the system can tell (Linux), the descriptor is asked
afterwards where it really leads, so that a folder swapped for a link in between is found out.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from gaff.hooks import ToolError

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
    descriptor = os.open(path, READ_FLAGS)
    try:
        status = os.fstat(descriptor)
        refuse_special(path, status.st_mode)
        _refuse_moved(path, descriptor)
        yield Opened(descriptor, status)
    finally:
        os.close(descriptor)


@contextmanager
def open_folder(path: str) -> Generator[int]:
    """Open a resolved folder, for names relative to it.

    Raises:
        ToolError: it leads elsewhere.
        OSError: it is not there, is no folder, or may not be read.
    """
    descriptor = os.open(path, FOLDER_FLAGS)
    try:
        _refuse_moved(path, descriptor)
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


def _refuse_moved(path: str, descriptor: int) -> None:
    try:
        actual = os.readlink(f"/proc/self/fd/{descriptor}")
    except OSError:  # no such view of descriptors on this system
        return
    if actual != path:
        raise ToolError(f"{path} was moved or replaced while it was being opened. Make the call again.")


def read_all(descriptor: int, expected: int) -> bytes:
    """Return everything up to the end; ``expected`` is the size as far as it is known."""
    parts = [os.read(descriptor, expected + 1)]
    if len(parts[0]) <= expected:
        return parts[0]
    while chunk := os.read(descriptor, 1 << 20):
        parts.append(chunk)
    return b"".join(parts)
