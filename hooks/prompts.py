"""Parts of the system prompt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from .session import Session


@dataclass(frozen=True)
class PromptSection:
    """A part of the system prompt; asked once a session, before the first request, then frozen.

    ``layer`` is what the text is about: how gaff works, this project, or the task at hand.
    Sections are sorted by layer, ``order`` and name, never by when a plugin was loaded, so that the
    prompt cache does not notice plugins.
    """

    name: str
    text: Callable[[Session], str]
    layer: Literal["system", "project", "task"] = "system"
    order: int = 50
