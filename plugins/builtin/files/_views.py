"""What the model and hooks get of a file that was read."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from gaff.hooks import Json, JsonObject, ToolError, ToolOutput, text_block

from ._lines import TOKEN_BYTES, Lines, Span
from ._notebooks import Notebook

MAX_LINES: Final = 2_000
MAX_WIDTH: Final = 2_000
MAX_TOKENS: Final = 25_000
#: What ``allow_large`` lifts the limits to: a result must still fit a request.
LARGE_TOKENS: Final = 250_000


class Part(NamedTuple):
    """What part of a file a call asks for."""

    offset: int | None
    limit: int | None
    large: bool

    @property
    def start(self) -> int:
        """The first line, counted from 1."""
        return max(self.offset or 1, 1)

    def span(self, tokens: int) -> Span:
        """Return the lines this means, for so many tokens."""
        if self.large:
            budget = LARGE_TOKENS * TOKEN_BYTES
            return Span(self.start, self.limit or sys.maxsize, budget, budget)
        return Span(self.start, self.limit or MAX_LINES, tokens * TOKEN_BYTES, MAX_WIDTH)


def token_cap(environ: Mapping[str, str]) -> int:
    """Return how many tokens one read may give. Source: code.claude.com/docs/en/env-vars."""
    given = environ.get("CLAUDE_CODE_FILE_READ_MAX_OUTPUT_TOKENS", "")
    return int(given) if given.isdecimal() and int(given) > 0 else MAX_TOKENS


def text_output(target: str, lines: Lines, part: Part, tokens: int) -> ToolOutput:
    """Return lines of a text, numbered.

    Raises:
        ToolError: more were asked for than fit.
    """
    if lines.spent and part.limit is not None and not part.large:
        raise _too_much(target, lines, part.limit, tokens)
    file: dict[str, Json] = {"filePath": target, "content": "\n".join(lines.lines)}
    file |= {"numLines": len(lines.lines), "startLine": lines.start, "totalLines": lines.total}
    if lines.spent:
        file["truncatedByTokenCap"] = True
    numbered = [f"{number:6}\t{line}" for number, line in enumerate(lines.lines, lines.start)]
    content = "\n".join([*numbered, *_notices(target, lines, part)])
    return ToolOutput(content, {"type": "text", "file": file})


def _too_much(target: str, lines: Lines, limit: int, tokens: int) -> ToolError:
    fits = len(lines.lines)
    return ToolError(
        f"{limit:,} lines of {target} from line {lines.start} are more than the {tokens:,} tokens one read "
        f"gives; the first {fits:,} fit. Use limit={fits} or less, find the place with Grep, "
        "or set allow_large if you need all of it at once."
    )


def _notices(target: str, lines: Lines, part: Part) -> Iterator[str]:
    if not lines.total:
        yield f"[{target} is empty.]"
    elif lines.start > lines.total:
        yield f"[{target} has {lines.total:,} lines; there is no line {lines.start:,}.]"
    elif lines.end < lines.total and (part.limit is None or lines.spent):
        limit = f" and limit={len(lines.lines)}" if lines.spent else ""
        yield (
            f"[PARTIAL view: lines {lines.start:,}-{lines.end:,} of {lines.total:,}. "
            f"Go on with offset={lines.end + 1}{limit}, or find the place with Grep.]"
        )
    elif lines.end < lines.total:
        yield f"[Lines {lines.start:,}-{lines.end:,} of {lines.total:,}.]"
    if lines.shortened:
        yield f"[{lines.shortened:,} lines were cut for their length; allow_large shows them whole.]"


def notebook_output(target: str, notebook: Notebook, part: Part, tokens: int) -> ToolOutput:
    """Return cells of a notebook, as many as fit; offset and limit count cells."""
    total = len(notebook.cells)
    budget = (LARGE_TOKENS if part.large else tokens) * TOKEN_BYTES
    last = min(total, part.start - 1 + (part.limit or total))
    blocks: list[JsonObject] = []
    shown = part.start - 1
    for number in range(part.start, last + 1):
        cell = list(notebook.blocks(number, budget))
        budget -= sum(_cost(block) for block in cell)
        if budget < 0 and blocks:
            break
        blocks += cell
        shown = number
    if shown < total or not total:
        told = f"PARTIAL view: up to cell {shown} of {total}. Go on with offset={shown + 1}."
        blocks.append(text_block(f"[{told if total else f'{target} has no cells.'}]"))
    cells = list(notebook.cells[part.start - 1 : shown])
    return ToolOutput(blocks, {"type": "notebook", "file": {"filePath": target, "cells": cells}})


def _cost(block: JsonObject) -> int:
    """Bytes of text, or what a picture costs in tokens as bytes."""
    text = block.get("text")
    return len(text.encode("utf-8", "replace")) if isinstance(text, str) else 1_500 * TOKEN_BYTES


def unchanged(target: str) -> ToolOutput:
    """Return what stands for a part that the conversation still holds as it is."""
    content = f"{target} has not changed since you read this part; the result you have still holds."
    return ToolOutput(content, {"type": "file_unchanged", "file": {"filePath": target}})
