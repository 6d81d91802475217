"""Protected paths further below: repositories and settings inside a working directory, as far as looked."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from gaff.hooks import Session, StateKey

from ._protected import NEVER_MADE
from ._repositories import decisive_paths, modules_of, repository_of

_DEEPEST: Final = 3
_MOST_FOLDERS: Final = 1_000
_MOST_FOUND: Final = 100
#: Seconds until they are looked for again.
_FRESH: Final = 10.0
#: Folders of other people's files, in which nobody works.
_PASSED_OVER: Final = frozenset({"node_modules", "site-packages", "__pycache__", ".venv", "venv", "target"})


@dataclass
class _Cache:
    folders: Sequence[str] = ()
    until: float = 0.0
    found: tuple[str, ...] = ()


_CACHE = StateKey(_Cache)


def nested_protected(session: Session, folders: Sequence[str]) -> tuple[str, ...]:
    """Return what is protected below these folders; looked up again now and then."""
    cache = session.state[_CACHE]
    if cache.folders != folders or time.monotonic() > cache.until:
        # What was found stays: a command could make so many that another is not found any more.
        kept = (path for path in cache.found if os.path.lexists(path)) if cache.folders == folders else ()
        looked = islice((path for folder in folders for path in find(folder)), _MOST_FOUND)
        cache.found = tuple(dict.fromkeys((*kept, *looked)))
        cache.folders, cache.until = folders, time.monotonic() + _FRESH
    return cache.found


def find(folder: str) -> Iterator[str]:
    """Yield the protected paths that are there below a folder, its own not included."""
    if (repository := repository_of(folder)) is not None:
        yield from modules_of(repository)
    _, level = _entries(folder)
    left = _MOST_FOLDERS
    for _ in range(_DEEPEST):
        below: list[str] = []
        for one in level[:left]:
            names, folders = _entries(one)
            yield from _in_folder(one, names)
            below += folders
        left = max(0, left - len(level))
        level = below


def _entries(folder: str) -> tuple[frozenset[str], Sequence[str]]:
    """Return the names in a folder, and those of them that are folders to look into."""
    try:
        with os.scandir(folder) as found:
            entries = list(found)
    except OSError:
        return frozenset(), ()
    folders = [
        entry.path
        for entry in entries
        if entry.is_dir(follow_symlinks=False)
        and entry.name not in _PASSED_OVER
        and entry.name not in (".git", *NEVER_MADE)
    ]
    return frozenset(entry.name for entry in entries), folders


def _in_folder(folder: str, names: frozenset[str]) -> Iterator[str]:
    yield from (os.path.join(folder, name) for name in NEVER_MADE if name in names)
    if ".git" in names:
        dot_git = os.path.join(folder, ".git")
        if not os.path.isdir(dot_git) or os.path.islink(dot_git):
            yield dot_git  # of a submodule or a work tree: it must go on leading where it leads
        # Without a HEAD it is none yet, and a command could make it one.
        repository = repository_of(folder) or (dot_git if os.path.isdir(dot_git) else None)
        if repository is not None:
            yield from decisive_paths(repository)
            yield from modules_of(repository)
