"""Prompts that were handed in while a turn runs."""

from __future__ import annotations

from collections.abc import Callable

from gaff.hooks.messages import PromptOrigin
from gaff.hooks.stream import QueueChanged


class WaitingPrompts:
    """The prompts that wait for a session's turn, oldest first; ``tell`` hears of every change."""

    def __init__(self, tell: Callable[[QueueChanged], None]) -> None:
        self._tell = tell
        self._prompts: list[tuple[str, PromptOrigin]] = []

    def add(self, prompt: str, origin: PromptOrigin) -> None:
        """Let a prompt wait."""
        self._prompts.append((prompt, origin))
        self._changed()

    def take_back(self) -> str | None:
        """Take the user's newest prompt back; those of plugins stay."""
        for place in reversed(range(len(self._prompts))):
            if self._prompts[place][1] == "human":
                prompt, _ = self._prompts.pop(place)
                self._changed()
                return prompt
        return None

    def take(self) -> list[tuple[str, PromptOrigin]]:
        """Take all, each with whose it is."""
        taken, self._prompts = self._prompts, []
        if taken:
            self._changed()
        return taken

    def _changed(self) -> None:
        self._tell(QueueChanged(tuple(prompt for prompt, _ in self._prompts)))
