"""LS: list a folder."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, field_validator

from gaff.hooks import Action, Json, JsonObject, Tool, ToolContext, ToolOutput, hookimpl

from ._faults import reporting
from ._globs import Glob
from ._opening import KINDS, open_folder
from ._paths import PathText, absolute, judge_read, settle_folder, shown
from ._threads import in_thread

MAX_ENTRIES: Final = 1_000

DESCRIPTION: Final = """\
List a folder: names in order, folders with a slash, files with their size in bytes, links with where they lead.

- path: the folder. ignore: names to leave out, as globs: ["node_modules", "*.pyc"].
- For whole trees use Glob."""


class LSInput(BaseModel):
    """The parameters, those the tool had while it was documented."""

    model_config = ConfigDict(extra="forbid")

    path: PathText = Field(description="The folder to list.")
    ignore: list[str] = Field(default_factory=list[str], max_length=100, description="Names to leave out.")

    @field_validator("ignore")
    @classmethod
    def _understood(cls, ignore: list[str]) -> list[str]:
        for pattern in ignore:
            Glob(pattern)
        return ignore


class LS(Tool[LSInput]):
    """The tool itself."""

    name = "LS"
    summary = "List a folder with kinds and sizes."
    description = DESCRIPTION
    input_model = LSInput
    read_only = True
    always = False

    def actions(self, input: LSInput, context: ToolContext) -> Sequence[Action]:
        """Reading that folder."""
        target = absolute(context, input.path)
        return (judge_read(context, target, target),)

    def hook_input(self, input: LSInput, context: ToolContext) -> JsonObject:
        """The input with the path absolute."""
        return {**super().hook_input(input, context), "path": absolute(context, input.path)}

    async def run(self, input: LSInput, context: ToolContext) -> ToolOutput:
        """List the folder in a thread; some have millions of entries."""
        target = absolute(context, input.path)
        path = settle_folder(context, target)
        ignored = [Glob(pattern) for pattern in input.ignore]
        with reporting("list", target):
            return await in_thread(lambda _: _list(target, path, ignored))


def _list(target: str, path: str, ignored: Sequence[Glob]) -> ToolOutput:
    with open_folder(path) as folder:
        found = os.listdir(folder)
        names = sorted(name for name in found if not any(glob.matches(name) for glob in ignored))
        kept = names[:MAX_ENTRIES]
        entries = [_entry(folder, name) for name in kept]
    lines = [_line(entry) for entry in entries] or [f"[{target} has no entries{' left' * bool(ignored)}.]"]
    if len(kept) < len(names):
        lines.append(f"[The first {len(kept):,} of {len(names):,}: leave some out with ignore, or use Glob.]")
    response: dict[str, Json] = {"path": target, "entries": entries, "totalEntries": len(names)}
    return ToolOutput("\n".join(lines), {**response, "truncated": len(kept) < len(names)})


def _entry(folder: int, name: str) -> JsonObject:
    entry: dict[str, Json] = {"name": shown(name)}
    try:
        status = os.stat(name, dir_fd=folder, follow_symlinks=False)
        kind = stat.S_IFMT(status.st_mode)
        entry["kind"] = KINDS.get(kind, "unknown").rpartition(" ")[2]
        if stat.S_ISREG(kind):
            entry["size"] = status.st_size
        elif stat.S_ISLNK(kind):
            entry["target"] = shown(os.readlink(name, dir_fd=folder))
    except OSError:  # gone since, or not to be looked at
        entry["kind"] = "unknown"
    return entry


def _line(entry: JsonObject) -> str:
    name, kind = entry["name"], entry["kind"]
    if kind == "folder":
        return f"{name}/"
    if kind == "file":
        return f"{name} {entry['size']}"
    return f"{name} -> {entry['target']}" if kind == "link" else f"{name} ({kind})"


@hookimpl
def gaff_register_tools() -> Sequence[Tool[LSInput]]:
    """Contribute the tool."""
    return [LS()]
