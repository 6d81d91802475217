"""Tool calls on the screen: live while they run, then a line and a summary for good."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from gaff.hooks import JsonObject, Renderer, ToolCall, ToolOutcome
from gaff.hooks.messages import content_text

from .ansi import DIM, GREEN, RED, YELLOW, clip, fold, folded, indent, paint, plain
from .escape import EscapeFilter, clean
from .text_view import Surface
from .words import duration

#: Results that can be looked at in full.
_KEPT: Final = 10
#: Lines that are shown of why a call did not run.
_REASON: Final = 6
#: Characters of a running call's output that are kept to show its last lines.
_OUTPUT: Final = 4_000


@dataclass
class _Running:
    """A call under way."""

    line: str
    started: float
    filter: EscapeFilter = field(default_factory=EscapeFilter)
    output: str = ""


class CallView:
    """The calls of a session."""

    def __init__(self, surface: Surface, renderer: Callable[[str], Renderer | None]) -> None:
        self._surface = surface
        self._renderer = renderer
        self._running: dict[str, _Running] = {}
        self._outcomes: list[ToolOutcome] = []

    def start(self, call: ToolCall, input: JsonObject) -> None:
        """Show a call that runs now."""
        self._running[call.id] = _Running(self._call(call, input), time.monotonic())

    def progress(self, call: ToolCall, text: str) -> None:
        """Take new output of a running call."""
        running = self._running.get(call.id)
        if running is not None:
            running.output = (running.output + running.filter.feed(text))[-_OUTPUT:]

    def finish(self, outcome: ToolOutcome) -> None:
        """Print a call and its result."""
        running = self._running.pop(outcome.call.id, None)
        line = running.line if running else self._call(outcome.call, outcome.call.input)
        text = paint("● ", RED if outcome.is_error else GREEN) + line
        result = self._result(outcome, full=False)
        if result:
            text += "\n" + indent(result, paint("  ⎿ ", DIM), "    ")
        self._surface.print(text)
        self._outcomes = [*self._outcomes[1 - _KEPT :], outcome]

    def clear(self) -> None:
        """Forget the running calls; they ended with the turn."""
        self._running.clear()

    def show_full(self) -> bool:
        """Print the newest result in full; say whether there was one."""
        if not self._outcomes:
            return False
        outcome = self._outcomes[-1]
        bullet = paint("● ", RED if outcome.is_error else GREEN)
        result = indent(self._result(outcome, full=True), "    ", "    ")
        self._surface.print(f"{bullet}{self._call(outcome.call, outcome.call.input)}\n{result}")
        return True

    def lines(self) -> list[str]:
        """Return the live lines: each running call with the end of its output."""
        width = self._surface.columns - 5
        lines: list[str] = []
        for running in self._running.values():
            lines.append(paint("● ", YELLOW) + running.line.split("\n")[0])
            shown = [line for line in running.output.split("\n") if line.strip()][-4:]
            lines += [paint("    " + clip(line.expandtabs(4), width), DIM) for line in shown]
        return lines

    def doing(self) -> str:
        """Return what runs, in a few words; empty for nothing."""
        if not self._running:
            return ""
        oldest = next(iter(self._running.values()))
        more = f" and {len(self._running) - 1} more" if len(self._running) > 1 else ""
        line = clip(plain(oldest.line).split("\n")[0], max(20, self._surface.columns // 2))
        return f"{line}{more} {duration(time.monotonic() - oldest.started)}"

    def _call(self, call: ToolCall, input: JsonObject) -> str:
        width = self._surface.columns - 3
        try:
            renderer = self._renderer(call.name)
            if renderer is not None:
                return renderer.call(call, input, width)
        except Exception as fault:  # isolation boundary: a renderer that fails must not hide the call
            return f"{clean(call.name)} {paint(f'(cannot be drawn: {clean(str(fault))})', DIM)}"
        return clip(clean(call.name), width)

    def _result(self, outcome: ToolOutcome, *, full: bool) -> str:
        width = self._surface.columns - 5
        content = clean(content_text(outcome.output.content))
        if outcome.status not in ("done", "failed"):
            return folded("\n".join(fold(content, width)[:_REASON]), width, YELLOW)
        try:
            renderer = self._renderer(outcome.call.name)
            if renderer is not None:
                return renderer.result(outcome, width, full)
        except Exception as fault:  # isolation boundary: a renderer that fails must not hide the result
            return clip(content, width) + "\n" + paint(f"(cannot be drawn: {clean(str(fault))})", DIM)
        return clip(content, width)
