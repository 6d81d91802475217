"""Implements an event hook as a wrapper, as other pluggy programs have them."""

from collections.abc import Generator

from gaff.hooks import hookimpl


@hookimpl(wrapper=True)
def gaff_session_end(event: object) -> Generator[None, object, object]:
    """Never called."""
    return (yield)
