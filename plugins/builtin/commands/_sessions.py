"""Finding and listing sessions, for /resume and ``--resume``."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from gaff.hooks import Choice, SessionStore, SessionSummary, UsageError

#: Sessions that are looked through for a title.
_SEARCHED: Final = 500


def find_session(store: SessionStore, text: str, project_dir: Path) -> SessionSummary:
    """Return the session that ``text`` means: an id, the beginning of one, or a title.

    Raises:
        UsageError: none or several fit; the message says which.
        SessionError: several ids begin so.
    """
    exact = store.find(text, project_dir)
    if exact is not None:
        return exact
    found = [one for one in store.list(project_dir, _SEARCHED) if one.title == text]
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(one.id for one in found[:5])
        raise UsageError(f"{len(found)} sessions are called {text!r}: {ids}; give an id")
    raise UsageError(f"there is no session {text!r}; /resume alone lists those of this folder")


def session_choices(sessions: Sequence[SessionSummary]) -> list[Choice]:
    """Return sessions as choices, the way they are listed."""
    return [Choice(one.title or one.id[:8], one.id, f"{ago(one.modified)}, {one.id[:8]}") for one in sessions]


def ago(when: float) -> str:
    """Return how long ago a time was, in seconds since the epoch, in words."""
    seconds = max(0.0, time.time() - when)
    for size, word in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            number = int(seconds // size)
            return f"{number} {word}{'s' if number != 1 else ''} ago"
    return "just now"
