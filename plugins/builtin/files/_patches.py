"""Differences between two texts as hunks, in the documented ``structuredPatch`` shape."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Final, NamedTuple

from gaff.hooks import JsonObject

#: Unchanged lines around a change.
CONTEXT: Final = 3
#: Lines that differ on either side above which they count as replaced as a whole: comparing takes
#: time that grows with the square.
MAX_COMPARED: Final = 4_000


class Change(NamedTuple):
    """Old lines that new ones took the place of; counted from 0, ends not included."""

    old: int
    old_end: int
    new: int
    new_end: int


def structured_patch(before: str, after: str) -> list[JsonObject]:
    """Return the hunks that lead from one text to the other; line endings do not count."""
    old, new = _lines(before), _lines(after)
    hunks: list[list[Change]] = []
    for change in _changes(old, new):
        if hunks and change.old - hunks[-1][-1].old_end <= 2 * CONTEXT:
            hunks[-1].append(change)
        else:
            hunks.append([change])
    return [_hunk(old, new, changes) for changes in hunks]


def _lines(text: str) -> list[str]:
    *lines, last = text.replace("\r\n", "\n").split("\n")
    return [f"{line}\n" for line in lines] + ([last] if last else [])


def _changes(old: Sequence[str], new: Sequence[str]) -> Iterator[Change]:
    """Compare what is left when equal lines at both ends are taken off, which is most of a text."""
    shorter = min(len(old), len(new))
    head = 0
    while head < shorter and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < shorter - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    old_end, new_end = len(old) - tail, len(new) - tail
    if head == old_end and head == new_end:
        return
    if max(old_end, new_end) - head > MAX_COMPARED:
        yield Change(head, old_end, head, new_end)
        return
    for tag, *bounds in SequenceMatcher(None, old[head:old_end], new[head:new_end]).get_opcodes():
        if tag != "equal":
            yield Change(*(head + bound for bound in bounds))


def _hunk(old: Sequence[str], new: Sequence[str], changes: Sequence[Change]) -> JsonObject:
    first, last = changes[0], changes[-1]
    above = min(CONTEXT, first.old)
    below = min(CONTEXT, len(old) - last.old_end)
    lines: list[str] = []
    position = first.old - above
    for change in changes:
        lines += _marked(" ", old[position : change.old])
        lines += _marked("-", old[change.old : change.old_end])
        lines += _marked("+", new[change.new : change.new_end])
        position = change.old_end
    lines += _marked(" ", old[position : position + below])
    old_lines = above + last.old_end - first.old + below
    new_lines = above + last.new_end - first.new + below
    return {
        "oldStart": first.old - above + bool(old_lines),
        "oldLines": old_lines,
        "newStart": first.new - above + bool(new_lines),
        "newLines": new_lines,
        "lines": lines,
    }


def _marked(mark: str, lines: Sequence[str]) -> Iterator[str]:
    for line in lines:
        yield mark + line.removesuffix("\n")
        if not line.endswith("\n"):
            yield "\\ No newline at end of file"
