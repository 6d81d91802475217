"""Implements a hook that does not exist."""

from gaff.hooks import hookimpl


@hookimpl
def gaff_pre_tool_usage(event: object) -> None:
    """Never called."""
