"""Prints when it is imported."""

from gaff.hooks import events, hookimpl

print("thank you for installing me")


@hookimpl
def gaff_session_end(event: events.SessionEnd) -> None:
    """Do nothing."""
