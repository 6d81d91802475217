"""Opens a socket when it is imported."""

import socket

from gaff.hooks import events, hookimpl

SOCKET = socket.socket()


@hookimpl
def gaff_session_end(event: events.SessionEnd) -> None:
    """Close it."""
    SOCKET.close()
