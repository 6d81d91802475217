"""Starts a thread that outlives the session."""

from threading import Event, Thread

from gaff.hooks import events, hookimpl


@hookimpl
def gaff_notification(event: events.Notification) -> None:
    """Start it."""
    Thread(target=Event().wait, name="forgotten", daemon=True).start()
