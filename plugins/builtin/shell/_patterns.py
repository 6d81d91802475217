"""Patterns whose matches bash splits at their blanks, as it does with an unquoted loop variable."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from glob import iglob
from itertools import islice
from typing import Final

from ._places import Places
from ._words import Word

_MOST_MATCHES: Final = 1_000
_SPLIT: Final = re.compile(r"[\s*?\[\]\\]")


def settled(words: Sequence[Word]) -> tuple[Word, ...]:
    """Return the words with such patterns told apart by what they match now, and with names for pipes.

    Where no match would fall apart, the word is an ordinary pattern; else it is not known.
    """
    return tuple(map(_settled, words))


def are_split(words: Sequence[Word]) -> bool:
    """Whether what is on the disk decides how many words there are."""
    return any(word.splits and word.origin for word in words)


def match_options(words: Sequence[Word], places: Places) -> bool:
    """Whether a pattern matches a name that a program takes for an option, as the names are now."""
    patterns = [word.shown for word in words if word.glob and word.shown[:1] in set("*?[-")]
    return any(_holds_option(place, pattern) for pattern in patterns for place in places or ())


def _holds_option(folder: str, pattern: str) -> bool:
    found = list(islice(iglob(pattern, root_dir=folder), _MOST_MATCHES + 1))
    return len(found) > _MOST_MATCHES or any(name.startswith("-") for name in found)


def _settled(word: Word) -> Word:
    if word.stream:
        return Word(word.text, "/dev/fd/63")
    if not (word.origin and word.splits):
        return word
    if _stay_whole(*word.origin):
        return replace(word, splits=False)
    return Word(word.text, None, True, True, expanded=True)


def _stay_whole(folder: str, pattern: str) -> bool:
    found = list(islice(iglob(pattern, root_dir=folder), _MOST_MATCHES + 1))
    return len(found) <= _MOST_MATCHES and not any(map(_SPLIT.search, found))
