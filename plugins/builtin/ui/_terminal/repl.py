"""The REPL: takes what the user enters, runs turns and commands, and opens one session after another."""

from __future__ import annotations

import asyncio
import gc
import re
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, Final

from gaff.hooks import (
    CommandResult,
    Delta,
    GaffError,
    Kernel,
    Session,
    SessionEvent,
)
from gaff.hooks.session import Subscription

from .ansi import RED, YELLOW, folded
from .asking import TerminalQuestions
from .dialog import Dialog, DialogAnswer
from .escape import clean
from .face import Face
from .feed import Feed
from .greeting import farewell, greeting, past
from .loader import FOR_DRAWING, FOR_PROVIDERS, FOR_REQUESTS, load
from .opening import Opening, first_opening
from .parts import Parts
from .shell_line import run_shell_line

#: Seconds between two looks at a stream: after live lines only, and after something was printed for good.
#: Printing draws all live lines anew, so at full speed a few large frames cost less than many small ones.
_FRAME: Final = 1 / 20
_FRAME_PRINTED: Final = 1 / 7
#: Seconds between two turns of the spinner.
_TICK: Final = 1 / 5
_COMMAND: Final = re.compile(r"/(\w[\w:.-]*)(?:\s+(.*))?", re.DOTALL)
#: The name the dialogs are registered under while the REPL lives.
QUESTIONS: Final = "ui.repl.dialog"


@dataclass(frozen=True)
class _Mark(SessionEvent):
    """Tells that everything published before it is on the screen."""

    reached: asyncio.Event = field(default_factory=asyncio.Event)


