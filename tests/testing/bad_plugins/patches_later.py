"""Puts a function of its own in place of a library's when a session starts, and never puts it back."""

import json

from gaff.hooks import events, hookimpl


def load(text: str) -> str:
    """Decode nothing."""
    return text


@hookimpl
def gaff_notification(event: events.Notification) -> None:
    """Patch."""
    json.load = load  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
