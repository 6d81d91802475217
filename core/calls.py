"""Runs the tool calls of one answer: reads side by side, everything else alone and in order.

Every call ends in an outcome, whatever happens; the results go back in call order.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final, cast
from uuid import uuid4

from gaff.hooks.errors import PluginError, ToolError
from gaff.hooks.messages import ToolCall, encode
from gaff.hooks.stream import Denial, ToolFinished, ToolStarted
from gaff.hooks.tools import Tool, ToolContext, ToolOutcome, ToolOutput, ToolRun
from gaff.hooks.values import JsonObject, is_object

from .dispatcher import Failure
from .facade import contexts
from .gate import PermissionGate, validated
from .panel import Panel, TypedPanel
from .watchdog import WATCHDOG, HeldUp

if TYPE_CHECKING:
    from .facade import Hooks
    from .session import Session

#: Read-only calls that run at once.
CONCURRENCY: Final = 10
#: Characters of a result that go into the conversation; what is longer is saved to a file.
_LONGEST: Final = 400_000

_INTERRUPTED: Final = "Interrupted by the user before it was finished; it may have done part of its work."
_NOT_RUN: Final = "Not run: the user interrupted before it began."


@dataclass(frozen=True)
class _Prepared:
    """A call with a valid input; ``outcome`` is set where it ended before it could run."""

    call: ToolCall
    tool: Tool[Any] | None = None
    parsed: Any = None
    read_only: bool = False
    outcome: ToolOutcome | None = None


class CallRunner:
    """Runs the calls of one turn, or one that the user ``typed``.

    ``can_defer`` says that hooks may put off a call that is the only one of its answer.
    """

    def __init__(
        self, session: Session, hooks: Hooks, *, typed: bool = False, can_defer: bool = False
    ) -> None:
        self._session = session
        self._hooks = hooks
        self._can_defer = can_defer
        self._can_wait = False
        self._gate = PermissionGate(session, (TypedPanel if typed else Panel)(session, hooks))
        self.denials: list[Denial] = []
        #: Why the turn is to end after these calls; ``None`` where it goes on.
        self.stop: str | None = None
        #: The call that a hook put off.
        self.deferred: ToolCall | None = None
        self._outcomes: dict[str, ToolOutcome] = {}
        #: The inputs that passed the gate, as hooks see them.
        self._inputs: dict[str, JsonObject] = {}

    async def run(self, calls: Sequence[ToolCall]) -> tuple[ToolOutcome, ...]:
        """Run the calls and return their outcomes in call order. Cancelled, ``outcomes`` has what there is."""
        self._outcomes, self._inputs = {}, {}
        self._can_wait = self._can_defer and len(calls) == 1
        for batch in _batches([self._prepare(call) for call in calls]):
            if self.stop is not None:
                for prepared in batch:
                    self._finish(_failed(prepared.call, f"Not run: {self.stop}.", "denied"))
            elif len(batch) == 1:
                await self._judge_and_run(batch[0])
            else:
                await self._run_together(batch)
        return self.outcomes(calls)

    def outcomes(self, calls: Sequence[ToolCall]) -> tuple[ToolOutcome, ...]:
        """Return an outcome for every call; those without one were interrupted."""
        return tuple(self._outcomes.get(call.id) or _failed(call, _NOT_RUN, "interrupted") for call in calls)

    def hook_input(self, call: ToolCall) -> JsonObject:
        """Return a call's input as its hooks saw it: what ran, or what the model wanted where nothing did."""
        found = self._inputs.get(call.id)
        if found is not None:
            return found
        prepared = self._prepare(call)
        if prepared.tool is None:
            return call.input
        try:
            return prepared.tool.hook_input(prepared.parsed, ToolContext(self._session, call))
        except Exception:  # isolation boundary: a tool's own code may fail; the gate has told it
            return call.input

    async def _run_together(self, batch: Sequence[_Prepared]) -> None:
        limit = asyncio.Semaphore(CONCURRENCY)

        async def run(ready: _Ready) -> None:
            async with limit:
                await self._run(ready)

        ready = [one for prepared in batch if (one := await self._judge(prepared)) is not None]
        if self.stop is not None:
            for one in ready:
                self._finish(_failed(one.prepared.call, f"Not run: {self.stop}.", "denied"))
            return
        async with asyncio.TaskGroup() as group:
            for one in ready:
                if one.reads_only:
                    group.create_task(run(one), name=f"tool:{one.prepared.call.name}")
        for one in ready:
            if not one.reads_only:
                await self._session.sync()
                await self._run(one)

    async def _judge_and_run(self, prepared: _Prepared) -> None:
        ready = await self._judge(prepared)
        if ready is None:
            return
        if not ready.reads_only:
            await self._session.sync()
        await self._run(ready)

    def _prepare(self, call: ToolCall) -> _Prepared:
        if call.fault is not None:
            return _Prepared(call, outcome=_failed(call, f"{call.name} was not run: {call.fault}", "invalid"))
        context = ToolContext(self._session, call)
        try:
            tool = self._session.kernel.tool(call.name)
            if tool is None:
                return _Prepared(call, outcome=_failed(call, self._unknown(call.name), "invalid"))
            parsed = validated(tool, call.input)
            return _Prepared(call, tool, parsed, tool.is_read_only(parsed, context))
        except (ToolError, PluginError) as fault:
            return _Prepared(call, outcome=_failed(call, str(fault), "invalid"))
        except (
            Exception,
            SystemExit,
        ) as fault:  # isolation boundary: a tool's own checks may fail in any way
            return _Prepared(
                call, outcome=_failed(call, f"{call.name}: {type(fault).__name__}: {fault}", "failed")
            )

    def _unknown(self, name: str) -> str:
        from difflib import get_close_matches

        missing = self._session.kernel.missing("gaff_register_tools", name)
        if missing:
            return f"There is no tool {name}: {missing}."
        names = [one.name for one in self._session.kernel.contributed("gaff_register_tools")]
        near = get_close_matches(name, names, 1)
        hint = f" Did you mean {near[0]}?" if near else ""
        return f"There is no tool {name}.{hint} The tools are: {', '.join(sorted(names))}."

    async def _judge(self, prepared: _Prepared) -> _Ready | None:
        if prepared.outcome is not None or prepared.tool is None:
            self._finish(prepared.outcome or _failed(prepared.call, "it cannot be run", "invalid"))
            return None
        if self.stop is not None:
            self._finish(_failed(prepared.call, f"Not run: {self.stop}.", "denied"))
            return None
        context = ToolContext(self._session, prepared.call)
        judgement = await self._gate.judge(prepared.tool, prepared.parsed, context, can_wait=self._can_wait)
        if judgement.behavior == "defer":
            self.deferred = prepared.call
            return None
        if judgement.behavior == "allow":
            self._inputs[prepared.call.id] = judgement.hook_input
            reads_only = prepared.read_only and _still_reads_only(prepared, judgement.input, context)
            return _Ready(
                prepared, judgement.input, judgement.hook_input, judgement.contexts, context, reads_only
            )
        self.stop = judgement.stop or self.stop
        self.denials.append(Denial(prepared.call.name, prepared.call.id, prepared.call.input))
        outcome = _failed(prepared.call, judgement.message, "denied")
        self._finish(replace(outcome, notes=judgement.contexts))
        return None

    async def _run(self, ready: _Ready) -> None:
        call = ready.prepared.call
        self._session.publish(ToolStarted(call, ready.hook_input))
        started = perf_counter()
        try:
            output = await self._output(ready)
            self._count(ready, output, started)
        except asyncio.CancelledError:
            self._finish(_failed(call, _INTERRUPTED, "interrupted"))
            raise
        except (ToolError, PluginError) as fault:
            await self._fail(ready, str(fault), started)
        # isolation boundary: a tool's own code may fail in any way, leave, or hold everything up
        except (Exception, SystemExit, HeldUp) as fault:
            await self._fail(ready, f"{call.name} failed: {type(fault).__name__}: {fault}", started)
        else:
            await self._succeed(ready, output, _milliseconds(started))

    def _count(self, ready: _Ready, output: ToolOutput, started: float) -> None:
        """Count what the tool's plugin cost in time and in tokens."""
        kernel = self._session.kernel
        plugin = kernel.plugin_of("gaff_register_tools", ready.tool.name)
        kernel.health.took(plugin, (perf_counter() - started) * 1000)
        kernel.health.added(plugin, _text(output))

    async def _output(self, ready: _Ready) -> ToolOutput:
        run = ToolRun(ready.context, ready.tool.name, ready.hook_input)
        async with self._hooks.tool_call(run):
            if run.output is None:
                run.output = await self._in_time(ready)
        return _checked(ready.tool.name, run.output, self._is_from_outside(ready))

    def _is_from_outside(self, ready: _Ready) -> bool:
        """Whether a plugin that does not come with gaff had a hand in what the tool returns."""
        kernel = self._session.kernel
        plugin = kernel.plugin_of("gaff_register_tools", ready.tool.name)
        return not kernel.plugins.is_built_in(plugin) or kernel.listens("gaff_tool_call")

    async def _in_time(self, ready: _Ready) -> ToolOutput:
        kernel, name = self._session.kernel, ready.tool.name
        plugin = kernel.plugin_of("gaff_register_tools", name)

        def slow(ms: float) -> None:
            kernel.health.slow(Failure(plugin, f"the tool {name}", f"held up the shell for {ms:.0f} ms", ms))

        limit = asyncio.timeout(ready.tool.deadline)
        try:
            async with limit:
                return await WATCHDOG.drive(plugin, ready.tool.run(ready.input, ready.context), slow)
        except TimeoutError as fault:
            if not limit.expired():
                raise
            text = f"{ready.tool.name} took longer than {ready.tool.deadline:g} s and was stopped."
            raise ToolError(text) from fault

    async def _succeed(self, ready: _Ready, output: ToolOutput, duration: int) -> None:
        from gaff.hooks.answers import ToolFeedback
        from gaff.hooks.events import PostToolUse

        call = ready.prepared.call
        if output.is_error:
            await self._after_failure(ready, _text(output), duration, output)
            return
        event = PostToolUse(
            context=self._session.event_context,
            tool_name=call.name,
            tool_input=ready.hook_input,
            tool_use_id=call.id,
            tool_response=output.response,
            duration_ms=duration,
        )
        # What ran has run, even if the hooks are interrupted.
        self._outcomes[call.id] = ToolOutcome(call, self._bounded(call, output), duration)
        feedback, _ = await self._hooks.post_tool_use(event, ToolFeedback(output=output))
        self._session.warn_all(feedback.system_messages)
        if feedback.stop:
            self.stop = feedback.stop_reason or "stopped by a hook"
        notes = (*ready.contexts, *feedback.objections, *feedback.contexts)
        self._finish(ToolOutcome(call, self._bounded(call, feedback.output), duration, "done", notes))

    async def _fail(self, ready: _Ready, message: str, started: float) -> None:
        output = ToolOutput(message, None, is_error=True)
        await self._after_failure(ready, message, _milliseconds(started), output)

    async def _after_failure(self, ready: _Ready, error: str, duration: int, output: ToolOutput) -> None:
        from gaff.hooks.events import PostToolUseFailure

        call = ready.prepared.call
        event = PostToolUseFailure(
            context=self._session.event_context,
            tool_name=call.name,
            tool_input=ready.hook_input,
            tool_use_id=call.id,
            error=error,
            is_interrupt=False,
            duration_ms=duration,
        )
        self._outcomes[call.id] = ToolOutcome(call, self._bounded(call, output), duration, "failed")
        answers = await self._hooks.post_tool_use_failure(event)
        self._session.warn([answer.value for answer in answers])
        for answer in answers:
            if answer.value.stop:
                self.stop = answer.value.stop_reason or "stopped by a hook"
        objections = tuple(answer.value.block for answer in answers if answer.value.block)
        notes = (*ready.contexts, *objections, *contexts(answers))
        self._finish(ToolOutcome(call, self._bounded(call, output), duration, "failed", notes))

    def _finish(self, outcome: ToolOutcome) -> None:
        self._outcomes[outcome.call.id] = outcome
        self._session.publish(ToolFinished(outcome))

    def _bounded(self, call: ToolCall, output: ToolOutput) -> ToolOutput:
        """Return the output, its text saved to a file and cut where it is too long for any model."""
        if not isinstance(output.content, str) or len(output.content) <= _LONGEST:
            return output
        try:
            path = self._session.results_dir / f"{uuid4().hex}.txt"
            path.write_text(output.content, encoding="utf-8", errors="surrogatepass")
            where = f"all of it is in {path}"
        except OSError as fault:
            where = f"the rest is lost: it could not be saved ({fault.strerror})"
        half = _LONGEST // 8
        cut = f"{output.content[:half]}\n\n[... cut; {where} ...]\n\n{output.content[-half:]}"
        return ToolOutput(cut, output.response, output.is_error)


