"""Finding the text to replace, and saying why it was not found."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from difflib import SequenceMatcher, get_close_matches
from typing import Final

#: Characters of a text, and lines of it, that are searched for what was meant.
SEARCHED: Final = 2_000_000
LINES_COMPARED: Final = 5_000
#: Characters compared in the end, and the share that must be equal.
COMPARED: Final = 5_000
ALIKE: Final = 0.6
#: Places and lines that are told.
PLACES: Final = 2
LINES_TOLD: Final = 4
LINE_WIDTH: Final = 160

NUMBERED: Final = re.compile(r"^ *\d+\t", re.MULTILINE)
TYPOGRAPHIC: Final = str.maketrans("‘’“”–—\u00a0", "''\"\"-- ")

#: What a text may differ in, from harmless to less so, and how lines look without it.
DIFFERENCES: Final[tuple[tuple[str, Callable[[str], str]], ...]] = (
    ("whitespace at the ends of lines", str.rstrip),
    ("indentation", str.strip),
    ("whitespace", lambda line: "".join(line.split())),
    ("typographic quotes, dashes or spaces", lambda line: "".join(line.translate(TYPOGRAPHIC).split())),
    ("upper and lower case", lambda line: "".join(line.casefold().split())),
)


def positions(text: str, wanted: str) -> list[int]:
    """Return every place where ``wanted`` begins, those that overlap included."""
    found: list[int] = []
    position = text.find(wanted)
    while position >= 0:
        found.append(position)
        position = text.find(wanted, position + 1)
    return found


def apart(found: Sequence[int], length: int) -> Iterator[int]:
    """Return the places that do not overlap, from the first on."""
    end = -1
    for position in found:
        if position >= end:
            yield position
            end = position + length


def line_at(text: str, position: int) -> int:
    """Return the number of the line a position is in, counted from 1."""
    return text.count("\n", 0, position) + 1


def near_misses(text: str, wanted: str) -> str:
    """Say where ``text`` has something like ``wanted`` and what differs; empty where it has not."""
    if len(text) > SEARCHED or not wanted.strip():
        return ""
    bare = NUMBERED.sub("", wanted)
    if bare != wanted and bare in text:
        return "It holds the line numbers that Read shows: leave them out, and the tab after each."
    lines, given = text.split("\n"), wanted.strip("\n").split("\n")
    for label, simplified in DIFFERENCES:
        starts = _windows([simplified(line) for line in lines], [simplified(line) for line in given])
        if starts:
            return "\n".join(
                _told(lines, given, start, f"alike but for {label}") for start in starts[:PLACES]
            )
    return "\n".join(_alike(lines, given))


def _windows(lines: Sequence[str], given: Sequence[str]) -> list[int]:
    """Return where the lines given are among ``lines``; the first and the last may be parts of lines."""
    if len(given) == 1:
        return [start for start, line in enumerate(lines) if given[0] and given[0] in line]
    first, *middle, last = given
    return [
        start
        for start in range(len(lines) - len(given) + 1)
        if lines[start].endswith(first)
        and lines[start + len(given) - 1].startswith(last)
        and list(lines[start + 1 : start + len(given) - 1]) == middle
        and any(given)
    ]


def _alike(lines: Sequence[str], given: Sequence[str]) -> Iterator[str]:
    """Tell the place that is most like the lines given, if any is."""
    wanted = "\n".join(given)[:COMPARED]
    best, start = 0.0, 0
    for candidate in _candidates(lines, given):
        window = "\n".join(lines[candidate : candidate + len(given)])[:COMPARED]
        likeness = SequenceMatcher(None, window, wanted, autojunk=False).quick_ratio()
        if likeness > best:
            best, start = likeness, candidate
    if best >= ALIKE:
        yield _told(lines, given, start, f"{best:.0%} alike")


def _candidates(lines: Sequence[str], given: Sequence[str]) -> list[int]:
    """Return where the lines given may start: where one of them is, or one like the longest."""
    places: dict[str, list[int]] = {}
    for number, line in enumerate(lines):
        if stripped := line.strip():
            places.setdefault(stripped, []).append(number)
    votes: dict[int, int] = {}
    longest = max(given, key=len).strip()
    close = get_close_matches(longest, list(places)[:LINES_COMPARED], n=3, cutoff=ALIKE)
    meant = [[line.strip()] for line in given]
    meant[max(range(len(given)), key=lambda index: len(given[index]))] += close
    for offset, names in enumerate(meant):
        for number in (number for name in names for number in places.get(name, ())[:50]):
            if number >= offset:
                votes[number - offset] = votes.get(number - offset, 0) + 1
    return sorted(votes, key=lambda start: -votes[start])[:10]


def _told(lines: Sequence[str], given: Sequence[str], start: int, how: str) -> str:
    end = start + len(given)
    where = f"Line {start + 1} is" if len(given) == 1 else f"Lines {start + 1}-{end} are"
    pairs = [
        (number, _quoted(has, gave), _quoted(gave, has))
        for number, (has, gave) in enumerate(zip(lines[start:end], given, strict=False), start + 1)
        if has != gave
    ]
    told = [f"  {number} has {has}\n  you gave {gave}" for number, has, gave in pairs[:LINES_TOLD]]
    return "\n".join([f"{where} {how}:", *told])


def _quoted(line: str, other: str) -> str:
    """Quote a line so that tabs and odd characters show; a long one around where it leaves the other."""
    equal = next((at for at, pair in enumerate(zip(line, other, strict=False)) if pair[0] != pair[1]), 0)
    start = max(equal - LINE_WIDTH // 2, 0)
    part = json.dumps(line[start : start + LINE_WIDTH], ensure_ascii=False)
    return f"{'...' * bool(start)}{part}{'...' * (len(line) > start + LINE_WIDTH)}"
