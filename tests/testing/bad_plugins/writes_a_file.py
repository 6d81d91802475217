"""Writes a file when it is asked what it contributes."""

from pathlib import Path

from gaff.hooks import hookimpl


@hookimpl
def gaff_register_settings() -> None:
    """Write."""
    Path("registered.txt").write_text("registered\n")
