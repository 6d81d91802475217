"""A real session in folders of its own, driven by a test.

shell.workspace.write("a.txt", "hello")
shell.add(call("Read", {"file_path": "a.txt"}), say("It says hello."))
result = await shell.submit("What does a.txt say?")
assert result.text == "It says hello."
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from types import ModuleType, TracebackType
from typing import TYPE_CHECKING, Self, TypeVar, cast

from gaff.hooks import (
    Answer,
    JsonObject,
    Message,
    PermissionAnswer,
    PermissionQuestion,
    Question,
    Scope,
    Session,
    SessionEvent,
    ToolFinished,
    ToolOutcome,
    TurnFinished,
    TurnResult,
    hookimpl,
)
from gaff.hooks.session import Subscription
from gaff.start import Start, start

from .messages_server import FakeMessagesServer
from .replies import Reply
from .scripted_model import ScriptedModel, ScriptedModels, request_body
from .workspace import Workspace

if TYPE_CHECKING:
    from gaff.hooks.events import UserAsked
    from gaff.kernel import Kernel

Happening = TypeVar("Happening", bound=SessionEvent)


class ScriptedUser:
    """Answers questions as told, in order; a plugin. Without an answer nobody can be asked."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        #: Everything that was asked.
        self.questions: list[Question] = []

    @hookimpl
    def gaff_ask_user(self, event: UserAsked) -> Answer | None:
        self.questions.append(event.question)
        if not self.answers:
            return None
        answer = self.answers.pop(0)
        if isinstance(answer, PermissionAnswer) and isinstance(event.question, PermissionQuestion):
            return _with_suggestions(answer, event.question)
        return answer


def _with_suggestions(answer: PermissionAnswer, question: PermissionQuestion) -> PermissionAnswer:
    """Let an answer for more than once carry the first suggestion, as the dialog does."""
    if answer.scope == "once" or answer.updates:
        return answer
    return PermissionAnswer(answer.value, answer.text, answer.scope, question.suggestions[:1])


