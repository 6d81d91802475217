"""Draws the list of what is to do as a checklist."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from gaff.hooks import JsonObject, Renderer, ToolCall, ToolOutcome, hookimpl
from gaff.hooks.values import list_at, text_at

from ._terminal.ansi import BOLD, CYAN, DIM, clip, paint
from ._terminal.drawing import failure
from ._terminal.escape import clean

_MARKS = {"completed": "✓", "in_progress": "▶"}


class TaskRenderer(Renderer):
    """Done, under way, to do."""

    tools: ClassVar[tuple[str, ...]] = ("TodoWrite",)

    def call(self, call: ToolCall, input: JsonObject, width: int) -> str:
        todos = [todo for todo in list_at(input, "todos") if isinstance(todo, dict)]
        done = sum(text_at(todo, "status") == "completed" for todo in todos)
        return paint("Tasks", BOLD) + paint(f" {done} of {len(todos)} done", DIM)

    def result(self, outcome: ToolOutcome, width: int, full: bool) -> str:
        if outcome.is_error:
            return failure(outcome, width, full=full)
        todos = list_at(outcome.call.input, "todos")
        return "\n".join(_line(todo, width) for todo in todos if isinstance(todo, dict))


def _line(todo: JsonObject, width: int) -> str:
    status = text_at(todo, "status")
    under_way = status == "in_progress"
    text = (text_at(todo, "activeForm") if under_way else "") or text_at(todo, "content")
    line = clip(f"{_MARKS.get(status, '□')} {clean(text)}", width)
    return paint(line, BOLD, CYAN) if under_way else paint(line, DIM) if status == "completed" else line


@hookimpl
def gaff_register_renderers() -> Sequence[Renderer]:
    """Offer the renderer of the task list."""
    return [TaskRenderer()]
