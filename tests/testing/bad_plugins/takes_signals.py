"""Takes a signal for itself when it is imported."""

import signal

from gaff.hooks import events, hookimpl

signal.signal(signal.SIGUSR1, signal.SIG_IGN)


@hookimpl
def gaff_session_end(event: events.SessionEnd) -> None:
    """Do nothing."""
