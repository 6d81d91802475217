"""A session: one conversation, and what belongs to it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final, cast
from uuid import uuid4

from gaff.hooks.errors import SessionError, UsageError
from gaff.hooks.messages import Message, Usage, text_block
from gaff.hooks.models import SECRETS
from gaff.hooks.permissions import Decision, PermissionMode, PermissionUpdate
from gaff.hooks.state import State
from gaff.hooks.stream import (
    DirectoryChanged,
    ModeChanged,
    ModelChanged,
    Notice,
    PluginsChanged,
    SessionEvent,
    TurnFinished,
    TurnResult,
    TurnStarted,
)
from gaff.hooks.values import JsonObject

from .broadcast import Broadcast, Listener
from .conversation import Conversation, Place, Restored
from .facade import Gate
from .limits import Limits
from .paths import git_branch
from .prefix import Prefix, make_prefix
from .questions import Questions
from .waiting import WaitingPrompts
from .watchdog import PLUGIN
from .work import Work

if TYPE_CHECKING:
    from gaff.hooks.answers import HookAnswer
    from gaff.hooks.events import Event, EventContext
    from gaff.hooks.interface import Answer, PermissionAnswer, Question
    from gaff.hooks.messages import PromptOrigin, ToolCall
    from gaff.hooks.models import Model
    from gaff.hooks.permissions import Action, Verdict
    from gaff.hooks.sessions import TranscriptWriter
    from gaff.hooks.tools import ToolOutcome

    from .compacting import Compacting
    from .dispatcher import Answer as HookTold
    from .kernel import Kernel
    from .options import ParsedOptions
    from .settings import MergedSettings

#: A shorter value is no secret worth hiding, and hiding it would garble texts.
_LEAST_SECRET: Final = 8


#: Changes of a plugin that change what every request begins with.
_IN_PREFIX: Final = ("new tool", "tool ", "new prompt section", "prompt section ")

#: How the names of works begin that are gaff's own and no task of the user's.
OWN_WORK: Final = "gaff "


class Session:
    """One conversation and everything that belongs to it. Opened by ``Kernel.open_session``."""

    def __init__(
        self,
        kernel: Kernel,
        session_id: str,
        writer: TranscriptWriter,
        model: Model,
        group: asyncio.TaskGroup,
        restored: Restored | None,
    ) -> None:
        self.id = session_id
        self.kernel = kernel
        self.state = State()
        self.model = model
        self.mode: PermissionMode = kernel.start_mode(restored.mode if restored else None)
        self.cwd = kernel.project_dir
        self.directories: tuple[Path, ...] = kernel.start_directories()
        self.usage = Usage()
        self.cost_usd = 0.0
        self.context_tokens = 0
        self.limits = Limits.of(kernel.options, kernel.environ)
        self.prompt_id: str | None = None
        self.interrupted = False
        self.turn_started = 0.0
        #: What ``SessionEnd`` will tell: clear, resume, logout, prompt_input_exit or other.
        self.end_reason = "other"
        #: Files that hooks want to be told about when they change.
        self.watched: set[str] = set()
        #: What plugins add to the environment of child processes.
        self.variables: dict[str, str] = {}
        self.effort: str | None = None
        self.conversation = Conversation(writer, self._place)
        self._writer = writer
        self._group = group
        self._broadcast = Broadcast()
        self._prefix: Prefix | None = None
        self._recorded_system = restored.system if restored else None
        self._turn: asyncio.Task[TurnResult] | None = None
        self._reminders: list[JsonObject] = []
        self.waiting = WaitingPrompts(self.publish)
        self._works: list[Work] = []
        self._branch = git_branch(self.cwd)
        self._questions = Questions(self)
        self._scratch: Path | None = None
        self._compaction: Compacting | None = None
        if restored is not None:
            self.conversation.restore(restored)

    # What plugins and faces see.

    @property
    def project_dir(self) -> Path:
        """The project."""
        return self.kernel.project_dir

    @property
    def start_dir(self) -> Path:
        """The current directory at the start, which is the project."""
        return self.kernel.project_dir

    @property
    def home(self) -> Path:
        """Where gaff keeps the user's settings and sessions."""
        return self.kernel.home

    @property
    def settings(self) -> MergedSettings:
        """The merged settings."""
        return self.kernel.settings

    @property
    def options(self) -> ParsedOptions:
        """The command line."""
        return self.kernel.options

    @property
    def environ(self) -> Mapping[str, str]:
        """The environment for child processes."""
        kept = {name: value for name, value in self.kernel.environ.items() if name not in SECRETS}
        return kept | self.variables

    @property
    def messages(self) -> Sequence[Message]:
        """The conversation as the next request will send it."""
        return tuple(self.conversation.messages)

    @property
    def deferred(self) -> ToolCall | None:
        """The call that waits."""
        waiting = self.conversation.deferred
        return None if waiting is None else waiting.call

    @property
    def transcript_path(self) -> Path:
        """The transcript's file."""
        return self._writer.path

    @property
    def scratch_dir(self) -> Path:
        """A private folder for files that need not last."""
        if self._scratch is None:
            import tempfile

            self._scratch = Path(tempfile.mkdtemp(prefix="gaff-"))
        return self._scratch

    @property
    def results_dir(self) -> Path:
        """A private folder beside the transcript."""
        folder = self.transcript_path.with_suffix("") / "tool-results"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return folder

    @property
    def compaction(self) -> Compacting:
        """Makes the conversation smaller."""
        if self._compaction is None:
            from .compacting import Compacting

            self._compaction = Compacting(self)
        return self._compaction

    @property
    def busy(self) -> bool:
        """Whether a turn is running."""
        return self._turn is not None

    @property
    def event_context(self) -> EventContext:
        """The fields that all events share, as of now."""
        from gaff.hooks.events import EventContext

        return EventContext(
            session_id=self.id,
            transcript_path=str(self.transcript_path),
            cwd=str(self.cwd),
            permission_mode=self.mode,
            prompt_id=self.prompt_id,
            effort=self.effort,
            session=self,
        )

    async def submit(
        self, prompt: str | Sequence[JsonObject], *, origin: PromptOrigin = "human"
    ) -> TurnResult:
        """Run a turn on this prompt and return how it ended; ``origin`` says whose words it is.

        Raises:
            SessionError: another turn is running, or the transcript cannot be written.
        """
        if self._turn is not None:
            raise SessionError("a turn is running; queue the prompt instead")
        blocks = (text_block(prompt),) if isinstance(prompt, str) else tuple(prompt)
        if not blocks and self.deferred is None:
            raise SessionError("there is no call to go on with; say what to do")
        self.prompt_id, self.interrupted, self.turn_started = str(uuid4()), False, perf_counter()
        self._branch = git_branch(self.cwd)
        self.publish(TurnStarted(self.prompt_id))
        result = _unfinished("The turn ended before it began.")
        try:
            result = await self._finish(self._run(blocks, origin))
        except SessionError as fault:
            result = _unfinished(str(fault))
            raise
        finally:
            self._turn = None
            self.publish(TurnFinished(result))
        return result

    async def _finish(self, turn: Coroutine[Any, Any, TurnResult]) -> TurnResult:
        """Run the turn in a task of its own, which an interrupt cancels, and bring it to the disk."""
        try:
            async with asyncio.TaskGroup() as group:
                self._turn = group.create_task(turn, name="turn")
        except BaseExceptionGroup as faults:
            raise faults.exceptions[0] from None
        if self._turn.cancelled():
            return _unfinished("Interrupted.", "aborted_streaming")
        self.record(self.kernel.health.turn_entry(round((perf_counter() - self.turn_started) * 1000)))
        await self.sync()
        return self._turn.result()

    async def _run(self, blocks: Sequence[JsonObject], origin: PromptOrigin) -> TurnResult:
        from .turn import Turn

        return await Turn(self, self.kernel.hooks).run(blocks, origin)

    async def expand(self, command: str, arguments: str, prompt: str) -> str:
        """Ask the hooks whether a command the user typed may become this prompt.

        Raises:
            UsageError: a hook refused.
        """
        from gaff.hooks.events import UserPromptExpansion

        event = UserPromptExpansion(
            context=self.event_context,
            expansion_type="slash_command",
            command_name=command,
            command_args=arguments,
            command_source="plugin",
            prompt=f"/{command} {arguments}".rstrip(),
        )
        gate = await self.kernel.hooks.user_prompt_expansion(event)
        self.warn(gate.decisions)
        if gate.behavior == "deny" and gate.winner is not None:
            raise UsageError(f"/{command} was not run: {gate.winner.reason}")
        if gate.stopping is not None:
            raise UsageError(f"/{command} was not run: {gate.stopping.stop_reason or 'a hook ended it'}")
        for decision in gate.decisions:
            if decision.additional_context:
                self.remind(decision.additional_context)
        return prompt

    async def run_call(self, call: ToolCall, *, typed: bool = False) -> ToolOutcome:
        """Run a tool call outside of a turn, with all that a call of the model goes through."""
        from .calls import CallRunner

        (outcome,) = await CallRunner(self, self.kernel.hooks, typed=typed).run([call])
        return outcome

    async def announce(self, event: Event) -> Decision | None:
        """Fire an event that a plugin found out about, and do what its hooks answer."""
        fire = getattr(self.kernel.hooks, re.sub(r"(?<=[a-z])(?=[A-Z])", "_", event.name).lower())
        told: object = await fire(event)
        answers: Sequence[Any] = ()
        if isinstance(told, Gate):
            answers = told.decisions
        elif isinstance(told, list):
            answers = [answer.value for answer in cast("list[HookTold[HookAnswer]]", told)]
        self.warn(answers)
        self.watch(answers)
        for answer in answers:
            if answer.additional_context:
                self.remind(answer.additional_context)
        winner = told.winner if isinstance(told, Gate) else None
        return None if winner is None else Decision(winner.behavior, winner.reason)

    def queue(self, prompt: str, *, origin: PromptOrigin = "human") -> None:
        """Hand in a prompt while a turn runs."""
        self.waiting.add(prompt, origin)

    def take_back(self) -> str | None:
        """Take the user's newest queued prompt back."""
        return self.waiting.take_back()

    def interrupt(self) -> None:
        """Stop the running turn; what is finished is kept."""
        if self._turn is not None and not self._turn.done():
            self.interrupted = True
            self._turn.cancel()

    def remind(self, text: str) -> None:
        """Tell the model something with the next request."""
        from .turn import reminder

        if PLUGIN.get():
            self.kernel.health.added(PLUGIN.get(), text)
        self._reminders.append(reminder(text))

    def remind_text(self, text: str) -> None:
        """Put a text of its own before the next prompt."""
        self._reminders.append(text_block(text))

    def take_reminders(self) -> list[JsonObject]:
        """Take what the model is to be told."""
        taken, self._reminders = self._reminders, []
        return taken

    def publish(self, event: SessionEvent) -> None:
        """Tell the faces; no key that an error message happens to hold is among it."""
        self._broadcast.publish(self._without_secrets(event) if isinstance(event, Notice) else event)

    def _without_secrets(self, notice: Notice) -> Notice:
        text = notice.text
        for name in SECRETS:
            value = self.kernel.environ.get(name, "")
            if len(value) >= _LEAST_SECRET:
                text = text.replace(value, f"[{name}]")
        return notice if text == notice.text else replace(notice, text=text)

    def subscribe(self, *kinds: type[SessionEvent]) -> Listener:
        """Listen from now on."""
        return self._broadcast.subscribe(kinds)

    def wants(self, kind: type[SessionEvent]) -> bool:
        """Whether a face listens to events of this kind."""
        return self._broadcast.wants(kind)

    async def ask(self, question: Question) -> Answer | None:
        """Ask the user, one question at a time; ``None`` where nobody can be asked."""
        return await self._questions.ask(question)

    async def ask_permission(
        self,
        call: ToolCall,
        hook_input: JsonObject,
        actions: tuple[tuple[Action, Verdict], ...],
        suggestions: tuple[PermissionUpdate, ...],
    ) -> PermissionAnswer | None:
        """Ask the user whether a call may run."""
        return await self._questions.ask_permission(call, hook_input, actions, suggestions)

    def start(self, work: Coroutine[Any, Any, None], name: str) -> Work:
        """Run something beside the turns; it is cancelled when the session ends."""
        task = self._group.create_task(self._guard(work, name), name=name)
        # A task that is cancelled before its first step never begins the work itself.
        task.add_done_callback(lambda _: work.close())
        started = Work(task)
        self._works = [*(one for one in self._works if not one.done), started]
        return started

    async def _guard(self, work: Coroutine[Any, Any, None], name: str) -> None:
        try:
            await work
        except Exception as fault:  # isolation boundary: work beside the turns ends alone
            self.publish(Notice("warning", f"{name} failed: {type(fault).__name__}: {fault}"))

    @property
    def background_facts(self) -> Sequence[JsonObject]:
        """What runs beside the turns, as Stop hooks are told."""
        return [
            {"id": str(number), "type": "shell", "status": "running", "description": work.name}
            for number, work in enumerate(self._works)
            if not work.done and not work.name.startswith(OWN_WORK)
        ]

    async def change_directory(self, path: Path) -> None:
        """Move the session."""
        from gaff.hooks.events import CwdChanged

        old, self.cwd = self.cwd, path
        self._branch = git_branch(path)
        event = CwdChanged(context=self.event_context, old_cwd=str(old), new_cwd=str(path))
        answers = [answer.value for answer in await self.kernel.hooks.cwd_changed(event)]
        self.warn(answers)
        self.watch(answers)
        self.publish(DirectoryChanged(str(old), str(path)))

    def set_mode(self, mode: PermissionMode) -> None:
        """Use this permission mode from now on."""
        if mode == self.mode:
            return
        self.mode = mode
        if self.messages:
            self.record({"type": "permission-mode", "permissionMode": mode})
        self.publish(ModeChanged(mode))

    async def set_model(self, name: str) -> None:
        """Use this model from the next request on.

        Raises:
            UsageError: there is no such model, or a hook refused the switch.
        """
        from .switching import switch_model

        old = self.model
        await switch_model(self, self.kernel.hooks, name)
        if self.model is not old:
            await old.aclose()
            self.record({"type": "gaff-model", "model": f"{self.model.provider}:{self.model.name}"})
            self.publish(ModelChanged(self.model.name))

    def add_directory(self, path: Path) -> None:
        """Make a folder one more working directory."""
        real = path.resolve()
        if real not in self.directories:
            self.directories = (*self.directories, real)

    async def update_permissions(self, updates: Sequence[PermissionUpdate]) -> None:
        """Have the plugins that keep permissions apply these updates."""
        await self.kernel.hooks.update_permissions(self, updates)

    async def visible(self, paths: Sequence[str]) -> Sequence[str]:
        """Leave out the paths that some plugin hides from the model."""
        if not self.kernel.listens("gaff_hide_paths"):
            return paths
        from gaff.hooks.events import PathsListed

        event = PathsListed(context=self.event_context, session=self, paths=tuple(paths))
        hidden = await self.kernel.hooks.hide_paths(event)
        return [path for path in paths if path not in hidden]

    def record(self, entry: JsonObject) -> None:
        """Append an entry of a plugin's own to the transcript."""
        self.conversation.note(entry)

    # What the kernel's own parts use.

    @property
    def prefix(self) -> Prefix:
        """Tools and system prompt, made before the first request and then frozen."""
        if self._prefix is None:
            self._prefix = make_prefix(self, self._recorded_system)
            self.record({"type": "gaff-prefix", "system": list(self._prefix.system)})
        return self._prefix

    @property
    def max_tokens(self) -> int:
        """Tokens an answer may have."""
        return self.model.limits.max_output_tokens

    @property
    def thinking(self) -> JsonObject | None:
        """How the model is to think, where the environment says: ``MAX_THINKING_TOKENS``."""
        budget = self.kernel.environ.get("MAX_THINKING_TOKENS", "")
        if not budget.isdigit() or int(budget) == 0:
            return None
        return {"type": "enabled", "budget_tokens": int(budget)}

    def forget_plugin(self, plugin: str, modules: frozenset[str]) -> None:
        """End what a plugin runs beside the turns, and drop its state."""
        for work in self._works:
            if work.plugin == plugin:
                work.cancel()
        self._broadcast.leave_all(plugin)
        self.state.forget(modules)

    def plugin_changed(self, plugin: str, changes: tuple[str, ...]) -> None:
        """Use a plugin's new version from the next request on."""
        if self._prefix is not None and any(one.startswith(_IN_PREFIX) for one in changes):
            told = any("prompt section" in one for one in changes)
            self._recorded_system = None if told else self._prefix.system
            self._prefix = None
            text = f"plugin {plugin} changed what the model is told first: the prompt cache starts anew"
            self.publish(Notice("info", text))
        self.publish(PluginsChanged(plugin, changes))

    def add_usage(self, usage: Usage) -> float:
        """Count the tokens of a turn's request; return what they cost in US dollars."""
        self.context_tokens = usage.context or self.context_tokens
        return self.count(usage, self.model)

    def count(self, usage: Usage, model: Model) -> float:
        """Count the tokens of a request beside the turn; return what they cost in US dollars."""
        cost = model.limits.price.of(usage) if model.limits.price else 0.0
        self.usage += usage
        self.cost_usd += cost
        return cost

    def warn(self, answers: Iterable[Any]) -> None:
        """Show the user the warnings that hooks answered with."""
        self.warn_all([answer.system_message for answer in answers if answer.system_message])

    def watch(self, answers: Iterable[Any]) -> None:
        """Have the files watched that hooks named in their answers."""
        for answer in answers:
            self.watched.update(getattr(answer, "watch_paths", ()))

    def warn_all(self, messages: Iterable[str]) -> None:
        """Show the user these warnings."""
        for message in messages:
            self.publish(Notice("warning", message))

    async def sync(self) -> None:
        """Bring the transcript to the disk itself."""
        await asyncio.to_thread(self._writer.sync)

    async def begin(self, source: str) -> None:
        """Tell the hooks that the session begins.

        Raises:
            UsageError: a hook refused it.
        """
        from gaff.hooks.events import SessionStart

        event = SessionStart(context=self.event_context, source=source, model=self.model.name)
        answers = [answer.value for answer in await self.kernel.hooks.session_start(event)]
        self.warn(answers)
        self.watch(answers)
        for answer in answers:
            if answer.stop:
                raise UsageError(answer.stop_reason or "a hook refused to start the session")
            if answer.additional_context:
                self.remind(answer.additional_context)
            if answer.initial_user_message and not self.kernel.interactive:
                self.remind_text(answer.initial_user_message)

    async def end(self) -> None:
        """Tell the hooks that the session ends, and let everything go."""
        from gaff.hooks.events import SessionEnd

        event = SessionEnd(context=self.event_context, reason=self.end_reason)
        unheard = None if self.wants(Notice) else self.subscribe(Notice)
        await self.kernel.hooks.session_end(event)
        for work in self._works:
            work.cancel()
        self._broadcast.close()
        if unheard is not None:
            # The face has gone, and tells what the kernel has to say once the session is over.
            async for notice in unheard:
                self.kernel.health.tell(cast("Notice", notice).text)
        await self.model.aclose()

    def release(self) -> None:
        """Let the scratch folder go."""
        if self._scratch is not None:
            import shutil

            shutil.rmtree(self._scratch, ignore_errors=True)

    def _place(self) -> Place:
        return Place(self.id, str(self.cwd), self._branch)


def _unfinished(text: str, reason: str = "turn_setup_failed") -> TurnResult:
    """Return the result of a turn that could not say itself how it ended."""
    return TurnResult(
        subtype="error_during_execution",
        terminal_reason=reason,
        is_error=True,
        text=text,
        turns=0,
        duration_ms=0,
        api_ms=0,
        usage=Usage(),
    )
