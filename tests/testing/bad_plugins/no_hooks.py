"""Forgot to mark its functions."""


def gaff_session_end(event: object) -> None:
    """Never called."""
