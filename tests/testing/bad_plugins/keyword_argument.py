"""Wants an argument by keyword only."""

from gaff.hooks import hookimpl


@hookimpl
def gaff_session_end(*, event: object) -> None:
    """Never called."""
