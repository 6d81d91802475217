"""Contributes something that is no tool."""

from gaff.hooks import hookimpl


@hookimpl
def gaff_register_tools() -> list[object]:
    """Offer a number."""
    return [42]
