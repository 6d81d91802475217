"""A prompt with its quoted parts folded away, so that words inside quotes are never read as words of the request."""

from __future__ import annotations

import re
from typing import Final

#: Each quoted part is stood for by one character from here on: a private-use plane, so ``\S`` and
#: ``.`` match it and ``\w`` does not.
FIRST_FOLD: Final = 0xF0000
MAX_FOLDS: Final = 0xFFF

FENCE: Final = re.compile(r"```(?:[\w+#.-]*[ \t]*\n)?")
CLOSERS: Final = {
    "`": re.compile("`"),
    '"': re.compile(r'(?<!\\)"'),
    "“": re.compile("”"),
    "„": re.compile("[“”]"),
    "«": re.compile("»"),
    "‘": re.compile(r"’(?!\w)"),
    "'": re.compile(r"'(?!\w)"),
}
OPENER: Final = re.compile("[`\"“„«‘'\U000f0000-\U000f0fff]")
FOLD: Final = re.compile("[\U000f0000-\U000f0fff]")


class Phrase:
    """A text and what its folds stand for. Pieces of ``folded`` can be cut out and unfolded."""

    def __init__(self, text: str) -> None:
        self._parts: list[tuple[str, str]] = []
        self.folded: str = self._fold(text)

    def unfold(self, text: str) -> str:
        """Return the text with quoted parts put back, their quotes taken off."""
        return FOLD.sub(lambda match: self._part(match)[0], text)

    def raw(self, text: str) -> str:
        """Return the text as it was typed, quotes and all."""
        return FOLD.sub(lambda match: self._part(match)[1], text)

    def is_quoted(self, text: str) -> bool:
        """Whether the text is one quoted part and nothing else."""
        return len(text) == 1 and FOLD.match(text) is not None

    def has_quotes(self, text: str) -> bool:
        """Whether any part of the text is quoted."""
        return FOLD.search(text) is not None

    def _part(self, match: re.Match[str]) -> tuple[str, str]:
        return self._parts[ord(match.group()) - FIRST_FOLD]

    def _fold(self, text: str) -> str:
        pieces: list[str] = []
        position = 0
        hopeless: set[str] = set()
        while len(self._parts) < MAX_FOLDS and (match := OPENER.search(text, position)):
            start = match.start()
            end = self._end_of_quote(text, start, hopeless)
            if end is None:
                pieces.append(text[position : start + 1])
                position = start + 1
            else:
                pieces += (text[position:start], chr(FIRST_FOLD + len(self._parts) - 1))
                position = end
        return "".join((*pieces, FOLD.sub("\ufffd", text[position:])))

    def _end_of_quote(self, text: str, start: int, hopeless: set[str]) -> int | None:
        """Keep the quoted part that opens at ``start`` and return where it ends; ``None`` if none opens there."""
        opener = text[start]
        if opener not in CLOSERS:
            self._parts.append((opener, opener))
            return start + 1
        if opener in "'‘" and start and text[start - 1].isalnum():
            return None
        fence = FENCE.match(text, start)
        if fence and (end := text.find("```", fence.end())) >= 0:
            self._parts.append((text[fence.end() : end], text[start : end + 3]))
            return end + 3
        if opener in hopeless:
            return None
        closer = CLOSERS[opener].search(text, start + 1)
        if closer is None:
            hopeless.add(opener)
            return None
        inner = text[start + 1 : closer.start()]
        self._parts.append(
            (inner.replace('\\"', '"') if opener == '"' else inner, text[start : closer.end()])
        )
        return closer.end()