class Repl:
    """One run of the shell at a terminal."""

    def __init__(self, kernel: Kernel, face: Face) -> None:
        self._kernel = kernel
        self._face = face
        self._entries: asyncio.Queue[str | None] = asyncio.Queue()
        self._session: Session | None = None
        self._feed: Feed | None = None
        self.parts: Parts | None = None
        self._job: asyncio.Task[None] | None = None
        self._turn: asyncio.Task[None] | None = None
        self._working = asyncio.Event()
        self._interrupted = False
        self._early: list[str] = []
        self._ready: list[asyncio.Event] = []
        self._ready_to_draw = asyncio.Event()

    @property
    def session(self) -> Session | None:
        """The session that is open."""
        return self._session

    # What the terminal hands over.

    @property
    def busy(self) -> bool:
        """Whether something runs that can be interrupted."""
        return self._turn is not None or self._job is not None

    def enter(self, text: str) -> None:
        """Take a prompt or a command; what comes before the session is open waits."""
        self._entries.put_nowait(text)
        if self._session is None:
            self._early.append(text)
            self._face.show_queue(self._early)

    def interrupt(self) -> bool:
        """Stop what runs; say whether that is news."""
        if self._job is not None:
            return self._job.cancel()
        if self._turn is None or self._session is None or self._interrupted:
            return False
        self._interrupted = True
        if self._session.busy:
            self._session.interrupt()
        else:
            self._turn.cancel()  # it still waits for what it needs to be loaded
        if self._feed is not None:
            self._feed.interrupting()
            self._face.show_activity(self._feed.activity())
        return True

    def take_back(self) -> str | None:
        """Take the newest queued prompt back."""
        return self._session.take_back() if self._session else None

    def leave(self, code: int = 0) -> None:
        """End the REPL."""
        self._face.exit(code)

    def show_full(self) -> None:
        """Print the newest tool result in full."""
        if self._feed is None or not self._feed.show_full():
            self._face.show_hint("No tool result to show yet")

    async def catch_up(self) -> None:
        """Wait until everything that happened in the session is on the screen."""
        if self._session is not None:
            mark = _Mark()
            self._session.publish(mark)
            await mark.reached.wait()

    async def ask(self, dialog: Dialog) -> DialogAnswer:
        """Show a dialog below what led to it."""
        await self.catch_up()
        return await self._face.ask(dialog)

    def show(self, markdown: str) -> None:
        """Print Markdown."""
        from .markdown import MarkdownRenderer

        self._face.print(MarkdownRenderer(self._face.columns).text(clean(markdown)))

    # Its life.

    async def run(self) -> int:
        """Serve until the user leaves, and return the exit code."""
        self._kernel.register(TerminalQuestions(self), QUESTIONS)
        try:
            async with asyncio.TaskGroup() as group:
                sessions = group.create_task(self._sessions(), name="sessions")
                code = await self._face.run()
                self._close(sessions)
        finally:
            self._kernel.unregister(QUESTIONS)
        return code

    def _close(self, sessions: asyncio.Task[None]) -> None:
        if self._session is None:
            sessions.cancel()
            return
        if self._job is not None:
            self._job.cancel()
        self._session.interrupt()
        self._entries.put_nowait(None)

    async def _sessions(self) -> None:
        await self._face.drawn()
        gc.freeze()  # what start-up made is never garbage
        gc.enable()
        requests, self._ready_to_draw = load(FOR_REQUESTS, FOR_DRAWING)
        self._ready = [requests]
        for notice in self._kernel.notices:
            self._say(notice, YELLOW, gap=False)
        try:
            opening = await first_opening(self._kernel, self._face)
            while opening is not None:
                opening = await self._open(opening)
        except GaffError as fault:
            self._fail(str(fault))
            self._face.exit(1)

    async def _open(self, opening: Opening) -> Opening | None:
        """Hold one session and return which comes next."""
        async with self._kernel.open_session(
            resume=opening.resume, fork=opening.fork, session_id=opening.session_id, source=opening.source
        ) as session:
            self._ready += load(FOR_PROVIDERS.get(session.model.provider, ()))
            self._greet(session, first=self.parts is None)
            try:
                return await self._converse(session)
            finally:
                self._session = None
                if session.messages:
                    self._face.print(farewell(session))

    def _greet(self, session: Session, *, first: bool) -> None:
        for line in greeting(session, self._face.columns):
            self._face.print(line, gap=False)
        if first:
            self.parts = Parts(self._kernel)
        self._session = session
        self._feed = Feed(self._face, self._kernel.renderer)
        self._early.clear()
        self._face.show_queue(())
        self._refresh()
        self._face.show_ready()

    async def _converse(self, session: Session) -> Opening | None:
        with session.subscribe() as events:
            async with asyncio.TaskGroup() as group:
                helpers = [group.create_task(self._pump(events)), group.create_task(self._tick())]
                if self._feed is not None and session.messages:
                    await self._ready_to_draw.wait()
                    past(session, self._feed)
                try:
                    return await self._serve(session, group)
                finally:
                    for helper in helpers:
                        helper.cancel()

    async def _serve(self, session: Session, group: asyncio.TaskGroup) -> Opening | None:
        while (text := await self._entries.get()) is not None:
            opening = await self._take(text, session, group)
            if opening is not None:
                await self._stop_turn(session)
                return opening
            if self._turn is None:
                self._face.show_ready()
        await self._stop_turn(session)
        return None

    async def _stop_turn(self, session: Session) -> None:
        if self._turn is not None:
            session.interrupt()
            await asyncio.wait([self._turn])

    # What is entered.

    async def _take(self, text: str, session: Session, group: asyncio.TaskGroup) -> Opening | None:
        command = _COMMAND.fullmatch(text)
        if command:
            self._echo(text)
            return await self._command(command, session, group)
        if text.startswith("!") and len(text) > 1 and self._kernel.tool("Bash") is not None:
            self._echo(text)
            await self._as_job(run_shell_line(text[1:].strip(), session), group)
        else:
            self._prompt(text, session, group, echo=True)
        return None

    def _echo(self, text: str) -> None:
        if self._feed is not None and not self._face.shows_input:
            self._feed.show_prompt(text)

    async def _command(
        self, found: re.Match[str], session: Session, group: asyncio.TaskGroup
    ) -> Opening | None:
        result: CommandResult | None = None

        async def run() -> None:
            nonlocal result
            result = await self._run_command(found.group(1), (found.group(2) or "").strip(), session)

        await self._as_job(run(), group)
        return self._follow(result, session, group) if result else None

    async def _run_command(self, name: str, arguments: str, session: Session) -> CommandResult:
        try:
            command = self._kernel.command(name)
            if command is None:
                return CommandResult(f"There is no command /{name}. /help lists them.", is_error=True)
            return await command.run(arguments, session)
        except GaffError as fault:
            return CommandResult(str(fault), is_error=True)
        except Exception as fault:  # isolation boundary: a command's own code may fail in any way
            return CommandResult(f"/{name} failed: {type(fault).__name__}: {fault}", is_error=True)

    def _follow(self, result: CommandResult, session: Session, group: asyncio.TaskGroup) -> Opening | None:
        if result.is_error:
            self._fail(result.text)
        elif result.text:
            self.show(result.text)
        if result.prompt is not None:
            self._prompt(result.prompt, session, group, echo=False)
        if result.then == "exit":
            self.leave()
        self._refresh()
        return Opening.after(result) if result.then == "switch" else None

    async def _as_job(self, work: Coroutine[Any, Any, None], group: asyncio.TaskGroup) -> None:
        """Run something that Esc cancels, and wait for it."""
        self._job = group.create_task(work)
        self._working.set()
        try:
            await asyncio.wait([self._job])
        finally:
            self._job = None

    # Turns.

    def _prompt(self, text: str, session: Session, group: asyncio.TaskGroup, *, echo: bool) -> None:
        if self._turn is not None:
            session.queue(text)
            return
        if self._feed is not None:
            if echo:
                self._echo(text)
            self._feed.echoed.append(text)
        self._turn = group.create_task(self._run_turn(text, session), name="turn")

    async def _run_turn(self, text: str, session: Session) -> None:
        self._interrupted = False
        self._working.set()
        try:
            for ready in self._ready:
                await ready.wait()
            await session.submit(text)
            await self.catch_up()
        except GaffError as fault:
            self._fail(str(fault))
        except Exception as fault:  # isolation boundary: a turn that breaks must not take the prompt down
            self._fail(f"The turn broke off: {type(fault).__name__}: {fault}")
        finally:
            self._turn = None
            self._working.clear()
            self._face.show_activity("")
        self._face.show_ready()
        self._enter_queued(session)

    def _fail(self, text: str) -> None:
        self._say(text, RED)

    def _say(self, text: str, *codes: str, gap: bool = True) -> None:
        self._face.print(folded(clean(text), self._face.columns, *codes), gap=gap)

    def _enter_queued(self, session: Session) -> None:
        """Enter what an interrupted turn left in the queue."""
        left: list[str] = []
        while (prompt := session.take_back()) is not None:
            left.append(prompt)
        if left:
            self.enter("\n\n".join(reversed(left)))

    async def _pump(self, events: Subscription) -> None:
        await self._ready_to_draw.wait()
        async for event in events:
            printed = self._draw(event)
            if isinstance(event, Delta):
                await asyncio.sleep(_FRAME_PRINTED if printed else _FRAME)
            else:
                self._noted(event)

    def _draw(self, event: SessionEvent) -> bool:
        try:
            return self._feed.handle(event) if self._feed else False
        except Exception as fault:  # isolation boundary: what cannot be drawn must not end the session
            self._fail(f"{type(event).__name__} could not be drawn: {type(fault).__name__}: {fault}")
            return True

    def _noted(self, event: SessionEvent) -> None:
        if isinstance(event, _Mark):
            event.reached.set()
        self._refresh()

    async def _tick(self) -> None:
        while True:
            await self._working.wait()
            if self._feed is not None:
                self._face.show_activity(self._feed.activity())
            await asyncio.sleep(_TICK)

    def _refresh(self) -> None:
        if self.parts is not None and self._session is not None:
            self._face.show_status(self.parts.status(self._session))
            self._tell(self.parts.problems)

    def _tell(self, problems: list[str]) -> None:
        for problem in problems:
            self._say(problem, YELLOW)
        problems.clear()
