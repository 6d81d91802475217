"""Leaves by sys.exit when a tool is called."""

import sys

from gaff.hooks import events, hookimpl


@hookimpl
def gaff_pre_tool_use(event: events.PreToolUse) -> None:
    """Leave."""
    sys.exit(event.tool_name)
