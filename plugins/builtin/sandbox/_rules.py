"""Landlock, by ctypes: what a thread and all it starts may do to files, ports and other processes.

Source: Documentation/userspace-api/landlock.rst of Linux.
"""

from __future__ import annotations

import ctypes
import errno
import os
import stat
import struct
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Final

from gaff.plugins.builtin.files._beneath import open_judged

from ._system import machine, syscall

_CREATE: Final = 444
_ADD: Final = 445
_RESTRICT: Final = 446
_VERSION: Final = 1
_PATH_BENEATH: Final = 1

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_REFER, _TRUNCATE, _IOCTL_DEVICE = 1 << 13, 1 << 14, 1 << 15
#: Removing and making of all kinds: directories, files, devices, sockets, FIFOs, links.
_REMOVE_AND_MAKE: Final = sum(1 << bit for bit in range(4, 13))
_MAKE_DEVICES: Final = 1 << 6 | 1 << 11
_BIND_TCP, _CONNECT_TCP = 1 << 0, 1 << 1
_SCOPES: Final = 0b11

READING: Final = EXECUTE | READ_FILE | READ_DIR
#: What has a meaning for a file that is no directory.
_FOR_FILES: Final = EXECUTE | WRITE_FILE | READ_FILE | _TRUNCATE | _IOCTL_DEVICE

#: The first version in which a file cannot be emptied without the right to write it.
LEAST_VERSION: Final = 3


def version() -> int:
    """Return the kernel's version of Landlock; 0 where there is none."""
    if machine() is None:
        return 0
    try:
        return syscall(_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(_VERSION))
    except OSError:
        return 0


class RuleSet:
    """What a thread may do; everything of the kinds that are handled is forbidden until allowed."""

    def __init__(self, *, files: bool, network: bool, changeable: Sequence[str] = ()) -> None:
        self._version = version()
        #: Where commands may have put links.
        self._changeable = tuple(folder.rstrip("/") + "/" for folder in changeable)
        self._files = self._known_rights() if files else 0
        attributes = struct.pack("=Q", self._files)
        if self._version >= 4:
            attributes += struct.pack("=Q", _BIND_TCP | _CONNECT_TCP if network else 0)
        if self._version >= 6:
            attributes += struct.pack("=Q", _SCOPES)
        self._descriptor = syscall(_CREATE, attributes, ctypes.c_size_t(len(attributes)), ctypes.c_uint32(0))

    def _known_rights(self) -> int:
        rights = READING | WRITE_FILE | _REMOVE_AND_MAKE | _REFER | _TRUNCATE
        return rights | (_IOCTL_DEVICE if self._version >= 5 else 0)

    @property
    def writing(self) -> int:
        """All rights to change files, reading apart; devices are not made."""
        return self._known_rights() & ~(READING | _IOCTL_DEVICE | _MAKE_DEVICES)

    def allow(self, path: str, rights: int) -> None:
        """Allow this on a file, or on all below a folder.

        A path that is not there, or on which something is a link by now, is passed over.
        """
        with suppress(FileNotFoundError, NotADirectoryError, PermissionError, _BecameLink):
            descriptor, mode = _open(path, judged=f"{path}/".startswith(self._changeable))
            try:
                self._add(descriptor, rights & self._files, is_folder=stat.S_ISDIR(mode))
            finally:
                os.close(descriptor)

    def _add(self, descriptor: int, rights: int, *, is_folder: bool) -> None:
        rights = rights if is_folder else rights & _FOR_FILES
        if rights:
            attributes = struct.pack("=Qi", rights, descriptor)
            arguments = (ctypes.c_int(self._descriptor), ctypes.c_int(_PATH_BENEATH), attributes)
            syscall(_ADD, *arguments, ctypes.c_uint32(0))

    def restrict_thread(self) -> None:
        """Bind this thread and what it starts, for good; new privileges must be forbidden already.

        Raises:
            OSError: the kernel does not take it.
        """
        syscall(_RESTRICT, ctypes.c_int(self._descriptor), ctypes.c_uint32(0))

    def close(self) -> None:
        """Let the rules go; threads that are bound stay bound."""
        os.close(self._descriptor)


class _BecameLink(Exception):
    """Something on a resolved path is a link now."""


def _open(path: str, *, judged: bool) -> tuple[int, int]:
    """Return a descriptor of a path, and its mode."""
    flags = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        descriptor = open_judged(path, flags) if judged else os.open(path, flags)
    except OSError as fault:
        raise (_BecameLink(path) if fault.errno == errno.ELOOP else fault) from fault
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISLNK(mode):
        os.close(descriptor)
        raise _BecameLink(path)
    return descriptor, mode


def everything_but(hidden: Iterable[str]) -> Iterator[str]:
    """Yield paths that together are all files but the hidden ones.

    Rights add up on the way down and cannot be taken away below, so each folder that holds a hidden path
    is taken apart.
    """
    named = {os.path.normpath(path) for path in hidden}
    found = {path for path in named if named.isdisjoint(_parents(path))}
    if not found:
        yield "/"
        return
    holders = {parent for path in found for parent in _parents(path)}
    for holder in sorted(holders):
        with suppress(OSError), os.scandir(holder) as entries:
            for entry in entries:
                # What a link leads to is allowed where it is itself, or is hidden.
                if entry.path not in found and entry.path not in holders and not entry.is_symlink():
                    yield entry.path


def _parents(path: str) -> Iterator[str]:
    while path != "/":
        path = os.path.dirname(path)
        yield path
