"""Changes the environment when it is imported."""

import os

from gaff.hooks import events, hookimpl

os.environ["PAGER"] = "cat"


@hookimpl
def gaff_session_end(event: events.SessionEnd) -> None:
    """Do nothing."""
