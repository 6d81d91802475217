"""Raises at every prompt."""

from gaff.hooks import events, hookimpl


@hookimpl
def gaff_user_prompt_submit(event: events.UserPromptSubmit) -> None:
    """Fail."""
    raise KeyError(event.prompt)
