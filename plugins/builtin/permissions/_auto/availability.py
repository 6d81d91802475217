"""When auto mode may be used, and where its classifier decides. Source: code.claude.com/docs/en/permission-modes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gaff.hooks import Session, StateKey

#: Tools that run commands.
SHELLS: Final = frozenset({"Bash", "Monitor", "PowerShell"})


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


def judges_plan(session: Session) -> bool:
    """Whether the classifier decides about commands while plan mode is on (``useAutoModeDuringPlan``).

    On unless a level of the settings says no, and where auto mode could be entered.
    """
    if session.mode != "plan" or auto_refusal(session) is not None:
        return False
    if any(value.value is False for value in session.settings.by_level("useAutoModeDuringPlan")):
        return False
    return is_active(session)


def asks_nobody(session: Session) -> bool:
    """Whether it is known that no user, program or tool answers questions in this session."""
    options = session.options
    answered = options.text("permission-prompt-tool") or options.text("input-format") == "stream-json"
    return options.flag("print") and not answered


def is_active(session: Session) -> bool:
    """Whether the plugin that judges is there."""
    reports = session.kernel.reports
    return any(report.name == "permissions.auto" and report.state == "active" for report in reports)


def judges(session: Session) -> bool:
    """Whether the classifier decides about anything in the mode the session is in."""
    return (session.mode == "auto" and auto_refusal(session) is None) or judges_plan(session)
