"""Plans that count lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator
from dataclasses import dataclass
from typing import Final

from gaff.hooks import JsonObject

from ..languages import language_of
from ..markdown import code, listed, many, numbered, paragraphs
from ..plan import Call, Plan, Reply, Step, World, one
from ..requests import BiggestFiles, CountLines, Scope
from ..results import Result, counts
from .common import no_tool

#: Files that one call counts at most, and calls that are made until all are counted.
MOST_FILES: Final = 5_000
MOST_CALLS: Final = 5
UNCOUNTED: Final = "Empty and binary files and those that git ignores are not counted."

Counts = Generator[Step, tuple[Result, ...], "Tally | Result"]


@dataclass(frozen=True)
class Tally:
    """Files and their lines; ``complete`` is false where there are more files."""

    files: list[tuple[str, int]]
    complete: bool

    @property
    def lines(self) -> int:
        """All lines."""
        return sum(count for _, count in self.files)

    @property
    def at_least(self) -> str:
        """The words that say that there is more than was counted."""
        return "" if self.complete else "at least "


def line_counts(scope: Scope, offset: int = 0) -> Call:
    """Return the Grep call that counts the lines of all text files: every line has a beginning."""
    parameters: dict[str, str | int] = {"pattern": "^", "output_mode": "count", "head_limit": MOST_FILES}
    if scope.path:
        parameters["path"] = scope.path
    if scope.glob:
        parameters["glob"] = scope.glob
    if offset:
        parameters["offset"] = offset
    narrowed: JsonObject = parameters
    return Call("Grep", narrowed)


def all_counts(first: Result, scope: Scope) -> Counts:
    """Return the counts of a result and of those after it where it was cut; a result itself where it failed."""
    files: list[tuple[str, int]] = []
    result = first
    for number in range(1, MOST_CALLS + 1):
        if result.is_error:
            return result
        files += [(path.removeprefix("./"), count) for path, count in counts(result.text, scope.path)]
        if result.next_offset is None or number == MOST_CALLS:
            break
        result = yield from one(line_counts(scope, result.next_offset))
    return Tally(files, complete=not result.is_cut)


def count_lines(request: CountLines, world: World) -> Plan:
    """Count lines, by language."""
    if world.missing("Grep"):
        return (yield from no_tool("Grep"))
    first = yield from one(line_counts(request.scope))
    tally = yield from all_counts(first, request.scope)
    if isinstance(tally, Result):
        return Reply(f"The lines could not be counted: {tally.trouble}.", done=False)
    where = f" in {request.scope}" if request.scope != Scope() else ""
    if not tally.files:
        return Reply(f"There are no lines of text{where}. {UNCOUNTED}")
    if len(tally.files) == 1:
        return Reply(f"{code(tally.files[0][0])} has {many(tally.lines, 'line')}.")
    head = f"{tally.at_least}{many(tally.lines, 'line')} in {many(len(tally.files), 'file')}{where}:"
    return Reply(paragraphs(head[:1].upper() + head[1:], listed(by_language(tally.files)), UNCOUNTED))


def by_language(files: list[tuple[str, int]], most: int = 12) -> list[str]:
    """Return a row for each language: files and lines, the most lines first."""
    lines: Counter[str] = Counter()
    numbers: Counter[str] = Counter()
    for path, count in files:
        language = language_of(path)
        name = language.name if language else "other"
        lines[name] += count
        numbers[name] += 1
    return [
        f"{name}: {many(numbers[name], 'file')}, {many(count, 'line')}"
        for name, count in lines.most_common(most)
    ]


def biggest_files(request: BiggestFiles, world: World) -> Plan:
    """List the files with the most lines."""
    if world.missing("Grep"):
        return (yield from no_tool("Grep"))
    first = yield from one(line_counts(request.scope))
    tally = yield from all_counts(first, request.scope)
    if isinstance(tally, Result):
        return Reply(f"The files could not be measured: {tally.trouble}.", done=False)
    files = sorted(tally.files, key=lambda item: (-item[1], item[0]))
    where = f" in {request.scope}" if request.scope != Scope() else ""
    if not files:
        return Reply(f"There are no text files{where}. {UNCOUNTED}")
    rows = [f"{code(path)}: {many(count, 'line')}" for path, count in files[: request.count]]
    head = f"The biggest of {tally.at_least}{many(len(files), 'file')}{where}, by lines:"
    return Reply(paragraphs(head, numbered(rows), UNCOUNTED))
