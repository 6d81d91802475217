"""Grep: search inside files with regular expressions."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, field_validator

from gaff.hooks import Action, JsonObject, Session, Tool, ToolContext, ToolError, ToolOutput, hookimpl

from ._faults import reporting
from ._globs import expand_braces, split_outside_braces
from ._opening import refuse_special
from ._paths import PathText, absolute, brief, judge_read, missing, settle
from ._queries import Found, Mode, Query
from ._reports import Place, Window, report
from ._ripgrep import search
from ._threads import in_thread

MAX_PATTERN: Final = 10_000
MAX_CONTEXT: Final = 1_000
#: Lines or files that come back where the call does not say how many.
HEAD_LIMIT: Final = 250

#: Results in more files than this are put together in a thread: each file is asked for its age.
INLINE_FILES: Final = 500

DESCRIPTION: Final = """\
Search inside files with a regular expression, as ripgrep does; what git ignores is left out.

- pattern: ripgrep's syntax. A brace that is meant itself is escaped: interface\\{\\}.
- path: a file or folder; the current directory if left out. glob ("*.ts", "src/**/*.{c,h}") and type \
("py", "rust") narrow it down.
- output_mode: files_with_matches (default; those changed last first), content (matching lines), count.
- A pattern stays within a line unless multiline is set; then . matches line breaks, too.
- head_limit is 250 where left out; offset goes on from there."""


class GrepInput(BaseModel):
    """The parameters. Source: code.claude.com/docs/en/agent-sdk/typescript, tool input types."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    pattern: str = Field(min_length=1, max_length=MAX_PATTERN, description="The regular expression.")
    path: PathText | None = Field(None, description="The file or folder to search.")
    glob: str | None = Field(None, description="Which files, by name; several with commas; ! excludes.")
    type: str | None = Field(None, pattern=r"^[\w+-]*$", description="Which files, by ripgrep's file type.")
    output_mode: Mode = Field("files_with_matches", description="What comes back.")
    ignore_case: bool = Field(False, alias="-i", description="Upper and lower case are the same.")
    only_matching: bool = Field(False, alias="-o", description="Only what matches, not its line (content).")
    numbered: bool = Field(True, alias="-n", description="Show line numbers (content).")
    before: int | None = Field(None, alias="-B", ge=0, le=MAX_CONTEXT, description="Lines before (content).")
    after: int | None = Field(None, alias="-A", ge=0, le=MAX_CONTEXT, description="Lines after (content).")
    around: int | None = Field(None, alias="-C", ge=0, le=MAX_CONTEXT, description="Lines around (content).")
    context: int | None = Field(None, ge=0, le=MAX_CONTEXT, description="The same as -C.")
    head_limit: int | None = Field(None, ge=0, description="How many lines or files; 0 for all that fit.")
    offset: int = Field(0, ge=0, description="How many lines or files to leave out first.")
    multiline: bool = Field(False, description="Let matches go over line breaks.")

    @field_validator("glob")
    @classmethod
    def _understood(cls, glob: str | None) -> str | None:
        if glob is not None and any(character < " " for character in glob):
            raise ValueError("a glob is text without control characters")
        for part in split_outside_braces(glob or ""):
            expand_braces(part)
        return glob

    def query(self, folder: str, name: str) -> Query:
        """Return the search this means, in a folder or in one file of it."""
        around = self.around if self.around is not None else self.context or 0
        globs = (part.strip() for part in split_outside_braces(self.glob or ""))
        return Query(
            pattern=self.pattern,
            folder=folder,
            name=name,
            mode=self.output_mode,
            globs=tuple(part for part in globs if part.strip("!")),
            type=self.type or "",
            ignore_case=self.ignore_case,
            only_matching=self.only_matching and self.output_mode == "content",
            multiline=self.multiline,
            before=self.before if self.before is not None else around,
            after=self.after if self.after is not None else around,
        )


class Grep(Tool[GrepInput]):
    """The tool itself."""

    name = "Grep"
    summary = "Search inside files with a regular expression."
    description = DESCRIPTION
    input_model = GrepInput
    read_only = True

    def actions(self, input: GrepInput, context: ToolContext) -> Sequence[Action]:
        """Reading the folder or file that is searched."""
        target = absolute(context, input.path or ".")
        folder = target if os.path.isdir(target) else os.path.dirname(target)
        return (judge_read(context, target, folder),)

    def hook_input(self, input: GrepInput, context: ToolContext) -> JsonObject:
        """The input with the path absolute."""
        given = super().hook_input(input, context)
        return given if input.path is None else {**given, "path": absolute(context, input.path)}

    async def run(self, input: GrepInput, context: ToolContext) -> ToolOutput:
        """Search, and show the part of the results that is wanted."""
        target = absolute(context, input.path or ".")
        query = input.query(*_split(target, settle(context, target)))
        session = context.session
        found = await search(query, session.environ, session.directories)
        found = await _permitted(session, found, target if not query.name else os.path.dirname(target))
        place = Place(
            target if not query.name else os.path.dirname(target), lambda path: brief(session, path)
        )
        window = Window(HEAD_LIMIT if input.head_limit is None else input.head_limit, input.offset)
        if len(found.files) <= INLINE_FILES:
            return report(found, query, place, window, numbered=input.numbered)
        return await in_thread(lambda _: report(found, query, place, window, numbered=input.numbered))


async def _permitted(session: Session, found: Found, folder: str) -> Found:
    """Leave out files that a rule keeps from being read, and say that some are."""
    paths = {os.path.join(folder, hits.path): hits for hits in found.files}
    seen = await session.visible(list(paths))
    left_out = len(paths) - len(seen)
    if not left_out:
        return found
    note = f"[{left_out} matching files are left out: a rule keeps them from being read.]"
    return Found([paths[path] for path in seen], [*found.notes, note])


def _split(target: str, path: str) -> tuple[str, str]:
    """Return the folder to search, and the name of the file in it if one was asked for.

    Raises:
        ToolError: there is neither, or what is there shows running processes.
    """
    if path == "/proc":
        raise ToolError("/proc shows running processes, which are never searched.")
    if os.path.isdir(path):
        return path, ""
    if not os.path.lexists(path):
        raise missing(target)
    with reporting("search", target):
        refuse_special(target, os.lstat(path).st_mode)
    return os.path.split(path)


@hookimpl
def gaff_register_tools() -> Sequence[Tool[GrepInput]]:
    """Contribute the tool."""
    return [Grep()]
