"""Puts the time of day into the system prompt."""

from collections.abc import Sequence
from datetime import UTC, datetime

from gaff.hooks import PromptSection, hookimpl


@hookimpl
def gaff_register_prompt_sections() -> Sequence[PromptSection]:
    """Offer the time."""
    return [PromptSection("clock", lambda session: f"It is {datetime.now(UTC):%H:%M:%S}.")]
