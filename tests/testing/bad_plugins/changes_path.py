"""Changes where modules are found when it is imported."""

import sys

from gaff.hooks import events, hookimpl

sys.path.insert(0, "/opt/mine")


@hookimpl
def gaff_session_end(event: events.SessionEnd) -> None:
    """Do nothing."""
