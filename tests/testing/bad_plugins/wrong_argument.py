"""Wants an argument that its hook does not have."""

from gaff.hooks import hookimpl


@hookimpl
def gaff_session_end(event: object, weather: str) -> None:
    """Never called."""
