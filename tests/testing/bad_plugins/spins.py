"""Holds up the event loop for good."""

from itertools import count

from gaff.hooks import events, hookimpl


@hookimpl
def gaff_stop(event: events.Stop) -> None:
    """Count."""
    for _ in count():
        pass
