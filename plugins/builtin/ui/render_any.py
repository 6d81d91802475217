"""Draws the calls of tools that have no renderer of their own."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import ClassVar

from gaff.hooks import JsonObject, Renderer, ToolCall, ToolOutcome, hookimpl

from ._terminal.drawing import bounded, content_lines, failure, title


class AnyRenderer(Renderer):
    """A call as its parameters, a result as its first lines."""

    tools: ClassVar[tuple[str, ...]] = ("*",)

    def call(self, call: ToolCall, input: JsonObject, width: int) -> str:
        return title(call.name, ", ".join(f"{key}: {_short(value)}" for key, value in input.items()), width)

    def result(self, outcome: ToolOutcome, width: int, full: bool) -> str:
        if outcome.is_error:
            return failure(outcome, width, full=full)
        return "\n".join(bounded(content_lines(outcome, width, full=full), 3, 1, full=full))


def _short(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 80 else text[:79] + "…"


@hookimpl
def gaff_register_renderers() -> Sequence[Renderer]:
    """Offer the renderer for everything else."""
    return [AnyRenderer()]
