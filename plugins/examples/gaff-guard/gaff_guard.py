"""Keep the model off what you name: commands that hold one of the words in the setting guard.words are denied."""

from __future__ import annotations

from collections.abc import Sequence

from gaff.hooks import PermissionCheck, Setting, Vote, hookimpl


@hookimpl
def gaff_register_settings() -> Sequence[Setting]:
    """Declare the setting."""
    return [Setting("guard.words", "words that no command may hold", "array")]


@hookimpl
def gaff_check_permission(event: PermissionCheck) -> Vote | None:
    """Deny a command that holds a guarded word; say nothing of all others."""
    words = event.session.settings.get("guard", "words")
    if event.action.kind != "run" or not isinstance(words, Sequence):
        return None
    for word in words:
        if str(word) in event.action.target:
            return Vote("deny", f"guard.words names {word!r}")
    return None
