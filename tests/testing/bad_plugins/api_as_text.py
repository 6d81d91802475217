"""Says its version as text."""

from gaff.hooks import events, hookimpl

api = "0.1"


@hookimpl
def gaff_session_end(event: events.SessionEnd) -> None:
    """Do nothing."""
