"""Glob: find files by name, the newest first."""

from __future__ import annotations

import heapq
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, field_validator

from gaff.hooks import Action, Json, JsonObject, Tool, ToolContext, ToolOutput, hookimpl

from ._globs import Glob as Pattern, Places, split_base
from ._ignores import Ignores, ignores_of
from ._paths import PathText, absolute, brief, judge_read, settle_folder, shown
from ._threads import in_thread
from ._walk import VERSION_CONTROL, Rule, walk

MAX_FILES: Final = 100
SECONDS: Final = 20

DESCRIPTION: Final = """\
Find files by name. At most 100 come back, those changed last first.

- pattern: * and ? stay within a name, ** goes through folders, {a,b} and [abc] choose: **/*.py, \
src/**/*.{ts,tsx}. A pattern without ** looks only where it says: *.md finds no files in sub-folders.
- path: the folder to look in; the current directory if left out.
- Hidden files and files that git ignores are found, too. To search inside of files use Grep."""

State: TypeAlias = tuple[Places, Ignores]


class GlobInput(BaseModel):
    """The parameters. Source: code.claude.com/docs/en/agent-sdk/typescript, tool input types."""

    model_config = ConfigDict(extra="forbid")

    pattern: PathText = Field(description="The pattern that paths must match.")
    path: PathText | None = Field(None, description="The folder to look in.")

    @field_validator("pattern")
    @classmethod
    def _understood(cls, pattern: str) -> str:
        rest = split_base(pattern)[1]
        if ".." in rest.split("/"):
            raise ValueError("'..' after a wildcard could lead anywhere; name the folder in path")
        Pattern(rest)
        return pattern


@dataclass(frozen=True)
class Found:
    """The newest matches, and how many there were."""

    paths: Sequence[str]
    total: int
    complete: bool


class PatternGate:
    """Lets through what matches a pattern."""

    def __init__(self, pattern: str, rule: Rule) -> None:
        self._pattern = Pattern(pattern)
        self._rule = rule
        self._left_aside = {name for name in VERSION_CONTROL if name not in pattern}

    @property
    def start(self) -> Places:
        """Where matching stands in the folder that is searched."""
        return self._pattern.start

    def folder(self, state: State, entry: os.DirEntry[str]) -> State | None:
        """Enter folders below which something can match."""
        places, ignores = state
        below = self._pattern.step(places, entry.name)
        if (
            not below
            or entry.name in self._left_aside
            or not self._rule.admits(ignores, entry, is_folder=True)
        ):
            return None
        return below, self._rule.below(ignores, entry.path)

    def file(self, state: State, entry: os.DirEntry[str]) -> bool:
        """Take files, and links to files, that match."""
        places, ignores = state
        if not self._pattern.accepts(self._pattern.step(places, entry.name)):
            return False
        return self._rule.admits(ignores, entry, is_folder=False) and entry.is_file()


class Glob(Tool[GlobInput]):
    """The tool itself."""

    name = "Glob"
    summary = "Find files by name pattern, newest first."
    description = DESCRIPTION
    input_model = GlobInput
    read_only = True

    def actions(self, input: GlobInput, context: ToolContext) -> Sequence[Action]:
        """Reading the folder in which the search starts."""
        folder, _ = scope(input, context)
        return (judge_read(context, folder, folder),)

    def hook_input(self, input: GlobInput, context: ToolContext) -> JsonObject:
        """The input with the path absolute."""
        given = super().hook_input(input, context)
        return given if input.path is None else {**given, "path": absolute(context, input.path)}

    async def run(self, input: GlobInput, context: ToolContext) -> ToolOutput:
        """Walk the tree in a thread, for so many seconds at most."""
        began = time.monotonic()
        folder, pattern = scope(input, context)
        root = settle_folder(context, folder)
        environ = context.session.environ
        rule = rule_of(environ)
        ends = began + seconds_of(environ)

        def search(stopped: Callable[[], bool]) -> Found:
            ignores = ignores_of(root, environ) if rule.ignoring else Ignores()
            gate = PatternGate(pattern, rule)
            return _search(root, gate, (gate.start, ignores), lambda: stopped() or time.monotonic() > ends)

        found = await in_thread(search)
        everything = [os.path.join(folder, path) for path in found.paths]
        paths = await context.session.visible(everything)
        found = replace(found, total=found.total - len(everything) + len(paths))
        return _output(context, paths, found, int((time.monotonic() - began) * 1000))


def scope(input: GlobInput, context: ToolContext) -> tuple[str, str]:
    """Return the folder a call really searches, and the pattern that is left to match in it."""
    base, rest = split_base(os.path.expanduser(input.pattern))
    return absolute(context, os.path.join(os.path.expanduser(input.path or "."), base)), rest


def rule_of(environ: Mapping[str, str]) -> Rule:
    """Return what is searched. Source: code.claude.com/docs/en/env-vars."""
    off = ("0", "false", "no", "off")
    hidden = environ.get("CLAUDE_CODE_GLOB_HIDDEN", "").lower() not in off
    return Rule(hidden, environ.get("CLAUDE_CODE_GLOB_NO_IGNORE", "").lower() in off)


def seconds_of(environ: Mapping[str, str]) -> int:
    """Return how long a search may take. Source: code.claude.com/docs/en/env-vars."""
    given = environ.get("CLAUDE_CODE_GLOB_TIMEOUT_SECONDS", "")
    return int(given) if given.isdecimal() and int(given) > 0 else SECONDS


def _search(root: str, gate: PatternGate, state: State, stopped: Callable[[], bool]) -> Found:
    """Keep the newest; however many match, no more than those are held."""
    newest: list[tuple[int, str]] = []
    total = 0
    for entry in walk(root, gate, state, stopped):
        total += 1
        match = (_changed(entry), entry.path)
        if len(newest) < MAX_FILES:
            heapq.heappush(newest, match)
        else:
            heapq.heappushpop(newest, match)
    newest.sort(key=lambda match: (-match[0], match[1]))
    return Found([os.path.relpath(path, root) for _, path in newest], total, complete=not stopped())


def _changed(entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat().st_mtime_ns
    except OSError:  # gone since
        return 0


def _output(context: ToolContext, paths: Sequence[str], found: Found, milliseconds: int) -> ToolOutput:
    truncated = found.total > len(paths) or not found.complete
    response: dict[str, Json] = {
        "durationMs": milliseconds,
        "numFiles": len(paths),
        "filenames": [shown(path) for path in paths],
        "truncated": truncated,
        "totalMatches": found.total,
        "countIsComplete": found.complete,
    }
    lines = [brief(context.session, path) for path in paths] or ["No files match."]
    if found.total > len(paths):
        lines.append(
            f"[The {len(paths)} newest of {found.total:,}: use a narrower pattern or path for others.]"
        )
    if not found.complete:
        lines.append("[The search was stopped for its time: use a narrower pattern or path.]")
    return ToolOutput("\n".join(lines), response)


@hookimpl
def gaff_register_tools() -> Sequence[Tool[GlobInput]]:
    """Contribute the tool."""
    return [Glob()]
