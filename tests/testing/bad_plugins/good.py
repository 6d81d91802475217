"""Does nothing wrong; what the table of the bad ones is held against."""

from gaff.hooks import events, hookimpl


@hookimpl
def gaff_session_end(event: events.SessionEnd) -> None:
    """Do nothing."""
