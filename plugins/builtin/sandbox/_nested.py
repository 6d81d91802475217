"""Protected paths further below: repositories and settings inside a working directory, as far as looked."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from gaff.hooks import Session, StateKey

from ._protected import NEVER_MADE, OF_GIT

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
        cache.found = tuple(islice((path for folder in folders for path in find(folder)), _MOST_FOUND))
        cache.folders, cache.until = folders, time.monotonic() + _FRESH
    return cache.found


def find(folder: str) -> Iterator[str]:
    """Yield the protected paths that are there below a folder, its own not included."""
    yield from _modules(os.path.join(folder, ".git", "modules"))
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
        if os.path.isdir(dot_git):
            yield from (os.path.join(folder, name) for name in OF_GIT)
            yield from _modules(os.path.join(dot_git, "modules"))
        else:
            yield dot_git  # of a submodule or a work tree: it must go on leading where it leads


def _modules(folder: str) -> Iterator[str]:
    """Yield what decides in the repositories of submodules."""
    _, modules = _entries(folder)
    for module in modules:
        for name in ("hooks", "config"):
            if os.path.lexists(path := os.path.join(module, name)):
                yield path
