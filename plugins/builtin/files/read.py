"""Read: look into a file: text by lines, images, notebooks, PDF pages."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from gaff.hooks import Action, JsonObject, Tool, ToolContext, ToolError, ToolOutput, hookimpl

from ._documents import read_document
from ._encoding import SNIFFED, binary_kind, decode
from ._faults import reporting
from ._images import image_kind, read_image
from ._ledger import LEDGER, digest_of
from ._lines import TOKEN_BYTES, Lines, Span, pick_lines
from ._notebooks import MAX_FILE as MAX_NOTEBOOK, Notebook, parse_notebook
from ._opening import open_file, read_all
from ._paths import PathText, absolute, judge_read, missing, settle
from ._threads import in_thread
from ._views import Part, notebook_output, text_output, token_cap, unchanged

#: Files up to this size are read on the spot; a thread would cost more than the reading.
INLINE: Final = 1 << 18

DESCRIPTION: Final = """\
Read a file. Text comes with line numbers: the number, a tab, the line.

- file_path: absolute is best; relative paths start from the current directory.
- Without offset and limit you get the first 2,000 lines, or as many as fit. A PARTIAL view says so, and \
how to go on. Use offset and limit where you know which lines you need.
- Very long lines are cut; allow_large lifts these limits for one call.
- Images (PNG, JPEG, GIF, WebP) are shown to you as images.
- Jupyter notebooks (.ipynb) come as cells with their outputs; offset and limit then count cells.
- PDF files come page by page; above 10 pages say which with pages, at most 20 a call.
- Folders are listed by LS, not by Read.
- Several files that you will need are best read in one go, with one call each."""


class ReadInput(BaseModel):
    """The parameters. Source: code.claude.com/docs/en/agent-sdk/typescript, tool input types."""

    model_config = ConfigDict(extra="forbid")

    file_path: PathText = Field(description="The file to read.")
    offset: int | None = Field(None, ge=0, description="The line to start from, counted from 1.")
    limit: int | None = Field(None, gt=0, description="How many lines to read.")
    pages: str | None = Field(None, description='Pages of a PDF file: "3" or "1-5".')
    allow_large: bool = Field(False, description="Read past the usual limits in this call.")

    @property
    def part(self) -> Part:
        """What part of the file is meant."""
        return Part(self.offset, self.limit, self.allow_large)


@dataclass(frozen=True)
class Source:
    """A file about to be read: as the call names it, where it leads, what it is, and its size."""

    target: str
    path: str
    kind: str
    size: int


def look(target: str, path: str) -> Source:
    """Find out what a file is.

    Raises:
        ToolError: it is not there, no regular file, or binary.
        OSError: it cannot be read.
    """
    try:
        with open_file(path) as opened:
            head, size = os.read(opened.descriptor, SNIFFED), opened.status.st_size
    except FileNotFoundError:
        raise missing(target) from None
    if image_kind(head):
        return Source(target, path, "image", size)
    if head.startswith(b"%PDF-"):
        return Source(target, path, "document", size)
    if binary := binary_kind(head):
        raise ToolError(
            f"{target} is binary ({size:,} bytes): it looks like {binary}. Read shows text, images, "
            "notebooks and PDF files; for others use a program that knows them, or xxd | head, in Bash."
        )
    notebook = target.endswith(".ipynb") and size <= MAX_NOTEBOOK
    return Source(target, path, "notebook" if notebook else "text", size)


class Read(Tool[ReadInput]):
    """The tool itself."""

    name = "Read"
    summary = "Read a file: text, image, notebook or PDF."
    description = DESCRIPTION
    input_model = ReadInput
    read_only = True

    def actions(self, input: ReadInput, context: ToolContext) -> Sequence[Action]:
        """Reading that file; a saved rule would cover its folder."""
        target = absolute(context, input.file_path)
        return (judge_read(context, target, os.path.dirname(target)),)

    def hook_input(self, input: ReadInput, context: ToolContext) -> JsonObject:
        """The input with the path absolute."""
        return {**super().hook_input(input, context), "file_path": absolute(context, input.file_path)}

    async def run(self, input: ReadInput, context: ToolContext) -> ToolOutput:
        """Find out what the file is and read it as that."""
        target = absolute(context, input.file_path)
        with reporting("read", target):
            source = look(target, settle(context, target))
            if input.pages is not None and source.kind != "document":
                raise ToolError(f"pages is for PDF files, and {target} is none. Use offset and limit.")
            if source.kind == "image":
                return await self._read_image(source, context)
            if source.kind == "document":
                return await self._read_document(source, input, context)
            if source.kind == "notebook" and (output := await self._read_notebook(source, input, context)):
                return output
            return await self._read_text(source, input, context)

    async def _read_image(self, source: Source, context: ToolContext) -> ToolOutput:
        return await in_thread(lambda _: read_image(source.path, source.target))

    async def _read_document(self, source: Source, input: ReadInput, context: ToolContext) -> ToolOutput:
        folder = Path(mkdtemp(prefix="pdf-", dir=context.session.scratch_dir))
        budget = token_cap(context.session.environ) * TOKEN_BYTES
        return await in_thread(
            lambda _: read_document(source.path, source.target, input.pages, folder, budget)
        )

    async def _read_notebook(
        self, source: Source, input: ReadInput, context: ToolContext
    ) -> ToolOutput | None:
        def load() -> tuple[Notebook | None, str]:
            with open_file(source.path) as opened:
                data = read_all(opened.descriptor, opened.status.st_size)
            return parse_notebook(decode(data).content), digest_of(data)

        small = source.size <= INLINE
        notebook, digest = load() if small else await in_thread(lambda _: load())
        if notebook is None:
            return None
        context.session.state[LEDGER].note(source.path, digest)
        return notebook_output(source.target, notebook, input.part, token_cap(context.session.environ))

    async def _read_text(self, source: Source, input: ReadInput, context: ToolContext) -> ToolOutput:
        tokens = token_cap(context.session.environ)
        span = input.part.span(tokens)
        if source.size <= INLINE:
            lines = _pick_in(source.path, span, lambda: False)
        else:
            lines = await in_thread(lambda stopped: _pick_in(source.path, span, stopped))
        ledger = context.session.state[LEDGER]
        if ledger.still_shown(context.session, source.path, input.part, lines.digest):
            ledger.note(source.path, lines.digest)
            return unchanged(source.target)
        output = text_output(source.target, lines, input.part, tokens)
        ledger.note_reading(context, source.path, input.part, lines.digest, str(output.content))
        return output


def _pick_in(path: str, span: Span, stopped: Callable[[], bool]) -> Lines:
    with open_file(path) as opened:
        return pick_lines(opened.descriptor, span, stopped)


@hookimpl
def gaff_register_tools() -> Sequence[Tool[ReadInput]]:
    """Contribute the tool."""
    return [Read()]
