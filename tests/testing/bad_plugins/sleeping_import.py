"""Takes long to import."""

import time

from gaff.hooks import events, hookimpl

time.sleep(0.3)


@hookimpl
def gaff_session_end(event: events.SessionEnd) -> None:
    """Do nothing."""
