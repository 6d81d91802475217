"""Pulls in a heavy module at import."""

import rich

from gaff.hooks import events, hookimpl


@hookimpl
def gaff_session_end(event: events.SessionEnd) -> None:
    """Use it."""
    rich.get_console()
