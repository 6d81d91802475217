"""``*`` wildcards over any text, in time that grows with the text and not with what it hides."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Glob:
    """A pattern in which ``*`` stands for any characters, and nothing else is special."""

    parts: tuple[str, ...]

    @staticmethod
    def of(pattern: str) -> Glob:
        """Return the pattern, ready to be matched."""
        return Glob(tuple(pattern.split("*")))

    def matches(self, text: str) -> bool:
        """Whether the whole text matches."""
        if len(self.parts) == 1:
            return text == self.parts[0]
        first, *middle, last = self.parts
        start, end = len(first), len(text) - len(last)
        if end < start or not text.startswith(first) or not text.endswith(last):
            return False
        for part in middle:
            found = text.find(part, start, end)
            if found < 0:
                return False
            start = found + len(part)
        return True