class Shell:
    """Drives a session. It starts with the first ``submit``, or with ``start``; what is set before holds.

    ``model`` plays the script in this process. After ``over_http`` a ``FakeMessagesServer`` does, and gaff
    talks to it as it would to the real one.
    """

    def __init__(self, workspace: Workspace, *, patience: float = 10.0) -> None:
        self.workspace = workspace
        #: Seconds any wait may take.
        self.patience = patience
        self.model = ScriptedModel()
        self.server: FakeMessagesServer | None = None
        self.user = ScriptedUser()
        #: What the session published, raw stream events apart.
        self.events: list[SessionEvent] = []
        self._arguments: list[str] = []
        self._plugins: list[tuple[object, str]] = []
        self._kernel: Kernel | None = None
        self._session: Session | None = None
        self._host: asyncio.Task[None] | None = None
        self._leave = asyncio.Event()
        self._news = asyncio.Condition()
        self._turns = 0
        #: Whether the server was started here, and is to be stopped here.
        self._serves = False

    # What is set before the start.

    def add(self, *replies: Reply | str) -> None:
        """Append replies to the script of the model; also later."""
        (self.server or self.model).add(*replies)

    def options(self, *arguments: str) -> None:
        """Start gaff with these command line options too."""
        self._arguments += arguments

    def plugin(self, plugin: object, name: str | None = None) -> None:
        """Load a plugin: a module or object as it is, the path of a file, or the name of a module."""
        if isinstance(plugin, str | Path):
            self.options("--plugin", str(plugin))
        else:
            self._plugins.append((plugin, name or _name_of(plugin)))

    def without(self, *patterns: str) -> None:
        """Leave plugins out, by name or pattern (``browser.*``)."""
        for pattern in patterns:
            self.options("--plugin", f"no:{pattern}")

    def over_http(
        self, server: FakeMessagesServer | None = None, model: str = "messages:claude-sonnet-test"
    ) -> None:
        """Let gaff ask a fake server over HTTP, with the model provider and name given."""
        self.server = server or FakeMessagesServer()
        self.options("--model", model)

    # What the user answers.

    def allow(self, *, scope: str = "once") -> None:
        """Answer the next permission question with yes; ``scope`` is once, session or always."""
        self.user.answers.append(PermissionAnswer("allow", scope=cast("Scope", scope)))

    def deny(self, reason: str = "") -> None:
        """Answer the next permission question with no."""
        self.user.answers.append(PermissionAnswer("deny", reason))

    def answer(self, value: str, text: str = "") -> None:
        """Answer the next question with the value of a choice, or with words."""
        self.user.answers.append(Answer(value, text))

    # Life.

    async def start(self, *, resume: str | None = None, fork: bool = False) -> Session:
        """Start the session, and return it."""
        if self._session is not None:
            return self._session
        if self.server is not None:
            if not self.server.running:
                await self.server.start()
                self._serves = True
            self.workspace.use_server(self.server.url)
        self._leave.clear()
        opened = asyncio.Event()
        self._host = asyncio.create_task(self._live(opened, resume, fork), name="shell")
        self._host.add_done_callback(lambda _: opened.set())
        await opened.wait()
        if self._session is None:
            host, self._host = self._host, None
            await host
        return self.session

    async def _live(self, opened: asyncio.Event, resume: str | None, fork: bool) -> None:
        """Hold the session open. A task of its own, since a session ends in the task it began in."""
        kernel = self._start_kernel()
        try:
            async with asyncio.TaskGroup() as group, kernel.open_session(resume=resume, fork=fork) as session:
                group.create_task(self._listen(session.subscribe()))
                self._session = session
                opened.set()
                await self._leave.wait()
        except BaseExceptionGroup as faults:
            raise faults.exceptions[0] from None

    def _start_kernel(self) -> Kernel:
        arguments = ["--model", "scripted:", *self._arguments]
        self._kernel = kernel = start(Start(arguments, self.workspace.environ, self.workspace.project))
        kernel.register(ScriptedModels(self.model), "testing.model")
        kernel.register(self.user, "testing.user")
        for plugin, name in self._plugins:
            kernel.register(plugin, name)
        return kernel

    async def _listen(self, subscription: Subscription) -> None:
        with subscription:
            async for event in subscription:
                async with self._news:
                    self.events.append(event)
                    self._news.notify_all()

    async def close(self) -> None:
        """End the session and the server, if they run."""
        host, self._host, self._session = self._host, None, None
        self._leave.set()
        if host is not None:
            await host
        if self.server is not None and self._serves:
            await self.server.stop()

    async def reopen(self, *, fork: bool = False) -> Session:
        """End the session and go on with it in a new process's stead: nothing but the transcript is kept."""
        identity = self.session.id
        await self.close()
        return await self.start(resume=identity, fork=fork)

    def check(self) -> None:
        """Raise ``AssertionError`` where a request to the model was wrong or broke the prompt cache."""
        (self.server or self.model).check()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
        if error is None:
            self.check()

    # What a test does.

    async def submit(self, prompt: str | Sequence[JsonObject]) -> TurnResult:
        """Run a turn, and return how it ended once everything it published is in ``events``.

        Raises:
            AssertionError: it did not end within ``patience``.
        """
        session = await self.start()
        async with self._patiently("the turn did not end"):
            result = await session.submit(prompt)
        self._turns += 1
        await self.until(lambda: len(self._of(TurnFinished)) >= self._turns)
        return result

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until the condition holds; it is looked at whenever the session publishes something.

        Raises:
            AssertionError: it did not within ``patience``.
        """
        async with self._patiently("what was waited for did not happen"), self._news:
            await self._news.wait_for(condition)

    @asynccontextmanager
    async def _patiently(self, what: str) -> AsyncGenerator[None]:
        try:
            async with asyncio.timeout(self.patience):
                yield
        except TimeoutError as late:
            last = ", ".join(type(event).__name__ for event in self.events[-3:])
            raise AssertionError(
                f"{what} within {self.patience:g} s; last events: {last or 'none'}"
            ) from late

    async def event(self, kind: type[Happening], count: int = 1) -> Happening:
        """Wait until the session has published so many events of this kind, and return the last of them."""
        await self.until(lambda: len(self._of(kind)) >= count)
        return self._of(kind)[count - 1]

    def _of(self, kind: type[Happening]) -> list[Happening]:
        return [event for event in self.events if isinstance(event, kind)]

    # What a test sees.

    @property
    def kernel(self) -> Kernel:
        """The kernel of the session that was started last."""
        if self._kernel is None:
            raise RuntimeError("the shell was not started: await shell.start()")
        return self._kernel

    @property
    def session(self) -> Session:
        """The session, once it was started."""
        if self._session is None:
            raise RuntimeError("the shell was not started: await shell.start()")
        return self._session

    @property
    def messages(self) -> Sequence[Message]:
        """The conversation."""
        return self.session.messages

    @property
    def requests(self) -> Sequence[JsonObject]:
        """The bodies of all requests to the model, however it was asked."""
        if self.server is not None:
            return [request.json for request in self.server.requests]
        return [request_body(request, self.model.name) for request in self.model.requests]

    @property
    def outcomes(self) -> Sequence[ToolOutcome]:
        """How each tool call ended, in the order they ended in."""
        return [event.outcome for event in self._of(ToolFinished)]

    @property
    def questions(self) -> Sequence[Question]:
        """Everything the user was asked."""
        return self.user.questions

    @property
    def transcript(self) -> Sequence[JsonObject]:
        """The entries of the transcript, as they are on disk."""
        lines = self.session.transcript_path.read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines]


def _name_of(plugin: object) -> str:
    if isinstance(plugin, ModuleType):
        return plugin.__name__.rpartition(".")[2]
    return type(plugin).__name__.lower()
