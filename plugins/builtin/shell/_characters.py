"""Which characters a command may be made of, so that what is shown is what runs."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

#: Looks like nothing at all, yet counts as a letter, mark or symbol.
_BLANK_LOOKING: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0")
#: Variation selectors beyond the sixteen that ordinary emoji use can carry hidden text.
_HIDDEN_SELECTORS: Final = range(0xE0100, 0xE01F0)
#: Those sixteen, and what none of them follows in honest text.
_SELECTORS: Final = frozenset(map(chr, range(0xFE00, 0xFE10)))
_TAKES_NO_SELECTOR: Final = re.compile(r"[\x00-\"$-)+-/:-\x7f]")
#: Controls, formats, surrogates, private use, unassigned, line, paragraph and space separators.
_HIDDEN_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"})
_VISIBLE_ASCII: Final = re.compile(r"[\t\n -~]*")


def is_visible(character: str) -> bool:
    """Whether the character shows as what it is; tab, newline and space count."""
    if character in "\t\n ":
        return True
    if character in _BLANK_LOOKING or ord(character) in _HIDDEN_SELECTORS:
        return False
    return unicodedata.category(character) not in _HIDDEN_CATEGORIES


def first_hidden(text: str) -> int | None:
    """Return the position of the first control or invisible character, ``None`` where there is none."""
    start = 0
    while (matched := _VISIBLE_ASCII.match(text, start)) and (position := matched.end()) < len(text):
        if not is_visible(text[position]) or _hides_text(text, position):
            return position
        start = position + 1
    return None


def _hides_text(text: str, position: int) -> bool:
    """Whether this is a variation selector that no emoji needs, so that it may carry hidden text."""
    before = text[position - 1] if position else " "
    return text[position] in _SELECTORS and (
        before in _SELECTORS or _TAKES_NO_SELECTOR.match(before) is not None
    )


def name_of(character: str) -> str:
    """Return how a dialog shows a character that cannot be seen: ``U+200B``."""
    return f"U+{ord(character):04X}"
