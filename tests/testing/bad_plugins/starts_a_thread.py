"""Starts a thread when it is imported."""

from threading import Event, Thread

from gaff.hooks import events, hookimpl

OVER = Event()
Thread(target=OVER.wait, daemon=True).start()


@hookimpl
def gaff_session_end(event: events.SessionEnd) -> None:
    """End it."""
    OVER.set()
