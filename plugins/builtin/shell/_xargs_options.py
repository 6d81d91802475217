"""The options of ``xargs``, and whether it does no more than print what it is given."""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
from typing import Final

from ._words import Word

_FLAGS: Final = re.compile(
    r"-d(?:\\n|\n)|-[0rtx]+(?:[nPLl]\d+)?|--(?:null|no-run-if-empty|verbose)|-[nPL]\d+|-l\d*|-I\S+"
)
_NULL_FLAG: Final = re.compile(r"-[rtx]*0")
_PAIRS: Final = frozenset({"-n", "-P", "-L", "-I"})
#: How the input is taken apart, which matters only where the names do.
_SPLITTING: Final = re.compile(r"-d.+|--delimiter=.+|-s\d+", re.DOTALL)


def xargs_options(words: Sequence[Word]) -> tuple[int, bool, str] | None:
    """Return how many words xargs and its options are, whether names end at null, and the placeholder.

    Where they do not end at null, they end at line breaks at least. ``None`` stands for an option that is
    not known, or that takes the input apart in another way.
    """
    index, null, lines, placeholder = 1, False, False, ""
    while index < len(words) and words[index].shown.startswith("-"):
        text = words[index].literal or ""
        if text == "-d" and index + 1 < len(words) and words[index + 1].value in {"\\n", "\n"}:
            lines = True
            index += 1
        elif text in _PAIRS:
            value = words[index + 1].literal if index + 1 < len(words) else None
            if not value or value.startswith("-") or (text != "-I" and not value.isdecimal()):
                return None
            placeholder = value if text == "-I" else placeholder
            index += 1
        elif not _FLAGS.fullmatch(text):
            return None
        elif text.startswith("-I"):
            placeholder = text[2:]
        else:
            null |= text == "--null" or _NULL_FLAG.match(text) is not None
            lines |= text.startswith("-d")
        index += 1
    return None if null and lines else (index, null, placeholder)


def names_only_printed(arguments: Sequence[Word], printers: Container[str]) -> bool:
    """Whether xargs with these arguments runs one of the printers, or ``echo`` for want of a command."""
    left: list[Word] = []
    following = iter(arguments)
    for word in following:
        text = word.literal or ""
        if not text.startswith("-"):
            left += (word, *following)
        elif text == "-d":
            next(following, None)
        elif not _SPLITTING.fullmatch(text):
            left.append(word)
            if text in _PAIRS:
                left += [value for value in (next(following, None),) if value is not None]
    taken = xargs_options((Word("xargs", "xargs"), *left))
    if taken is None:
        return False
    length, _, placeholder = taken
    command = left[length - 1 :]
    if not command:
        return True
    name = command[0].literal or ""
    return name in printers and not (placeholder and placeholder in name)
