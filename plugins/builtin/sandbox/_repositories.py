"""Where a repository keeps what decides which programs git runs, wherever the repository itself is.

Source: gitrepository-layout(5), git-config(1), git-worktree(1).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

#: Not to be changed, and not to be made where they are missing.
_DECISIVE: Final = ("hooks", "config", "commondir")
#: More settings, which count where the others say so.
_MORE: Final = "config.worktree"
_COUNTS: Final = re.compile(rb"worktreeconfig", re.IGNORECASE)
_LEADS: Final = b"gitdir:"
_LARGEST: Final = 1 << 16
#: How deep submodules may lie in each other, a folder in their names counted.
_DEEPEST: Final = 6
_MOST_WORK_TREES: Final = 100


def repository_of(folder: str) -> str | None:
    """Return the repository that ``.git`` in a folder is or leads to; ``None`` where there is none."""
    found = os.path.join(folder, ".git")
    if os.path.isfile(found):
        first, _, rest = _start_of(found).partition(b" ")
        if first != _LEADS:
            return None
        found = os.path.join(folder, os.fsdecode(rest.splitlines()[0] if rest else b""))
    return found if os.path.lexists(os.path.join(found, "HEAD")) else None


def decisive_paths(repository: str) -> Iterator[str]:
    """Yield what decides in a repository: by its own name, and where links on the way lead."""
    places = dict.fromkeys((repository, os.path.realpath(repository)))
    for place in tuple(places):
        if shared := _start_of(os.path.join(place, "commondir")).strip():
            places[os.path.realpath(os.path.join(place, os.fsdecode(shared)))] = None
    for place in places:
        yield from _of_one(place)
        yield from _work_trees(place)


def _of_one(place: str) -> Iterator[str]:
    yield from (os.path.join(place, name) for name in _DECISIVE)
    more = os.path.join(place, _MORE)
    if os.path.lexists(more) or _COUNTS.search(_start_of(os.path.join(place, "config"))):
        yield more


def _work_trees(place: str) -> Iterator[str]:
    """Yield what decides in the other work trees of a repository."""
    folder = os.path.join(place, "worktrees")
    counts = _COUNTS.search(_start_of(os.path.join(place, "config"))) is not None
    with suppress(OSError):
        for name in sorted(os.listdir(folder))[:_MOST_WORK_TREES]:
            yield os.path.join(folder, name, "commondir")
            if counts or os.path.lexists(os.path.join(folder, name, _MORE)):
                yield os.path.join(folder, name, _MORE)


def modules_of(repository: str, deep: int = _DEEPEST) -> Iterator[str]:
    """Yield what decides in the repositories of submodules."""
    yield from _modules_in(os.path.join(repository, "modules"), deep)


def _modules_in(folder: str, deep: int) -> Iterator[str]:
    try:
        with os.scandir(folder) as found:
            names = sorted(entry.name for entry in found if entry.is_dir(follow_symlinks=False))
    except OSError:
        return
    for name in names if deep else ():
        path = os.path.join(folder, name)
        if not any(os.path.lexists(os.path.join(path, one)) for one in ("HEAD", "config")):
            yield from _modules_in(path, deep - 1)
            continue
        yield from (one for one in _of_one(path) if os.path.lexists(one))
        yield from modules_of(path, deep - 1)


def _start_of(path: str) -> bytes:
    with suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as file:
            return file.read(_LARGEST)
    return b""
