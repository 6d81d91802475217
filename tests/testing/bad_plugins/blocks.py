"""Holds up the event loop for a moment, in an async function."""

import time

from gaff.hooks import events, hookimpl


@hookimpl
async def gaff_post_tool_use_failure(event: events.PostToolUseFailure) -> None:
    """Sleep the wrong way."""
    time.sleep(0.12)  # noqa: ASYNC251 - the fault
