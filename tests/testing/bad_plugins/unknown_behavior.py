"""Votes with a word that is none."""

from gaff.hooks import events, hookimpl
from gaff.hooks.permissions import Vote


@hookimpl
def gaff_check_permission(event: events.PermissionCheck) -> Vote:
    """Vote."""
    return Vote("perhaps", "not sure")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
