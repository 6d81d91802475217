"""Draws calls that read and look for files, in one line each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from gaff.hooks import Json, JsonObject, Renderer, ToolCall, ToolOutcome, hookimpl
from gaff.hooks.messages import content_text
from gaff.hooks.values import number_at, object_at, text_at

from ._terminal.drawing import content_lines, failure, shown_path, title
from ._terminal.words import count, plural


class FileRenderer(Renderer):
    """What was read or found, not the text itself; that is for the model."""

    tools: ClassVar[tuple[str, ...]] = ("Read", "Glob", "Grep", "LS")

    def call(self, call: ToolCall, input: JsonObject, width: int) -> str:
        path = shown_path(text_at(input, "file_path") or text_at(input, "path"))
        pattern = text_at(input, "pattern")
        detail = f"{pattern} in {path}" if pattern and path else pattern or path
        if call.name == "Read":
            detail += _part(input)
        return title(call.name, detail, width)

    def result(self, outcome: ToolOutcome, width: int, full: bool) -> str:
        if outcome.is_error:
            return failure(outcome, width, full=full)
        if full:
            return "\n".join(content_lines(outcome, width, full=True))
        return _summary(outcome)


def _part(input: JsonObject) -> str:
    offset, limit = number_at(input, "offset"), number_at(input, "limit")
    if not offset and not limit:
        return ""
    start = offset or 1
    return f" from line {start}" if not limit else f" lines {start}-{start + limit - 1}"


def _summary(outcome: ToolOutcome) -> str:
    response: Json = outcome.output.response
    facts: JsonObject = response if isinstance(response, dict) else {}
    if outcome.call.name == "Read":
        return _read(facts) or _lines(outcome)
    if "numMatches" in facts or facts.get("mode") == "content":
        matches = number_at(facts, "numMatches") or number_at(facts, "numLines")
        return f"{plural(matches, 'match', 'matches')} in {plural(number_at(facts, 'numFiles'), 'file')}"
    if "numFiles" in facts:
        more = ", more left out" if facts.get("truncated") is True else ""
        return plural(number_at(facts, "numFiles"), "file") + more
    return _lines(outcome)


def _read(facts: JsonObject) -> str:
    file = object_at(facts, "file")
    kind = text_at(facts, "type")
    if "numLines" in file:
        read, total = number_at(file, "numLines"), number_at(file, "totalLines")
        return plural(read, "line") + (f" of {total:,}" if total > read else "")
    if kind == "file_unchanged":
        return "unchanged since it was read"
    if "originalSize" in file:
        return f"{kind}, {count(number_at(file, 'originalSize'))} bytes"
    return kind


def _lines(outcome: ToolOutcome) -> str:
    text = content_text(outcome.output.content)
    return plural(len(text.splitlines()), "line")


@hookimpl
def gaff_register_renderers() -> Sequence[Renderer]:
    """Offer the renderer of file tools."""
    return [FileRenderer()]
