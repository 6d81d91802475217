"""Leaves by sys.exit in a thread of its own."""

import sys
from threading import Thread

from gaff.hooks import events, hookimpl


@hookimpl
def gaff_notification(event: events.Notification) -> None:
    """Start the thread."""
    Thread(target=sys.exit, args=(event.message,)).start()
