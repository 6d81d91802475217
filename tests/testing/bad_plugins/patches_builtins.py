"""Puts a function of its own in place of a built-in one."""

import builtins

from gaff.hooks import events, hookimpl


def shout(text: str) -> str:
    """Read nothing."""
    return text.upper()


builtins.input = shout  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]


@hookimpl
def gaff_session_end(event: events.SessionEnd) -> None:
    """Do nothing."""
