"""What the model and hooks get of a search."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
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

    def cut(self, items: Sequence[Item], length: Callable[[Item], int]) -> Sequence[Item]:
        """Return the items to show: so many, and as many as fit."""
        room = MAX_TEXT
        end = self.offset
        for item in items[self.offset : self.offset + self.limit if self.limit else None]:
            room -= length(item) + 1
            if room < 0 and end > self.offset:
                break
            end += 1
        return items[self.offset : end]


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
    kept = window.cut(ordered, lambda file: len(place.short(file)))
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
    lines = [f"{place.short(file)}:{file.count}" for file in ordered]
    kept = window.cut(lines, len)
    files = ordered[window.offset : window.offset + len(kept)]
    response: dict[str, Json] = {"mode": "count", "numFiles": len(files)}
    response["filenames"] = [shown(place.absolute(file)) for file in files]
    response["content"] = "\n".join(kept)
    response["numMatches"] = sum(file.count for file in ordered)
    response |= _cut_facts("totalFiles", len(kept), len(lines), window)
    return _output(kept, len(lines), "files", window, found, response)


def _content(found: Found, query: Query, place: Place, window: Window, *, numbered: bool) -> ToolOutput:
    ordered = sorted(found.files, key=lambda file: file.path)
    separated = bool(query.before or query.after) and not query.only_matching
    lines: list[tuple[FileHits, str]] = []
    for file in ordered:
        if separated and lines:
            lines.append((file, "--"))
        name = "" if query.name else place.short(file)
        lines += ((file, line) for line in _lines(file, name, separated=separated, numbered=numbered))
    kept = window.cut(lines, lambda line: len(line[1]))
    files = list({id(file): file for file, _ in kept}.values())
    texts = [line for _, line in kept]
    response: dict[str, Json] = {"mode": "content", "numFiles": len(files)}
    response["filenames"] = [shown(place.absolute(file)) for file in files]
    response |= {"content": "\n".join(texts), "numLines": len(texts)}
    response |= _cut_facts("totalLines", len(kept), len(lines), window)
    return _output(texts, len(lines), "lines", window, found, response)


def _lines(file: FileHits, name: str, *, separated: bool, numbered: bool) -> Iterator[str]:
    previous = 0
    for hit in file.hits:
        if separated and previous and hit.number > previous + 1:
            yield "--"
        previous = hit.number
        mark = ":" if hit.matched else "-"
        front = [name] * bool(name) + [str(hit.number)] * numbered
        yield mark.join([*front, hit.text])


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
