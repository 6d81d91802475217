"""Entering and leaving auto mode: what is taken down, told and taken back."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Final

from gaff.hooks import Notice, Session

from .._book import rule_book
from .availability import ENTERED
from .denials import DENIALS
from .history import HISTORY
from .manifests import MANIFESTS, Manifests

#: Folders of a project that are looked at for manifests, and how deep.
_MOST_FOLDERS: Final = 200
_DEEPEST: Final = 2
_NO_PROJECTS: Final = frozenset({"node_modules", "vendor", "target", "dist", "build", "__pycache__", "venv"})


def notice_mode(session: Session) -> None:
    """See to entering and leaving the mode, once each. Blocks: reads manifests."""
    entered, is_on = session.state[ENTERED], session.mode == "auto"
    if entered.now == is_on:
        return
    entered.now, entered.ever = is_on, True
    session.state[DENIALS].resume()
    session.state[MANIFESTS] = Manifests()
    if not is_on:
        return
    for folder in _project_folders(session):
        session.state[MANIFESTS].remember(folder)
    session.state[HISTORY].restore(session)
    dropped = rule_book(session).broad
    if dropped:
        text = "; ".join(dropped)
        session.publish(Notice("notice", f"Auto mode does without rules that allow too much: {text}"))


def _project_folders(session: Session) -> Iterator[str]:
    """Yield the project's folder and those right below it, where manifests usually are."""
    start = os.path.realpath(session.project_dir)
    waiting, count = [(start, 0)], 0
    while waiting and count < _MOST_FOLDERS:
        folder, depth = waiting.pop(0)
        count += 1
        yield folder
        if depth < _DEEPEST:
            waiting += [(path, depth + 1) for path in _folders_in(folder)]


def _folders_in(folder: str) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return sorted(
                entry.path
                for entry in entries
                if entry.name not in _NO_PROJECTS
                and not entry.name.startswith(".")
                and entry.is_dir(follow_symlinks=False)
            )
    except OSError:
        return []
