"""Where a command runs: the directories that ``cd`` may have led to by then."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Final, TypeAlias

from ._words import Word

#: The directories a command may run in; ``None`` where they are not known.
Places: TypeAlias = frozenset[str] | None

_MOST: Final = 4
MOVERS: Final = frozenset({"cd", "pushd", "popd"})


def union(first: Places, second: Places) -> Places:
    """Return the places that either holds; ``None`` where they are too many to follow."""
    if first is None or second is None or len(first | second) > _MOST:
        return None
    return first | second


def moved(places: Places, words: Sequence[Word], home: str | None) -> Places:
    """Return where ``cd`` with these words leads from ``places``, as bash counts: ``..`` by name."""
    values = [word.literal for word in words[1:]]
    while values and values[0] in {"-L", "--"}:
        del values[0]
    target = values[0] if values else home
    if places is None or words[0].shown != "cd" or len(values) > 1 or not target or target.startswith("-"):
        return None
    return frozenset(os.path.normpath(os.path.join(place, target)) for place in places)
