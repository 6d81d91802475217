"""Made for a version of the contract that is not there yet."""

from gaff.hooks import events, hookimpl

api = (99, 0)


@hookimpl
def gaff_session_end(event: events.SessionEnd) -> None:
    """Do nothing."""
