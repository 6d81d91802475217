"""Opening paths on which nothing may be a link, whatever is swapped for one meanwhile.

A path that was judged had its links followed; opened with none allowed on it, it is the judged file or
nothing. Linux does that in one call, ``openat2``; elsewhere the path is walked, each name opened from the
folder before it.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
import sys
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from typing import Final

_OPENAT2: Final = 437
_RESOLVE_NO_MAGICLINKS: Final = 0x02
_RESOLVE_NO_SYMLINKS: Final = 0x04
_RESOLVE_BENEATH: Final = 0x08

#: A folder that names are opened from, which needs no right to list it where the system can tell apart.
_WAY: Final = (
    (os.O_PATH if sys.platform == "linux" else os.O_RDONLY) | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
)


def open_judged(path: str, flags: int) -> int:
    """Open a resolved absolute path and return the descriptor.

    Raises:
        OSError: it cannot be opened; ``ELOOP`` or ``ENOTDIR`` where something on it is a link now.
    """
    names = _names(path)
    root = os.open("/", _WAY)
    try:
        return _open_below(root, names, flags)
    finally:
        os.close(root)


def make_folders(path: str) -> int:
    """Make a resolved folder and those above it where they are missing, and return a descriptor of it.

    Raises:
        OSError: one cannot be made, or something on the path is a link now.
    """
    folder = os.open("/", _WAY)
    try:
        for name in _names(path):
            folder = _replace(folder, _enter(folder, name))
        return os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=folder)
    finally:
        os.close(folder)


def _enter(folder: int, name: str) -> int:
    try:
        return os.open(name, _WAY, dir_fd=folder)
    except FileNotFoundError:
        with suppress(FileExistsError):  # somebody else was faster; the opening tells whether it is a folder
            os.mkdir(name, dir_fd=folder)
        return os.open(name, _WAY, dir_fd=folder)


def _replace(old: int, new: int) -> int:
    os.close(old)
    return new


def _names(path: str) -> Sequence[str]:
    names = [name for name in path.split("/") if name]
    if not path.startswith("/") or "." in names or ".." in names:
        raise OSError(errno.EINVAL, "not a resolved absolute path", path)
    return names


def _open_below(root: int, names: Sequence[str], flags: int) -> int:
    if has_openat2():
        return _openat2(root, "/".join(names) or ".", flags)
    return walk(root, names, flags)


def walk(root: int, names: Sequence[str], flags: int) -> int:
    """Open what the names lead to from a folder, one after the other: for systems without ``openat2``."""
    if not names:
        return os.open(".", flags, dir_fd=root)
    folder = os.dup(root)
    try:
        for name in names[:-1]:
            folder = _replace(folder, os.open(name, _WAY, dir_fd=folder))
        return os.open(names[-1], flags | os.O_NOFOLLOW, dir_fd=folder)
    finally:
        os.close(folder)


@cache
def has_openat2() -> bool:
    """Whether the kernel has ``openat2``, and nothing forbids it."""
    if sys.platform != "linux":
        return False
    root = os.open("/", _WAY)
    try:
        os.close(_openat2(root, ".", _WAY))
    except OSError:
        return False
    finally:
        os.close(root)
    return True


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _openat2(folder: int, path: str, flags: int) -> int:
    resolve = _RESOLVE_BENEATH | _RESOLVE_NO_MAGICLINKS | _RESOLVE_NO_SYMLINKS
    how = struct.pack("=QQQ", flags | os.O_CLOEXEC, 0, resolve)
    while True:
        result: int = _libc().syscall(
            ctypes.c_long(_OPENAT2), ctypes.c_int(folder), os.fsencode(path), how, ctypes.c_size_t(len(how))
        )
        if result >= 0:
            return result
        number = ctypes.get_errno()
        if number not in (errno.EINTR, errno.EAGAIN):  # EAGAIN: something was renamed meanwhile
            raise OSError(number, os.strerror(number), path)
