"""Draws edits of files as a coloured diff with line numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from gaff.hooks import JsonObject, Renderer, ToolCall, ToolOutcome, hookimpl
from gaff.hooks.values import list_at, number_at, text_at

from ._terminal.ansi import DIM, GREEN, RED, clip, paint
from ._terminal.drawing import bounded, content_lines, failure, shown_path, title
from ._terminal.escape import visible
from ._terminal.words import plural

#: Lines of a diff, and of a new file, that are shown at once.
_DIFF = (16, 4)
_NEW = (5, 1)


class EditRenderer(Renderer):
    """What changed, from the patch in the tool's result."""

    tools: ClassVar[tuple[str, ...]] = ("Edit", "Write", "MultiEdit", "ApplyPatch", "NotebookEdit")

    def call(self, call: ToolCall, input: JsonObject, width: int) -> str:
        path = text_at(input, "file_path") or text_at(input, "notebook_path")
        return title(call.name, shown_path(path), width)

    def result(self, outcome: ToolOutcome, width: int, full: bool) -> str:
        if outcome.is_error:
            return failure(outcome, width, full=full)
        facts = outcome.output.response
        response: JsonObject = facts if isinstance(facts, dict) else {}
        hunks = [hunk for hunk in list_at(response, "structuredPatch") if isinstance(hunk, dict)]
        if hunks:
            return _diff(hunks, width, full=full)
        if text_at(response, "type") == "create":
            return _new_file(text_at(response, "content"), width, full=full)
        return "\n".join(bounded(content_lines(outcome, width, full=full), 2, 0, full=full))


def _diff(hunks: Sequence[JsonObject], width: int, *, full: bool) -> str:
    lines = [str(line) for hunk in hunks for line in list_at(hunk, "lines")]
    added = sum(line.startswith("+") for line in lines)
    removed = sum(line.startswith("-") for line in lines)
    highest = max(number_at(hunk, "newStart") + number_at(hunk, "newLines") for hunk in hunks)
    digits = len(str(highest))
    drawn: list[str] = []
    for place, hunk in enumerate(hunks):
        if place:
            drawn.append(paint(" " * digits + " ⋮", DIM))
        drawn += _hunk(hunk, digits, width, full=full)
    summary = f"{plural(added, 'line')} added, {removed:,} removed"
    return "\n".join([paint(summary, DIM), *bounded(drawn, *_DIFF, full=full)])


def _hunk(hunk: JsonObject, digits: int, width: int, *, full: bool) -> Iterator[str]:
    old, new = number_at(hunk, "oldStart"), number_at(hunk, "newStart")
    for raw in list_at(hunk, "lines"):
        mark, text = str(raw)[:1], visible(str(raw)[1:], "\t").expandtabs(4)
        if mark == "\\":  # "\ No newline at end of file" counts for neither side
            yield paint(" " * digits + f" {raw}", DIM)
            continue
        number = old if mark == "-" else new
        line = f"{mark} {text}"
        line = line if full else clip(line, max(1, width - digits - 1))
        yield paint(f"{number:>{digits}}", DIM) + " " + _painted(mark, line)
        old += mark != "+"
        new += mark != "-"


def _painted(mark: str, line: str) -> str:
    return paint(line, GREEN) if mark == "+" else paint(line, RED) if mark == "-" else line


def _new_file(content: str, width: int, *, full: bool) -> str:
    lines = visible(content.removesuffix("\n"), "\n\t").expandtabs(4).split("\n") if content else []
    digits = len(str(len(lines)))
    drawn = [
        paint(f"{number:>{digits}}", DIM)
        + " "
        + paint(line if full else clip(line, max(1, width - digits - 1)), GREEN)
        for number, line in enumerate(lines, 1)
    ]
    return "\n".join(
        [paint(f"new file, {plural(len(lines), 'line')}", DIM), *bounded(drawn, *_NEW, full=full)]
    )


@hookimpl
def gaff_register_renderers() -> Sequence[Renderer]:
    """Offer the renderer of edits."""
    return [EditRenderer()]
