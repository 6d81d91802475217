"""The working directories: the project's, and those that options, settings and the user added."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

from gaff.hooks import Session, StateKey

from ._levels import GRANTS, levels, texts_of
from ._paths import expanded, real


@dataclass
class _Cache:
    key: tuple[object, ...] = ()
    folders: tuple[str, ...] = ()


_CACHE = StateKey(_Cache)


def working_folders(session: Session) -> tuple[str, ...]:
    """Return the working directories, links followed.

    ``additionalDirectories`` of a project's files count only where the folder is trusted.
    """
    grants, cache = session.state[GRANTS], session.state[_CACHE]
    key = (session.settings, session.directories, grants.version)
    if cache.key != key:
        project = real(str(session.project_dir))
        found = (folder for folder in _all(session) if folder == project or folder not in grants.removed)
        cache.key, cache.folders = key, tuple(dict.fromkeys(found))
    return cache.folders


def _all(session: Session) -> Iterator[str]:
    yield from (real(str(folder)) for folder in session.directories)
    for level in levels(session):
        if level.trusted:
            for text in texts_of(level, "additionalDirectories"):
                yield resolve_folder(text, level.base)


def resolve_folder(text: str, base: str) -> str:
    """Return the folder a setting or an update names, links followed; empty where it can be none."""
    return real(os.path.join(base, expanded(text)))
