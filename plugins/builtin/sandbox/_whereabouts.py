"""Files that commands may not read, kept where they are: under another name the next one could read them.

Where nothing keeps a command from moving such a file or giving it a second name, it is looked for once the
command has ended, moved back, and rid of names it did not have.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import Final, TypeAlias

from gaff.plugins.builtin.files._beneath import open_judged

from ._grants import is_inside
from ._guard import open_parent, put_aside

#: Files below hidden folders that are remembered, and entries of writable folders that are looked through.
_MOST: Final = 2_000
_MOST_LOOKED_AT: Final = 500_000
_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC

_File: TypeAlias = tuple[int, int]


@dataclass(frozen=True)
class _Seen:
    file: _File
    names: int
    is_folder: bool


class Whereabouts:
    """Remembers where hidden files are that lie in writable folders, and puts them back there."""

    def __init__(self, hidden: Iterable[str], writable: Sequence[str]) -> None:
        self._roots = [
            one for one in writable if not is_inside(one, [other for other in writable if other != one])
        ]
        inside = [path for path in hidden if is_inside(path, writable)]
        self._before = dict(islice(_each(inside), _MOST))

    def put_back(self) -> Iterator[str]:
        """Put back what was moved, remove what was added, and yield a line for each."""
        wanted = {seen.file: path for path, seen in self._before.items() if _is_changed(path, seen)}
        if not wanted:
            return
        found = dict[str, _File]()
        for folder in self._roots:
            found |= _places(folder, wanted)
        for path in sorted(wanted.values(), key=len):
            yield from self._settle(path, found)

    def _settle(self, path: str, found: Mapping[str, _File]) -> Iterator[str]:
        before = self._before[path]
        others = [place for place, file in found.items() if file == before.file and place != path]
        for place in others:
            now = _look(place)
            if now is None or now.file != before.file:
                continue  # it went with the folder it is in
            try:
                is_back = _is_at(path, before)
                _remove(place) if is_back else _move(place, path)
            except OSError as fault:
                yield f"{place} is {path}, which may not be read, and could not be put back: {fault.strerror}"
            else:
                done = "that name was removed" if is_back else "it was put back"
                yield f"{path}, which may not be read, was made {place}, and {done}"
        if not others and not _is_at(path, before):
            yield f"{path}, which may not be read, is not there any more"


def _each(paths: Iterable[str]) -> Iterator[tuple[str, _Seen]]:
    for path in paths:
        seen = _look(path)
        if seen is None:
            continue
        yield path, seen
        if seen.is_folder:
            with suppress(OSError):
                yield from _each(os.path.join(path, name) for name in sorted(os.listdir(path)))


def _look(path: str) -> _Seen | None:
    try:
        status = os.lstat(path)
    except OSError:
        return None
    is_folder = stat.S_ISDIR(status.st_mode)
    return _Seen((status.st_dev, status.st_ino), 1 if is_folder else status.st_nlink, is_folder)


def _is_at(path: str, before: _Seen) -> bool:
    now = _look(path)
    return now is not None and now.file == before.file


def _is_changed(path: str, before: _Seen) -> bool:
    now = _look(path)
    return now is None or now.file != before.file or now.names > before.names


def _places(folder: str, wanted: Mapping[_File, str]) -> dict[str, _File]:
    """Return where the wanted files are below a folder."""
    found: dict[str, _File] = {}
    numbers = {number for _, number in wanted}
    for entry in islice(_entries(folder), _MOST_LOOKED_AT):
        if entry.inode() in numbers:
            seen = _look(entry.path)
            if seen is not None and seen.file in wanted:
                found[entry.path] = seen.file
    return found


def _entries(folder: str) -> Iterator[os.DirEntry[str]]:
    below = [folder]
    while below:
        with suppress(OSError), os.scandir(below.pop()) as entries:
            for entry in entries:
                yield entry
                if entry.is_dir(follow_symlinks=False):
                    below.append(entry.path)


def _move(place: str, path: str) -> None:
    if os.path.lexists(path):
        put_aside(path)
    target = open_parent(os.path.dirname(path))
    try:
        source = open_judged(os.path.dirname(place), _FOLDER)
        try:
            os.rename(os.path.basename(place), os.path.basename(path), src_dir_fd=source, dst_dir_fd=target)
        finally:
            os.close(source)
    finally:
        os.close(target)


def _remove(place: str) -> None:
    folder = open_judged(os.path.dirname(place), _FOLDER)
    try:
        os.unlink(os.path.basename(place), dir_fd=folder)
    finally:
        os.close(folder)
