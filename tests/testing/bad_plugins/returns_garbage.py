"""Answers with what is no answer."""

from gaff.hooks import events, hookimpl


@hookimpl
def gaff_pre_tool_use(event: events.PreToolUse) -> str:
    """Say it in words."""
    return "deny"
