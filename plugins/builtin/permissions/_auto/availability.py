"""When auto mode may be used. Source: code.claude.com/docs/en/permission-modes."""

from __future__ import annotations

from dataclasses import dataclass

from gaff.hooks import Session, StateKey


@dataclass
class Entered:
    """Whether the session is in auto mode, as far as was noticed, and whether it ever was."""

    now: bool = False
    ever: bool = False


ENTERED = StateKey(Entered)


def auto_refusal(session: Session) -> str | None:
    """Return why auto mode may not be used in this session; ``None`` where it may.

    Any level may take the mode away; none can give it back.
    """
    for value in session.settings.by_level("permissions", "disableAutoMode"):
        if value.value == "disable":
            return f"{value.path} takes the mode away"
    return None
