"""One session at the terminal: takes what the user enters, runs turns and commands, shows what happens."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from gaff.hooks import CommandResult, Delta, GaffError, ModelChanged, Session, SessionEvent
from gaff.hooks.session import Subscription

from .ansi import RED, YELLOW, folded
from .escape import clean
from .face import Desk, Face
from .feed import Feed
from .greeting import past
from .loader import FOR_PROVIDERS, load
from .opening import Opening
from .parts import Parts, watched_renderer
from .shell_line import run_shell_line

#: Seconds between two looks at a stream: after live lines only, and after something was printed for good.
#: Printing draws all live lines anew, so at full speed a few large frames cost less than many small ones.
_FRAME: Final = 1 / 20
_FRAME_PRINTED: Final = 1 / 7
#: Seconds between two turns of the spinner.
_TICK: Final = 1 / 5
_COMMAND: Final = re.compile(r"/(\w[\w:.-]*)(?:\s+(.*))?", re.DOTALL)


@dataclass(frozen=True)
class _Mark(SessionEvent):
    """Tells that everything published before it is on the screen."""

    reached: asyncio.Event = field(default_factory=asyncio.Event)


class Conversation:
    """One session and everything that belongs to it on the screen."""

    def __init__(
        self, session: Session, face: Face, desk: Desk, parts: Parts, ready: Sequence[asyncio.Event]
    ) -> None:
        """``ready`` tells when what requests need is loaded, and when what drawing needs is."""
        self.session = session
        self.feed = Feed(face, lambda tool: watched_renderer(session.kernel, tool))
        self._face = face
        self._desk = desk
        self._parts = parts
        to_ask, self._ready_to_draw = ready
        self._to_ask = [to_ask]
        self._group = asyncio.TaskGroup()
        self._job: asyncio.Task[None] | None = None
        self._turn: asyncio.Task[None] | None = None
        self._working = asyncio.Event()
        self._interrupted = False

    @property
    def busy(self) -> bool:
        """Whether something runs that can be interrupted."""
        return self._turn is not None or self._job is not None

    def interrupt(self) -> bool:
        """Stop what runs; say whether that is news."""
        if self._job is not None:
            return self._job.cancel()
        if self._turn is None or self._interrupted:
            return False
        self._interrupted = True
        if self.session.busy:
            self.session.interrupt()
        else:
            self._turn.cancel()  # it still waits for what it needs to be loaded
        self.feed.interrupting()
        self._face.show_activity(self.feed.activity())
        return True

    async def catch_up(self) -> None:
        """Wait until everything that happened in the session is on the screen."""
        mark = _Mark()
        self.session.publish(mark)
        await mark.reached.wait()

    def show(self, markdown: str) -> None:
        """Print Markdown."""
        from .markdown import MarkdownRenderer  # brings rich along

        self._face.print(MarkdownRenderer(self._face.columns).text(clean(markdown)))

    async def run(self, entries: asyncio.Queue[str | None]) -> Opening | None:
        """Take entries until the user leaves or wants another session, and return which."""
        self._refresh()
        self._load_provider()
        with self.session.subscribe() as events:
            async with self._group as group:
                helpers = [group.create_task(self._pump(events)), group.create_task(self._tick())]
                try:
                    if self.session.messages:
                        await self._ready_to_draw.wait()
                        past(self.session, self.feed)
                    self._face.show_ready()
                    return await self._serve(entries)
                finally:
                    for helper in helpers:
                        helper.cancel()

    async def _serve(self, entries: asyncio.Queue[str | None]) -> Opening | None:
        opening: Opening | None = None
        while opening is None and (text := await entries.get()) is not None:
            opening = await self._take(text)
            if opening is None and self._turn is None:
                self._face.show_ready()
        if self._turn is not None:
            self.session.interrupt()
            await asyncio.wait([self._turn])
        if opening is not None:
            self.session.end_reason = opening.source
        return opening

    # What is entered.

    async def _take(self, text: str) -> Opening | None:
        command = _COMMAND.fullmatch(text)
        typed = text[1:].strip() if text.startswith("!") else ""
        if command:
            self._echo(text)
            return await self._command(command.group(1), (command.group(2) or "").strip())
        if typed and self.session.kernel.tool("Bash") is not None:
            self._echo(text)
            await self._as_job(run_shell_line(typed, self.session))
        else:
            self._prompt(text, echo=True)
        return None

    def _echo(self, text: str) -> None:
        if not self._face.shows_input:
            self.feed.show_prompt(text)

    async def _as_job(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something that Esc cancels, and wait for it."""
        self._job = self._group.create_task(work)
        self._working.set()
        try:
            await asyncio.wait([self._job])
        finally:
            self._job = None
            if self._turn is None:
                self._rest()

    def _rest(self) -> None:
        """Stop the spinner: nothing runs."""
        self._working.clear()
        self._face.show_activity("")

    async def _command(self, name: str, arguments: str) -> Opening | None:
        results: list[CommandResult] = []

        async def run() -> None:
            results.append(await self._run_command(name, arguments))

        await self._as_job(run())
        return self._follow(results[0]) if results else None

    async def _run_command(self, name: str, arguments: str) -> CommandResult:
        try:
            command = self.session.kernel.command(name)
            if command is None:
                return CommandResult(self._unknown(name), is_error=True)
            kernel = self.session.kernel
            plugin = kernel.plugin_of("gaff_register_commands", command.name)
            result = await kernel.drive(plugin, command.run(arguments, self.session))
            if result.prompt is None:
                return result
            return replace(result, prompt=await self.session.expand(command.name, arguments, result.prompt))
        except GaffError as fault:
            return CommandResult(str(fault), is_error=True)
        except Exception as fault:  # isolation boundary: a command's own code may fail in any way
            return CommandResult(f"/{name} failed: {type(fault).__name__}: {fault}", is_error=True)

    def _unknown(self, name: str) -> str:
        from difflib import get_close_matches

        missing = self.session.kernel.missing("gaff_register_commands", name)
        if missing:
            return f"There is no command /{name}: {missing}."
        known = [one.name for one in self.session.kernel.contributed("gaff_register_commands")]
        near = get_close_matches(name, known, 1)
        hint = f"Did you mean /{near[0]}?" if near else "/help lists them."
        return f"There is no command /{name}. {hint}"

    def _follow(self, result: CommandResult) -> Opening | None:
        """Do what a command left to do, and return the session it leads to."""
        if result.is_error:
            self._say(result.text, RED)
        elif result.text:
            self.show(result.text)
        if result.prompt is not None:
            self._prompt(result.prompt, echo=False)
        if result.then == "exit":
            self._desk.leave()
        self._refresh()
        return Opening.after(result) if result.then == "switch" else None

    # Turns.

    def _prompt(self, text: str, *, echo: bool) -> None:
        if self._turn is not None:
            self.session.queue(text)
            return
        if echo:
            self._echo(text)
        self.feed.echoed.append(text)
        self._turn = self._group.create_task(self._run_turn(text), name="turn")

    async def _run_turn(self, text: str) -> None:
        self._interrupted = False
        self._working.set()
        try:
            for ready in self._to_ask:
                await ready.wait()
            await self.session.submit(text)
            await self.catch_up()
        except GaffError as fault:
            self._say(str(fault), RED)
        except Exception as fault:  # isolation boundary: a turn that breaks must not take the prompt down
            self._say(f"The turn broke off: {type(fault).__name__}: {fault}", RED)
        finally:
            self._turn = None
            self._rest()
        self._face.show_ready()
        self._enter_queued()

    def _enter_queued(self) -> None:
        """Enter what an interrupted turn left in the queue."""
        left: list[str] = []
        while (prompt := self.session.take_back()) is not None:
            left.append(prompt)
        if left:
            self._desk.enter("\n\n".join(reversed(left)))

    # What is shown.

    async def _pump(self, events: Subscription) -> None:
        await self._ready_to_draw.wait()
        async for event in events:
            printed = self._draw(event)
            if isinstance(event, Delta):
                await asyncio.sleep(_FRAME_PRINTED if printed else _FRAME)
            elif isinstance(event, _Mark):
                event.reached.set()
            else:
                self._refresh()
            if isinstance(event, ModelChanged):
                self._load_provider()

    def _load_provider(self) -> None:
        """Load what the model's provider needs; the next prompt waits for it."""
        self._to_ask += load(FOR_PROVIDERS.get(self.session.model.provider, ()))

    def _draw(self, event: SessionEvent) -> bool:
        try:
            return self.feed.handle(event)
        except Exception as fault:  # isolation boundary: what cannot be drawn must not end the session
            self._say(f"{type(event).__name__} could not be drawn: {type(fault).__name__}: {fault}", RED)
            return True

    async def _tick(self) -> None:
        while True:
            await self._working.wait()
            self._face.show_activity(self.feed.activity())
            await asyncio.sleep(_TICK)

    def _refresh(self) -> None:
        self._face.show_status(self._parts.status(self.session))
        for problem in self._parts.problems:
            self._say(problem, YELLOW)
        self._parts.problems.clear()

    def _say(self, text: str, *codes: str) -> None:
        self._face.print(folded(clean(text), self._face.columns, *codes))
