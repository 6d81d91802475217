"""Paths that must stay as they are, where nothing keeps a command from changing them: put back afterwards.

What a command made of them is kept beside, under another name, so that nothing is lost.
"""

from __future__ import annotations

import os
import secrets
import stat
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from gaff.plugins.builtin.files._beneath import make_folders

#: Larger files, and entries beyond this number, are watched but cannot be put back.
_LARGEST: Final = 1 << 20
_MOST_ENTRIES: Final = 2_000

_Kind: TypeAlias = Literal["missing", "file", "link", "folder", "other"]
_Stamp: TypeAlias = tuple[int, int, int, int, int, int]

#: Nanoseconds within which two changes may bear the same time.
_TICK: Final = 50_000_000

#: Contents by path, read again only where the stamp is another. The time of change cannot be forged.
_CONTENTS: Final[dict[str, tuple[_Stamp, bytes | None]]] = {}


@dataclass(frozen=True)
class _Seen:
    """How a path was found."""

    kind: _Kind
    mode: int = 0
    #: A file's content, a link's target; ``None`` where it is too large to be kept.
    data: bytes | None = b""
    entries: Mapping[str, _Seen] = field(default_factory=dict[str, "_Seen"])
    #: Whether ``entries`` are all there are.
    complete: bool = True
    stamp: _Stamp | None = None

    def equals(self, other: _Seen) -> bool:
        """Whether there is nothing to put back, the entries of folders apart."""
        if self.kind != other.kind or self.kind == "missing":
            return self.kind == other.kind
        if self.kind == "file" and self.data is None:
            return self.stamp == other.stamp
        return self.mode == other.mode and self.data == other.data


_MISSING: Final = _Seen("missing")


class Guard:
    """Remembers paths, and puts back what was changed; what is in ``but`` is not looked at."""

    def __init__(self, paths: Iterable[str], but: Collection[str] = ()) -> None:
        self._left = 0
        self._since = time.time_ns() - _TICK
        self._but = frozenset(but)
        self._before = {path: self._look_anew(path) for path in paths}

    def put_back(self) -> Iterator[str]:
        """Put back what was changed, and yield a line for each."""
        for path, before in self._before.items():
            yield from self._compare(path, before, self._look_anew(path))

    def _compare(self, path: str, before: _Seen, now: _Seen) -> Iterator[str]:
        if not before.equals(now):
            yield self._restored(path, before, now)
        elif before.kind == "folder":
            # Where not all was seen, others may have been there all the time.
            names = {*before.entries, *(self._names(path) if before.complete else ())}
            for name in sorted(names):
                below, old = os.path.join(path, name), before.entries.get(name, _MISSING)
                yield from self._compare(below, old, now.entries.get(name) or self._look_anew(below))

    def _restored(self, path: str, before: _Seen, now: _Seen) -> str:
        try:
            kept = put_aside(path) if now.kind != "missing" else ""
            if before.data is None:
                return f"{path} was changed, which is not permitted, and is too large to be put back"
            _make(path, before)
        except OSError as fault:
            return f"{path} was changed, which is not permitted, and could not be put back: {fault.strerror}"
        done = "removed again" if before.kind == "missing" else "put back"
        return f"{path} was changed, which is not permitted, and was {done}" + (
            f"; the other is kept as {kept}" if kept else ""
        )

    def _look(self, path: str) -> _Seen:
        try:
            status = os.lstat(path)
        except OSError:
            return _MISSING
        mode = stat.S_IMODE(status.st_mode)
        if stat.S_ISREG(status.st_mode):
            stamp = _stamp(status)
            return _Seen("file", mode, _content(path, stamp, self._since), stamp=stamp)
        if stat.S_ISLNK(status.st_mode):
            with suppress(OSError):
                return _Seen("link", 0, os.fsencode(os.readlink(path)))
        if stat.S_ISDIR(status.st_mode):
            entries, complete = self._entries(path)
            return _Seen("folder", mode, entries=entries, complete=complete)
        return _Seen("other", mode)

    def _names(self, path: str) -> Sequence[str]:
        with suppress(OSError):
            return [name for name in os.listdir(path) if os.path.join(path, name) not in self._but]
        return ()

    def _look_anew(self, path: str) -> _Seen:
        self._left = _MOST_ENTRIES
        return self._look(path)

    def _entries(self, path: str) -> tuple[dict[str, _Seen], bool]:
        """Return what is in a folder, files before folders, and whether that is all of it."""
        try:
            with os.scandir(path) as found:
                entries = sorted(found, key=lambda entry: (entry.is_dir(follow_symlinks=False), entry.name))
        except OSError:
            return {}, False
        seen: dict[str, _Seen] = {}
        for entry in entries:
            if entry.path in self._but:
                continue
            self._left -= 1
            if self._left < 0:
                return seen, False
            seen[entry.name] = self._look(entry.path)
        return seen, True


def _stamp(status: os.stat_result) -> _Stamp:
    times = status.st_mtime_ns, status.st_ctime_ns
    return status.st_dev, status.st_ino, status.st_size, status.st_mode, *times


def _content(path: str, stamp: _Stamp, since: int) -> bytes | None:
    """Return what is in a file; read again if it may have changed ``since`` without a sign of it."""
    known = _CONTENTS.get(path)
    if known is not None and known[0] == stamp and stamp[-1] < since:
        return known[1]
    data: bytes | None = None
    if stamp[2] <= _LARGEST:
        with suppress(OSError):
            data = _read(path)
    _CONTENTS[path] = (stamp, data)
    return data


def _read(path: str) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    with open(descriptor, "rb") as file:
        return file.read(_LARGEST + 1)


def put_aside(path: str) -> str:
    """Give what is at a path another name beside it, and return that.

    Raises:
        OSError: it cannot be renamed.
    """
    folder, name = os.path.split(path)
    kept = f"{name}.gaff-kept-{secrets.token_hex(4)}"
    parent = open_parent(folder)
    try:
        os.rename(name, kept, src_dir_fd=parent, dst_dir_fd=parent)
    finally:
        os.close(parent)
    return os.path.join(folder, kept)


def open_parent(folder: str) -> int:
    """Open a folder, made where it is missing; what a command put in the way, a link or a file, is put aside.

    Raises:
        OSError: it cannot be opened or made.
    """
    way = "/"
    for name in folder.strip("/").split("/"):
        way = os.path.join(way, name)
        with suppress(FileNotFoundError):
            if not stat.S_ISDIR(os.lstat(way).st_mode):
                os.rename(way, f"{way}.gaff-kept-{secrets.token_hex(4)}")
    return make_folders(folder)


def _make(path: str, seen: _Seen) -> None:
    if seen.kind in ("missing", "other"):
        return
    folder, name = os.path.split(path)
    parent = open_parent(folder)
    try:
        if seen.kind == "file":
            _write(parent, name, seen)
        elif seen.kind == "link":
            os.symlink(os.fsdecode(seen.data or b""), name, dir_fd=parent)
        else:
            os.mkdir(name, seen.mode, dir_fd=parent)
    finally:
        os.close(parent)
    for entry, below in seen.entries.items():
        _make(os.path.join(path, entry), below)


def _write(parent: int, name: str, seen: _Seen) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(name, flags, 0o600, dir_fd=parent)
    with open(descriptor, "wb") as file:
        os.fchmod(descriptor, seen.mode)
        file.write(seen.data or b"")
