"""Puts into the system prompt what changes each time."""

from collections.abc import Sequence
from itertools import count

from gaff.hooks import PromptSection, hookimpl

NUMBERS = count()


@hookimpl
def gaff_register_prompt_sections() -> Sequence[PromptSection]:
    """Offer a number."""
    return [PromptSection("numbers", lambda session: f"The number is {next(NUMBERS)}.")]
