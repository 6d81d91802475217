"""Turns what happens in a session into what is on the screen."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from gaff.hooks import (
    CompactionFinished,
    CompactionStarted,
    Delta,
    JsonObject,
    MessageAdded,
    Notice,
    QueueChanged,
    Renderer,
    RetryScheduled,
    SessionEvent,
    TerminalSequence,
    ToolFinished,
    ToolProgress,
    ToolStarted,
    TurnFinished,
    TurnResult,
    TurnStarted,
    text_at,
)
from gaff.hooks.values import number_at, object_at

from .ansi import BOLD, DIM, RED, YELLOW, fold, folded, paint
from .call_view import CallView
from .escape import clean
from .text_view import Surface, TextView
from .words import count, duration, plural

_SPINNER: Final = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
#: Characters of a token, on average; only for the count while an answer streams.
_TOKEN: Final = 4
#: Characters that came since the last look when the stream is fast.
_HURRIED: Final = 600
#: How texts in user messages begin that the user did not type.
_NOT_TYPED: Final = ("<system-reminder>", "<compacted>", "[Request interrupted")
#: Lines of a prompt that are shown again once it is sent.
_PROMPT_LINES: Final = 12
_COMPACTING: Final = "Compacting the conversation…"
_LEVELS: Final = {"info": (DIM,), "notice": (BOLD,), "warning": (YELLOW,), "error": (RED,)}


@dataclass(frozen=True)
class _Waiting:
    """Another attempt follows."""

    until: float
    reason: str


class Feed:
    """Draws one session on a surface."""

    def __init__(self, surface: Surface, renderer: Callable[[str], Renderer | None]) -> None:
        self._surface = surface
        self._text = TextView(surface)
        self._calls = CallView(surface, renderer)
        self._waiting: _Waiting | None = None
        self._started: float | None = None
        self._tokens = 0
        self._streamed = 0
        self._interrupting = False
        self._compacting = False
        #: Prompts that were shown before they entered the conversation.
        self.echoed: list[str] = []

    # What happens.

    def handle(self, event: SessionEvent) -> bool:
        """Show an event; say whether something was printed for good."""
        printed = self._handle(event)
        # Where blocks come faster than they can be read, the unfinished one is not worth its bytes.
        hurried = printed and isinstance(event, Delta) and len(event.text) > _HURRIED
        text = [] if hurried else self._text.lines()
        self._surface.show_live([*text, *self._calls.lines()], gap=not self._text.goes_on)
        return printed

    def _handle(self, event: SessionEvent) -> bool:
        match event:
            case Delta(kind, text):
                return self._delta(kind, text)
            case MessageAdded():
                return self._answer(event.raw) if event.message.role == "assistant" else self._user(event)
            case ToolProgress(call, text):
                self._calls.progress(call, text)
                return False
            case TurnStarted():
                self._begin()
                return False
            case QueueChanged(prompts):
                self._surface.show_queue([clean(prompt) for prompt in prompts])
                return False
            case RetryScheduled():
                return self._retry(event)
            case TerminalSequence():
                self._surface.signal(event)
                return False
            case _:
                return self._between(event)

    def _between(self, event: SessionEvent) -> bool:
        """Show what ends the text before it."""
        match event:
            case ToolStarted(call, input):
                self._text.finish()
                self._waiting = None
                self._calls.start(call, input)
            case ToolFinished(outcome):
                self._text.finish()
                self._calls.finish(outcome)
            case CompactionStarted():
                self._text.finish()
                self._compacting = True
            case CompactionFinished(trigger):
                self._compacting = False
                if trigger == "auto" and event.line:  # by hand, the command tells it
                    self.note(f"{event.line} /compact --undo takes it back.")
            case Notice(level, text):
                self.note(text, *_LEVELS[level])
            case TurnFinished(result):
                self._text.finish()
                self._end(result)
            case _:
                return False
        return True

    def _begin(self) -> None:
        self._started = time.monotonic()
        self._tokens = self._streamed = 0
        self._interrupting = False

    def _delta(self, kind: str, text: str) -> bool:
        self._waiting = None
        self._streamed += len(text)
        if kind == "text":
            return self._text.feed(text)
        self._text.think(text)
        return False

    def _answer(self, raw: JsonObject) -> bool:
        self._tokens += number_at(object_at(raw, "usage"), "output_tokens")
        self._streamed = 0
        return self._text.finish()

    def _user(self, event: MessageAdded) -> bool:
        """Show prompts that joined the conversation unseen, such as queued ones."""
        shown = False
        for block in () if event.synthetic else event.message.content:
            text = text_at(block, "text")
            if text in self.echoed:
                self.echoed.remove(text)
            elif text and not text.startswith(_NOT_TYPED):
                self.show_prompt(text)
                shown = True
        return shown

    def show_prompt(self, text: str) -> None:
        """Print what the user said."""
        self._text.finish()
        width = self._surface.columns - 2
        lines = fold(clean(text), width)
        if len(lines) > _PROMPT_LINES:
            lines = [*lines[: _PROMPT_LINES - 1], f"… {plural(len(lines) - _PROMPT_LINES + 1, 'more line')}"]
        self._surface.print(
            "\n".join(paint(("  " if n else "> ") + line, BOLD) for n, line in enumerate(lines))
        )

    def show_answer(self, text: str) -> None:
        """Print a whole answer of the model."""
        self._text.feed(text)
        self._text.finish()

    def note(self, text: str, *codes: str) -> None:
        """Print lines beside the conversation."""
        self._text.finish()
        self._surface.print(folded(clean(text), self._surface.columns, *(codes or (DIM,))))

    def _retry(self, event: RetryScheduled) -> bool:
        status = f" ({event.status})" if event.status else ""
        reason = (
            f"{event.kind.replace('_', ' ')}{status}, attempt {event.attempt + 1} of {event.max_retries + 1}"
        )
        self._waiting = _Waiting(time.monotonic() + event.delay, reason)
        broke_off = self._text.finish()
        if broke_off:
            self.note("The answer broke off here and starts again.")
        return broke_off

    def _end(self, result: TurnResult) -> None:
        self._calls.clear()
        self._waiting = self._started = None
        if result.terminal_reason.startswith("aborted"):
            self.note("Interrupted. What should be done instead?", YELLOW)
        elif result.is_error or result.terminal_reason == "hook_stopped":
            self.note(result.text, RED if result.is_error else YELLOW)

    def interrupting(self) -> None:
        """Say at once that an interrupt was heard."""
        self._interrupting = True

    def show_full(self) -> bool:
        """Print the newest result in full; say whether there was one."""
        return self._calls.show_full()

    def activity(self) -> str:
        """Return what is under way in one line, the spinner moved on; empty when idle."""
        now = time.monotonic()
        spinner = _SPINNER[int(now * 8) % len(_SPINNER)]
        if self._started is None:
            # A command the user typed runs outside turns.
            doing = _COMPACTING if self._compacting else self._calls.doing()
            return f"{spinner} {doing} · esc interrupts" if doing else ""
        if self._interrupting:
            return f"{spinner} Interrupting…"
        parts = [f"{spinner} {self._doing(now)}", duration(now - self._started)]
        tokens = self._tokens + self._streamed // _TOKEN
        if tokens:
            parts.append(f"↓ {count(tokens)} tokens")
        return " · ".join([*parts, "esc interrupts"])

    def _doing(self, now: float) -> str:
        if self._waiting is not None:
            return (
                f"Waiting {max(0, round(self._waiting.until - now))}s for the model: {self._waiting.reason}"
            )
        if self._compacting:
            return _COMPACTING
        return self._calls.doing() or (
            "Writing…" if self._streamed and not self._text.thinking else "Thinking…"
        )
