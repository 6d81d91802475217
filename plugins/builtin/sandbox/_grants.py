"""Paths that settings and rules open to commands, taken so that no command can make more of them.

What a path leads to is looked up once, before any command could have put a link in its way. From the first
folder on that commands may change, links are not followed: whatever is there now may be their work.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from gaff.hooks import Session, StateKey


@dataclass
class _Cache:
    folders: tuple[str, ...] = ()
    found: dict[str, str] = field(default_factory=dict[str, str])


_CACHE = StateKey(_Cache)


def granted(session: Session, paths: Iterable[str], folders: tuple[str, ...]) -> Iterator[str]:
    """Yield where absolute paths lead; those that lead through a link in one of these folders grant nothing."""
    cache = session.state[_CACHE]
    if cache.folders != folders:
        cache.folders, cache.found = folders, {}
    changeable = list(folders)
    for path in sorted(dict.fromkeys(paths), key=len):
        if path not in cache.found:
            cache.found[path] = _resolved(path, changeable)
        found = cache.found[path]
        if not is_inside(found, changeable):
            changeable.append(found)
            yield found
        elif os.path.realpath(found) == found:
            yield found


def _resolved(path: str, changeable: Sequence[str]) -> str:
    """Return the path with the links followed that lie outside of what commands may change."""
    way = "/"
    names = [name for name in os.path.normpath(path).split("/") if name]
    for number, name in enumerate(names):
        way = os.path.realpath(os.path.join(way, name))
        if is_inside(way, changeable):
            return os.path.join(way, *names[number + 1 :])
    return way


def is_inside(path: str, folders: Iterable[str]) -> bool:
    """Whether a path is one of the folders or below one."""
    return any(path == folder or path.startswith(folder.rstrip("/") + "/") for folder in folders)
