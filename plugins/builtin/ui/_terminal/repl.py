"""The REPL: opens one session after another and hands each what the terminal brings."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Sequence
from typing import Final

from gaff.hooks import Completer, GaffError, Kernel, Session, TerminalSequence

from .ansi import RED, YELLOW, folded
from .asking import TerminalQuestions
from .conversation import Conversation
from .dialog import Dialog, DialogAnswer
from .escape import clean
from .face import Face
from .greeting import farewell, greeting
from .loader import FOR_DRAWING, FOR_REQUESTS, load
from .opening import Opening, first_opening
from .parts import Parts

#: The name the dialogs are registered under while the REPL lives.
QUESTIONS: Final = "ui.repl.dialog"


class Repl:
    """One run of the shell at a terminal."""

    def __init__(self, kernel: Kernel, face: Face) -> None:
        self._kernel = kernel
        self._face = face
        self._parts: Parts | None = None
        self._conversation: Conversation | None = None
        self._entries: asyncio.Queue[str | None] = asyncio.Queue()
        self._early: list[str] = []
        self._once_open: list[Callable[[Session], None]] = []

    @property
    def session(self) -> Session | None:
        """The session that is open."""
        return self._conversation.session if self._conversation else None

    @property
    def completers(self) -> Sequence[Completer]:
        """What completes the user's typing, once a session is open."""
        return self._parts.completers if self._parts else ()

    # What the terminal hands over.

    @property
    def busy(self) -> bool:
        """Whether something runs that can be interrupted."""
        return self._conversation is not None and self._conversation.busy

    def enter(self, text: str) -> None:
        """Take a prompt or a command; what comes before the session is open waits."""
        self._entries.put_nowait(text)
        if self._conversation is None:
            self._early.append(text)
            self._face.show_queue(self._early)

    def once_open(self, act: Callable[[Session], None]) -> None:
        """Act on the open session; as soon as there is one, where there is none yet."""
        if self.session is None:
            self._once_open.append(act)
        else:
            act(self.session)

    def interrupt(self) -> bool:
        """Stop what runs; say whether that is news."""
        return self._conversation is not None and self._conversation.interrupt()

    def take_back(self) -> str | None:
        """Take the newest queued prompt back."""
        return self._conversation.session.take_back() if self._conversation else None

    def leave(self, code: int = 0) -> None:
        """End the REPL; with code 0 the user wanted it."""
        if code == 0 and self._conversation is not None:
            self._conversation.session.end_reason = "prompt_input_exit"
        self._face.exit(code)

    def show(self, markdown: str) -> None:
        """Print Markdown."""
        if self._conversation is not None:
            self._conversation.show(markdown)

    def show_full(self) -> None:
        """Print the newest tool result in full."""
        if self._conversation is None or not self._conversation.feed.show_full():
            self._face.show_hint("No tool result to show yet")

    async def ask(self, dialog: Dialog) -> DialogAnswer:
        """Show a dialog below what led to it."""
        if self._conversation is not None:
            await self._conversation.catch_up()
        return await self._face.ask(dialog)

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
        """Let the open session end in its own way, or give up opening one."""
        if self._conversation is None:
            sessions.cancel()
            return
        self._conversation.interrupt()
        self._entries.put_nowait(None)

    async def _sessions(self) -> None:
        await self._face.drawn()
        gc.freeze()  # what start-up made is never garbage
        gc.enable()
        ready = load(FOR_REQUESTS, FOR_DRAWING)
        for notice in self._kernel.notices:
            self._say(notice, YELLOW)
        self._parts = Parts(self._kernel)
        try:
            opening = await first_opening(self._kernel, self._face)
            while opening is not None:
                opening = await self._open(opening, ready, self._parts)
        except GaffError as fault:
            self._say(str(fault), RED)
            self._face.exit(1)
        else:
            self._face.exit(0)

    async def _open(self, opening: Opening, ready: Sequence[asyncio.Event], parts: Parts) -> Opening | None:
        """Hold one session and return which comes next."""
        async with self._kernel.open_session(
            resume=opening.resume, fork=opening.fork, session_id=opening.session_id, source=opening.source
        ) as session:
            for line in greeting(session, self._face.columns):
                self._face.print(line, gap=False)
            self._early.clear()
            self._face.show_queue(())
            self._conversation = Conversation(session, self._face, self, parts, ready)
            waiting, self._once_open = self._once_open, []
            for act in waiting:
                act(session)
            try:
                following = await self._conversation.run(self._entries)
            finally:
                self._conversation = None
                if session.messages:
                    self._face.print(farewell(session))
            last = session.subscribe(TerminalSequence)
        async for signal in last:  # what hooks send as the session ends
            if isinstance(signal, TerminalSequence):
                self._face.signal(signal)
        return following

    def _say(self, text: str, *codes: str) -> None:
        self._face.print(folded(clean(text), self._face.columns, *codes), gap=False)
