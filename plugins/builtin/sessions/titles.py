"""Titles: each prompt is noted for the lists of sessions, which read only the ends of a transcript."""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from gaff.hooks import SessionError, UserPromptSubmit, hookimpl

#: Characters of a prompt that a list shows.
_LONGEST: Final = 200


@hookimpl
def gaff_user_prompt_submit(event: UserPromptSubmit) -> None:
    """Note the prompt, on one line."""
    if event.context.session is not None:
        line = " ".join(event.prompt.split())[:_LONGEST]
        with suppress(SessionError):  # the turn tells it, as it writes the prompt itself
            event.context.session.record({"type": "last-prompt", "lastPrompt": line})
