"""What the model and hooks get of a search."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Final, TypeVar

from gaff.hooks import Json, ToolOutput

from ._paths import shown
from ._queries import FileHits, Found, Query

#: Characters that one search gives.
MAX_TEXT: Final = 40_000

Item = TypeVar("Item")


@dataclass(frozen=True)
class Window:
    """Which of the results are shown; a limit of 0 is none."""

    limit: int
    offset: int

    def fill(self, items: Iterable[Item], length: Callable[[Item], int]) -> list[Item]:
        """Return as many of the items behind the offset as are wanted and fit; one at least."""
        room = MAX_TEXT
        out: list[Item] = []
        for item in items:
            room -= length(item) + 1
            if (room < 0 and out) or (self.limit and len(out) == self.limit):
                break
            out.append(item)
        return out


@dataclass(frozen=True)
class Place:
    """Where a search was: the folder as the call named it, and how paths in it are shortened."""

    folder: str
    brief: Callable[[str], str]

    def absolute(self, file: FileHits) -> str:
        """Return the path of a file, as hooks get it."""
        return os.path.join(self.folder, file.path)

    def short(self, file: FileHits) -> str:
        """Return the path of a file, as the model reads it."""
        return self.brief(self.absolute(file))


def report(found: Found, query: Query, place: Place, window: Window, *, numbered: bool) -> ToolOutput:
    """Return the results of a search as its mode wants them."""
    if query.mode == "content":
        return _content(found, query, place, window, numbered=numbered)
    if query.mode == "count":
        return _counts(found, place, window)
    return _files(found, query, place, window)


def _files(found: Found, query: Query, place: Place, window: Window) -> ToolOutput:
    changed = {file.path: _changed(os.path.join(query.folder, file.path)) for file in found.files}
    ordered = sorted(found.files, key=lambda file: (-changed[file.path], file.path))
    kept = window.fill(ordered[window.offset :], lambda file: len(place.short(file)))
    response: dict[str, Json] = {"mode": "files_with_matches", "numFiles": len(kept)}
    response["filenames"] = [shown(place.absolute(file)) for file in kept]
    response |= _cut_facts("totalFiles", len(kept), len(ordered), window)
    return _output([place.short(file) for file in kept], len(ordered), "files", window, found, response)


def _changed(path: str) -> int:
    try:
        return os.stat(path).st_mtime_ns
    except OSError:  # gone since
        return 0


def _counts(found: Found, place: Place, window: Window) -> ToolOutput:
    ordered = sorted(found.files, key=lambda file: file.path)
    kept = window.fill((f"{place.short(file)}:{file.count}" for file in ordered[window.offset :]), len)
    files = ordered[window.offset : window.offset + len(kept)]
    response: dict[str, Json] = {"mode": "count", "numFiles": len(files)}
    response["filenames"] = [shown(place.absolute(file)) for file in files]
    response["content"] = "\n".join(kept)
    response["numMatches"] = sum(file.count for file in ordered)
    response |= _cut_facts("totalFiles", len(kept), len(ordered), window)
    return _output(kept, len(ordered), "files", window, found, response)


def _content(found: Found, query: Query, place: Place, window: Window, *, numbered: bool) -> ToolOutput:
    ordered = sorted(found.files, key=lambda file: file.path)
    gap = bool(query.before or query.after) and not query.only_matching
    total = sum(file.size + gap for file in ordered) - gap if ordered else 0
    named = Place(place.folder, (lambda _: "") if query.name else place.brief)
    lines = _lines_behind(window.offset, ordered, named, gap=gap, numbered=numbered)
    kept = window.fill(lines, lambda line: len(line[1]))
    texts = [line for _, line in kept]
    response: dict[str, Json] = {"mode": "content"}
    files = {file.path: place.absolute(file) for file, _ in kept}
    response |= {"numFiles": len(files), "filenames": [shown(path) for path in files.values()]}
    response |= {"content": "\n".join(texts), "numLines": len(texts)}
    response |= _cut_facts("totalLines", len(kept), total, window)
    return _output(texts, total, "lines", window, found, response)


def _lines_behind(
    offset: int, files: Sequence[FileHits], place: Place, *, gap: bool, numbered: bool
) -> Iterator[tuple[FileHits, str]]:
    """Return the lines to show, the first ones left out; files that are left out whole are not taken apart."""
    for index, file in enumerate(files):
        above = gap and index > 0
        size = file.size + above
        if size > offset:
            lines = chain(["--"] * above, _lines(file, place.short(file), numbered=numbered))
            yield from ((file, line) for line in islice(lines, offset, None))
        offset = max(offset - size, 0)


def _lines(file: FileHits, name: str, *, numbered: bool) -> Iterator[str]:
    for hit in file.lines():
        if hit is None:
            yield "--"
        else:
            mark = ":" if hit.matched else "-"
            yield mark.join([name] * bool(name) + [str(hit.number)] * numbered + [hit.text])


def _cut_facts(total_name: str, kept: int, total: int, window: Window) -> dict[str, Json]:
    facts: dict[str, Json] = {}
    if window.offset + kept < total:
        facts |= {total_name: total, "appliedLimit": kept}
    if window.offset:
        facts["appliedOffset"] = window.offset
    return facts


def _output(
    lines: Sequence[str], total: int, what: str, window: Window, found: Found, response: dict[str, Json]
) -> ToolOutput:
    told = [*lines]
    end = window.offset + len(lines)
    if not total and not found.notes:
        told.append("No matches.")
    elif not lines and total:
        told.append(f"[There are {total:,} {what}; offset {window.offset:,} is beyond them.]")
    elif end < total:
        told.append(f"[{len(lines):,} of {total:,} {what}. Go on with offset={end}.]")
    return ToolOutput("\n".join([*told, *found.notes]), response)