@dataclass(frozen=True)
class _Ready:
    """A call that passed the gate."""

    prepared: _Prepared
    input: Any
    hook_input: Any
    contexts: tuple[str, ...]
    context: ToolContext
    reads_only: bool

    @property
    def tool(self) -> Tool[Any]:
        """The tool."""
        assert self.prepared.tool is not None
        return self.prepared.tool


def _still_reads_only(prepared: _Prepared, parsed: Any, context: ToolContext) -> bool:
    """Whether the input that hooks or the user put in place of the call's changes nothing either."""
    if parsed is prepared.parsed or prepared.tool is None:
        return True
    try:
        return prepared.tool.is_read_only(parsed, context)
    except Exception:  # isolation boundary: a tool's own check may fail; then the call runs alone
        return False


def _checked(name: str, output: object, from_outside: bool) -> ToolOutput:
    """Return a tool's output if it is one; of a plugin from outside it is also tried whether it is JSON.

    Raises:
        ToolError: it is something else.
    """
    if not isinstance(output, ToolOutput):
        raise ToolError(f"{name} returned {type(output).__name__}, not a ToolOutput")
    content = cast("object", output.content)
    if from_outside:
        try:
            encode(content)
        except (TypeError, ValueError, RecursionError) as fault:
            raise ToolError(f"{name} returned a ToolOutput whose content is no JSON: {fault}") from fault
    if isinstance(content, str):
        return output
    if isinstance(content, Sequence) and all(is_object(block) for block in cast("Sequence[object]", content)):
        return output
    raise ToolError(f"{name} returned a ToolOutput whose content is neither text nor content blocks")


def _batches(calls: Sequence[_Prepared]) -> Iterator[list[_Prepared]]:
    """Yield runs of read-only calls together, and every other call alone.

    Each batch is judged right before it runs, so that a call is judged in the world it runs in.
    """
    together: list[_Prepared] = []
    for call in calls:
        if call.read_only:
            together.append(call)
            continue
        if together:
            yield together
            together = []
        yield [call]
    if together:
        yield together


def _failed(call: ToolCall, message: str, status: str) -> ToolOutcome:
    return ToolOutcome(call, ToolOutput(message, None, is_error=True), None, status)


def _milliseconds(started: float) -> int:
    return round((perf_counter() - started) * 1000)


def _text(output: ToolOutput) -> str:
    from gaff.hooks.messages import content_text

    return content_text(output.content)
