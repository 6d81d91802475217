"""Starts a process, in a session of its own, that outlives gaff."""

import subprocess

from gaff.hooks import events, hookimpl

PROCESSES: list[subprocess.Popen[bytes]] = []


@hookimpl
def gaff_notification(event: events.Notification) -> None:
    """Start it."""
    if not PROCESSES:
        PROCESSES.append(subprocess.Popen(["sleep", "30"], start_new_session=True))
