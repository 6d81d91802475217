"""Large pastes stand as a short chip in the prompt and are whole again when it is sent."""

from __future__ import annotations

import re
from typing import Final

#: A paste beyond either of these becomes a chip.
_CHARACTERS: Final = 1_000
_LINES: Final = 10
_CHIP: Final = re.compile(r"\[Pasted text #(\d+)(?: \+\d+ lines?)?\]")


class Pastes:
    """The pastes of one run of the prompt, by number."""

    def __init__(self) -> None:
        self._texts: list[str] = []

    def take(self, text: str) -> str:
        """Return what to insert for a paste: the text, or a chip where it is large."""
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        lines = text.count("\n")
        if len(text) <= _CHARACTERS and lines <= _LINES:
            return text
        self._texts.append(text)
        more = f" +{lines} line{'s' if lines != 1 else ''}" if lines else ""
        return f"[Pasted text #{len(self._texts)}{more}]"

    def expand(self, prompt: str) -> str:
        """Return the prompt with every chip replaced by its text."""
        return _CHIP.sub(self._text_of, prompt)

    def _text_of(self, chip: re.Match[str]) -> str:
        number = int(chip.group(1))
        return self._texts[number - 1] if 1 <= number <= len(self._texts) else chip.group()
