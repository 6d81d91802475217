"""The three output formats of a headless run."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from abc import ABC, abstractmethod
from contextlib import suppress
from time import perf_counter
from typing import Final, TextIO

from gaff.hooks.session import Session, Subscription
from gaff.hooks.stream import (
    CompactionFinished,
    CompactionStarted,
    MessageAdded,
    ModeChanged,
    ModelStreamed,
    Notice,
    RetryScheduled,
    SessionEvent,
    ToolFinished,
    ToolStarted,
    TurnFinished,
    TurnResult,
)
from gaff.hooks.values import JsonObject

from ._headless_messages import Messages, encode_line
from ._headless_writer import Writer

#: Seconds between signs of life of a long call. Source: code.claude.com/docs/en/agent-sdk/typescript.
HEARTBEAT: Final = 30.0

_CONTROLS: Final = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI
    r"|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?"  # OSC and the other strings
    r"|\x1b[ -/]*[0-~]?"
    r"|[\x00-\x08\x0b-\x1f\x7f-\x9f]"
)


def clean(text: str) -> str:
    """Return text without control sequences, for a terminal."""
    return _CONTROLS.sub("", text)


def tell(text: str) -> None:
    """Say a line to whoever started the run, beside the output."""
    listener: TextIO | None = sys.stderr  # none where it is closed, and ``print`` would take stdout
    if listener is not None:
        with suppress(OSError):  # nobody listens
            print(f"gaff: {clean(text)}", file=listener, flush=True)


class Notices:
    """Lines for the user that come from several places, each told once."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def tell(self, text: str) -> None:
        """Say a line, unless it was said before."""
        if text not in self._told:
            self._told.add(text)
            tell(text)


class Printer(ABC):
    """Prints a run in one format. Nothing but the format goes to stdout."""

    #: The events it wants.
    kinds: tuple[type[SessionEvent], ...] = (CompactionFinished, Notice, RetryScheduled, TurnFinished)

    def __init__(self, session: Session, writer: Writer, notices: Notices) -> None:
        self._writer = writer
        self._notices = notices
        self._messages = Messages(session)

    def begin(self) -> None:
        """Print what comes before the first request."""

    async def listen(self, events: Subscription) -> None:
        """Print what happens, up to the end of the turn."""
        async for event in events:
            if isinstance(event, TurnFinished):
                return
            self.show(event)

    def show(self, event: SessionEvent) -> None:
        """Print one event."""
        if isinstance(event, Notice):
            self._notices.tell(event.text)
        elif isinstance(event, CompactionFinished) and event.trigger == "auto" and event.line:
            tell(event.line)
        elif isinstance(event, RetryScheduled):
            tell(
                f"{event.error}; trying again in {event.delay:.0f} s (attempt {event.attempt} of {event.max_retries})"
            )

    def output(self, text: str) -> None:
        """Print what a slash command says before its prompt is sent."""
        tell(text)

    @abstractmethod
    def end(self, result: TurnResult) -> None:
        """Print how the run ended."""


class TextPrinter(Printer):
    """The last answer, or what went wrong, as text."""

    def end(self, result: TurnResult) -> None:
        text = clean(result.text) if os.isatty(1) else result.text
        if text:
            self._writer.write(text.removesuffix("\n").encode("utf-8", "replace") + b"\n")


class JsonPrinter(Printer):
    """One object: the result."""

    def end(self, result: TurnResult) -> None:
        self._writer.write(encode_line(self._messages.result(result)))


class StreamPrinter(Printer):
    """One message a line, as things happen."""

    kinds: tuple[type[SessionEvent], ...] = (
        CompactionFinished,
        CompactionStarted,
        MessageAdded,
        ModeChanged,
        Notice,
        RetryScheduled,
        ToolStarted,
        ToolFinished,
        TurnFinished,
    )

    def __init__(
        self,
        session: Session,
        writer: Writer,
        notices: Notices,
        *,
        partial: bool,
        heartbeat: float = HEARTBEAT,
    ) -> None:
        super().__init__(session, writer, notices)
        if partial:
            self.kinds = (*self.kinds, ModelStreamed)
        self._heartbeat = heartbeat
        self._prompt: str | None = None
        self._running: dict[str, tuple[str, float]] = {}

    def begin(self) -> None:
        self._print(self._messages.init())

    async def listen(self, events: Subscription) -> None:
        async with asyncio.TaskGroup() as group:
            beating = group.create_task(self._beat())
            await super().listen(events)
            beating.cancel()

    async def _beat(self) -> None:
        """Say that long calls are still running, for clients that give up on silence."""
        while True:
            await asyncio.sleep(self._heartbeat)
            for call_id, (name, started) in self._running.items():
                self._print(self._messages.running(call_id, name, perf_counter() - started))

    def show(self, event: SessionEvent) -> None:
        match event:
            case ModelStreamed():
                self._print(self._messages.stream_event(event.event))
            case MessageAdded():
                self._show_message(event)
            case ToolStarted():
                self._running[event.call.id] = (event.call.name, perf_counter())
            case ToolFinished():
                self._running.pop(event.outcome.call.id, None)
                if event.outcome.status == "denied":
                    self._print(self._messages.denied(event.outcome))
            case RetryScheduled():
                self._print(self._messages.retry(event))
            case Notice():
                self._print(self._messages.notice(event))
            case ModeChanged():
                self._print(self._messages.mode(event))
            case CompactionStarted():
                self._print(self._messages.compacting("compacting"))
            case CompactionFinished():
                self._print(self._messages.compacting(None))
                if event.strategies:
                    self._print(self._messages.compacted(event))
            case _:
                pass

    def _show_message(self, event: MessageAdded) -> None:
        if event.message.role == "assistant":
            self._print(self._messages.assistant(event))
            return
        if self._prompt is None and not event.outcomes and not event.synthetic:
            self._prompt = event.uuid
        for message in self._messages.user(event):
            self._print(message)

    def output(self, text: str) -> None:
        self._print(self._messages.system("local_command_output", content=text))

    def end(self, result: TurnResult) -> None:
        self._print(self._messages.result(result, self._prompt))

    def _print(self, message: JsonObject) -> None:
        self._writer.write(encode_line(message))
