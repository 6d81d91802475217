"""Starts a process when it is imported."""

import subprocess

from gaff.hooks import events, hookimpl

subprocess.run(["true"], check=True)


@hookimpl
def gaff_session_end(event: events.SessionEnd) -> None:
    """Do nothing."""
