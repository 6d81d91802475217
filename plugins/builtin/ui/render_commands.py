"""Draws shell commands: the command, and the first and last lines of its output."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from gaff.hooks import JsonObject, Renderer, ToolCall, ToolOutcome, hookimpl
from gaff.hooks.messages import content_text
from gaff.hooks.values import text_at

from ._terminal.ansi import BOLD, DIM, RED, YELLOW, clip, paint
from ._terminal.drawing import bounded, title
from ._terminal.escape import clean, visible


class CommandRenderer(Renderer):
    """A command in one line; in full it is shown with everything that cannot be seen spelt out."""

    tools: ClassVar[tuple[str, ...]] = ("Bash",)

    def call(self, call: ToolCall, input: JsonObject, width: int) -> str:
        return title(call.name, text_at(input, "command").replace("\n", " ⏎ "), width)

    def result(self, outcome: ToolOutcome, width: int, full: bool) -> str:
        facts = outcome.output.response
        response: JsonObject = facts if isinstance(facts, dict) else {}
        lines = _output(outcome, response, width, full=full)
        if outcome.is_error:
            lines[0] = paint(lines[0], RED)  # the exit code, or why it did not run
        if full:
            command = visible(text_at(outcome.call.input, "command"))
            lines = [paint(f"$ {command}".replace("\n", "\n  "), BOLD), *lines]
        return "\n".join([*lines, *_notes(response)])


def _output(outcome: ToolOutcome, response: JsonObject, width: int, *, full: bool) -> list[str]:
    """Return the lines of output. Only the model's text of a failed command says the exit code."""
    text = text_at(response, "stdout") if response and not outcome.is_error else ""
    text = clean(_overwritten(text or content_text(outcome.output.content))).rstrip("\n")
    if not text.strip():
        return [paint("(no output)", DIM)]
    lines = text.expandtabs(4).split("\n")
    return bounded(lines if full else [clip(line, width) for line in lines], 3, 3, full=full)


def _overwritten(text: str) -> str:
    """Return output as a terminal would leave it: what a carriage return overwrote is gone."""
    if "\r" not in text:
        return text
    return "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in text.split("\n"))


def _notes(response: JsonObject) -> list[str]:
    notes: list[str] = []
    if text_at(response, "backgroundTaskId"):
        notes.append(f"runs on in the background as {text_at(response, 'backgroundTaskId')}")
    if response.get("interrupted") is True:
        notes.append("interrupted")
    if text_at(response, "persistedOutputPath"):
        notes.append(f"all of the output is in {text_at(response, 'persistedOutputPath')}")
    return [paint(clean(note), YELLOW) for note in notes]


@hookimpl
def gaff_register_renderers() -> Sequence[Renderer]:
    """Offer the renderer of shell commands."""
    return [CommandRenderer()]
