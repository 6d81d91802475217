"""A turn: from the user's prompt to the model's last word.

prompt -> UserPromptSubmit -> request -> answer -> tool calls -> results -> request ... -> Stop
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final, NoReturn

from gaff.hooks.errors import ModelError, PluginError
from gaff.hooks.messages import Message, ToolCall, Usage, text_block
from gaff.hooks.stream import Denial, MessageAdded, Notice, TurnResult
from gaff.hooks.tools import ToolOutcome
from gaff.hooks.values import Json, JsonObject

from .asking import Asking
from .assemble import Assembly
from .calls import CallRunner
from .conversation import Deferred
from .facade import contexts

if TYPE_CHECKING:
    from gaff.hooks.messages import PromptOrigin

    from .facade import Hooks
    from .session import Session

#: Stop hooks may object this often in a row, unless the environment says otherwise.
_STOP_BLOCKS: Final = 8
#: Answers cut at the output limit that are gone on from, in a row.
_CUT_ANSWERS: Final = 3

_CUT_CALL: Final = (
    "Your answer reached the output limit in the middle of a call of {name}, so nothing was run. "
    "Do it in smaller pieces."
)
_CUT_TEXT: Final = "Your answer reached the output limit. Go on right where it ended."
_INTERRUPT_MARK: Final = "[Request interrupted by user]"
_INTERRUPT_MARK_TOOLS: Final = "[Request interrupted by user for tool use]"


class _Ended(Exception):
    """The turn is over, for this reason."""

    def __init__(
        self,
        reason: str,
        text: str | None = None,
        *,
        subtype: str = "success",
        error: bool = False,
        deferred: ToolCall | None = None,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.text = text
        self.subtype: Any = subtype
        self.error = error
        self.deferred = deferred
        self.status: int | None = None


@dataclass
class _Count:
    """What a turn has used."""

    turns: int = 0
    started: float = field(default_factory=perf_counter)
    usage: Usage = field(default_factory=Usage)
    by_model: dict[str, Usage] = field(default_factory=dict[str, Usage])
    cost_by_model: dict[str, float] = field(default_factory=dict[str, float])
    cut_answers: int = 0
    stop_blocks: int = 0


class Turn:
    """One turn of a session."""

    def __init__(self, session: Session, hooks: Hooks) -> None:
        self._session = session
        self._hooks = hooks
        self._asking = Asking(session, hooks)
        # Where somebody can be asked, nothing needs to wait for another time.
        self._runner = CallRunner(session, hooks, can_defer=not session.kernel.interactive)
        self._count = _Count()
        self._text = ""
        self._stop_reason: str | None = None
        #: Whether the next answer goes on where the last one was cut.
        self._continued = False
        #: What an interrupt now would break off.
        self._phase = "aborted_streaming"

    async def run(self, prompt: Sequence[JsonObject], origin: PromptOrigin) -> TurnResult:
        """Run to the end, whichever it is; only a cancellation that is no interrupt is raised."""
        try:
            return await self._to_the_end(prompt, origin)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if not self._session.interrupted or task is None:
                raise
            task.uncancel()
            return self._result(self._interrupted())

    async def _to_the_end(self, prompt: Sequence[JsonObject], origin: PromptOrigin) -> TurnResult:
        try:
            blocks = await self._admit(prompt, origin) if prompt else []
            deferred = self._session.conversation.deferred
            if deferred is None:
                self._add_user([*self._session.take_reminders(), *blocks])
            else:
                await self._go_on(replace(deferred, rest=(*deferred.rest, *blocks)))
            while True:
                await self._step()
        except _Ended as end:
            return self._result(end)
        except ModelError as fault:
            return await self._model_failed(fault)

    def _interrupted(self) -> _Ended:
        return _Ended(self._phase, self._text or "Interrupted.", subtype="error_during_execution", error=True)

    async def _admit(self, prompt: Sequence[JsonObject], origin: PromptOrigin) -> list[JsonObject]:
        """Ask the hooks about a prompt and return it with what they add; raise the end where they refuse."""
        from gaff.hooks.events import UserPromptSubmit

        text = Message("user", tuple(prompt)).text
        event = UserPromptSubmit(context=self._session.event_context, prompt=text, origin=origin)
        gate = await self._hooks.user_prompt_submit(event)
        self._session.warn(gate.decisions)
        if gate.behavior == "deny" and gate.winner is not None:
            raise _Ended("hook_stopped", f"The prompt was not sent: {gate.winner.reason}", error=True)
        if gate.stopping is not None:
            raise _Ended("hook_stopped", gate.stopping.stop_reason or "Stopped by a hook.")
        added = [one.additional_context for one in gate.decisions if one.additional_context]
        return [*map(reminder, added), *prompt]

    async def _queued(self) -> list[JsonObject]:
        """Take the prompts that wait; those that hooks refuse are dropped, and the user is told."""
        blocks: list[JsonObject] = []
        for prompt, origin in self._session.waiting.take():
            try:
                blocks += await self._admit([text_block(prompt)], origin)
            except _Ended as refused:
                self._session.publish(Notice("warning", str(refused.text)))
        return blocks

    async def _step(self) -> None:
        """Ask the model once, and do what it asks for."""
        if self._session.interrupted:
            # A plugin that swallows the cancellation must not make the turn go on.
            raise self._interrupted()
        self._check_budget()
        assembly = await self._ask()
        calls = assembly.calls
        if assembly.stop_reason == "max_tokens":
            self._answer_was_cut(assembly, calls)
        elif calls:
            await self._run_calls(calls)
        elif assembly.stop_reason != "pause_turn":
            await self._stop()

    async def _ask(self) -> Assembly:
        self._count.turns += 1
        self._phase = "aborted_streaming"
        try:
            assembly = await self._answer()
        except asyncio.CancelledError:
            self._keep_partial(_INTERRUPT_MARK if self._session.interrupted else None)
            raise
        except ModelError:
            self._keep_partial(None)
            raise
        self._count_usage(assembly.usage)
        self._stop_reason = assembly.stop_reason
        raw = assembly.message(self._session.model.name)
        if not assembly.content():
            raw = {**raw, "content": [text_block("[empty answer]")]}
        self._add_assistant(raw)
        text = Message("assistant", assembly.content()).text
        self._text = self._text + text if self._continued else text or self._text
        self._continued = assembly.stop_reason in ("max_tokens", "pause_turn")
        return assembly

    async def _answer(self) -> Assembly:
        """Ask the model, with room made where the conversation fills its window, or the server says so."""
        session = self._session
        # One exchange cannot be made smaller.
        if len(session.conversation.messages) > 2 and await session.compaction.before_request(
            self._count_usage
        ):
            self._add_reminders()
        try:
            return await self._asking.ask()
        except ModelError as fault:
            if not await session.compaction.after_refusal(fault, self._count_usage):
                raise
        self._add_reminders()
        return await self._asking.ask()

    def _add_reminders(self) -> None:
        reminders = self._session.take_reminders()
        if reminders:
            self._add_user(reminders, synthetic=True)

    def _keep_partial(self, mark: str | None) -> None:
        """Keep what the model wrote before its answer broke off."""
        partial = self._asking.partial
        if partial is not None:
            self._count_usage(partial.usage)
            content = [block for block in partial.content() if block.get("type") != "tool_use"]
            if content:
                self._add_assistant({**partial.message(self._session.model.name), "content": content})
                self._text = Message("assistant", tuple(content)).text or self._text
        if mark is not None:
            self._session.remind_text(mark)

    def _answer_was_cut(self, assembly: Assembly, calls: Sequence[ToolCall]) -> None:
        self._count.cut_answers += 1
        if self._count.cut_answers > _CUT_ANSWERS:
            raise _Ended("model_error", "The answer reached the output limit again and again.", error=True)
        name = assembly.cut_call or (calls[0].name if calls else None)
        advice = _CUT_CALL.format(name=name) if name else _CUT_TEXT
        results = [_result_block(call.id, advice) for call in calls]
        self._add_user(results or [reminder(advice)], synthetic=True)

    async def _go_on(self, deferred: Deferred) -> None:
        """Run a call that was put off, as if the model had just made it."""
        session, name = self._session, deferred.call.name
        if not session.kernel.interactive and not _is_there(session, name):
            session.conversation.defer(deferred)
            self._stop_reason = "tool_deferred_unavailable"
            text = f"The call that was put off cannot be gone on with: there is no tool {name} now."
            raise _Ended(self._stop_reason, text, error=True, deferred=deferred.call)
        await self._run_calls([deferred.call], deferred.rest)

    async def _run_calls(self, calls: Sequence[ToolCall], more: Sequence[JsonObject] = ()) -> None:
        """Run the calls and add their results, and ``more``, whatever happens on the way.

        No call stays unanswered but one that a hook put off.
        """
        self._count.cut_answers = 0
        self._phase = "aborted_tools"
        stop, rest = None, list(more)
        try:
            outcomes = await self._runner.run(calls)
            stop = None if self._runner.deferred else await self._after_batch(outcomes)
            rest = [*self._session.take_reminders(), *more, *await self._queued()]
        except asyncio.CancelledError:
            # Without the user's interrupt the process is ending, and the turn goes on when it is resumed.
            rest = [*([text_block(_INTERRUPT_MARK_TOOLS)] if self._session.interrupted else []), *more]
            raise
        finally:
            if self._runner.deferred is None:
                self._add_results(self._runner.outcomes(calls), rest)
        if self._runner.deferred is not None:
            self._defer(Deferred(self._runner.deferred, tuple(rest)))
        if stop is not None:
            raise _Ended("hook_stopped" if self._runner.stop is None else "aborted_tools", stop)

    def _defer(self, deferred: Deferred) -> NoReturn:
        """End the turn with a call that goes on when the session is resumed."""
        session = self._session
        session.conversation.defer(deferred)
        self._stop_reason = "tool_deferred"
        told = f"a hook put {deferred.call.name} off; go on with: gaff -p --resume {session.id}"
        session.publish(Notice("warning", told))
        raise _Ended("tool_deferred", deferred=deferred.call)

    async def _after_batch(self, outcomes: Sequence[ToolOutcome]) -> str | None:
        """Tell hooks that the calls are through; return why the turn is to end."""
        from gaff.hooks.events import PostToolBatch

        calls = [_batch_entry(outcome, self._runner.hook_input(outcome.call)) for outcome in outcomes]
        event = PostToolBatch(context=self._session.event_context, tool_calls=calls)
        gate = await self._hooks.post_tool_batch(event)
        self._session.warn(gate.decisions)
        for decision in gate.decisions:
            if decision.additional_context:
                self._session.remind(decision.additional_context)
        if self._runner.stop is not None:
            return self._runner.stop
        if gate.behavior == "deny" and gate.winner is not None:
            return gate.winner.reason
        return None if gate.stopping is None else gate.stopping.stop_reason or "Stopped by a hook."

    async def _stop(self) -> None:
        """Let hooks object to the end; raise the end where none does."""
        from gaff.hooks.events import Stop

        queued = await self._queued()
        if queued:
            self._add_user(queued)
            return
        event = Stop(
            context=self._session.event_context,
            stop_hook_active=self._count.stop_blocks > 0,
            last_assistant_message=self._text,
            background_tasks=self._session.background_facts,
        )
        answers = await self._hooks.stop(event)
        self._session.warn([answer.value for answer in answers])
        stopping = next((answer.value for answer in answers if answer.value.stop), None)
        objections = [answer.value.block for answer in answers if answer.value.block] + contexts(answers)
        if stopping is not None:
            # The answer is the turn's result, so the reason is told beside it.
            self._session.warn_all([stopping.stop_reason] if stopping.stop_reason else [])
            raise _Ended("stop_hook_prevented")
        if not objections:
            raise _Ended("completed")
        self._count.stop_blocks += 1
        given = self._session.kernel.environ.get("CLAUDE_CODE_STOP_HOOK_BLOCK_CAP", "")
        most = int(given) if given.isdecimal() else _STOP_BLOCKS
        if self._count.stop_blocks > most:
            self._session.publish(Notice("warning", f"Stop hooks objected {most} times; stopped."))
            raise _Ended("stop_hook_prevented")
        self._add_user([reminder(f"Stop hook feedback: {one}") for one in objections], synthetic=True)

    def _check_budget(self) -> None:
        excess = self._session.limits.reached(self._session, self._count.turns)
        if excess is not None:
            raise _Ended(excess.reason, excess.text, subtype=excess.subtype, error=True)

    def _count_usage(self, usage: Usage) -> None:
        model = self._session.model
        self._count.usage += usage
        self._count.by_model[model.name] = self._count.by_model.get(model.name, Usage()) + usage
        cost = self._count.cost_by_model.get(model.name, 0.0) + self._session.add_usage(usage)
        self._count.cost_by_model[model.name] = cost

    def _add_user(self, blocks: Sequence[JsonObject], *, synthetic: bool = False, **extra: Json) -> None:
        if synthetic:
            extra["isMeta"] = True
        identity = self._session.conversation.add_user(blocks, promptId=self._session.prompt_id, **extra)
        self._session.publish(MessageAdded(Message("user", tuple(blocks)), identity, synthetic=synthetic))

    def _add_assistant(self, raw: JsonObject) -> None:
        identity = self._session.conversation.add_assistant(raw)
        self._session.publish(MessageAdded(self._session.conversation.messages[-1], identity, raw))

    def _add_results(self, outcomes: Sequence[ToolOutcome], rest: Sequence[JsonObject]) -> None:
        notes = [reminder(note) for outcome in outcomes for note in outcome.notes]
        blocks = [*(result_block(outcome) for outcome in outcomes), *notes, *rest]
        extra: dict[str, Json] = {}
        if len(outcomes) == 1:
            extra["toolUseResult"] = outcomes[0].output.response
        identity = self._session.conversation.add_user(blocks, promptId=self._session.prompt_id, **extra)
        self._session.publish(
            MessageAdded(Message("user", tuple(blocks)), identity, outcomes=tuple(outcomes))
        )

    async def _model_failed(self, fault: ModelError) -> TurnResult:
        from gaff.hooks.events import StopFailure

        event = StopFailure(
            context=self._session.event_context,
            error=_DOCUMENTED_ERRORS.get(fault.kind, fault.kind),
            error_details=fault.message,
            last_assistant_message=self._text or None,
        )
        await self._hooks.stop_failure(event)
        reason = "prompt_too_long" if fault.kind == "prompt_too_long" else "api_error"
        end = _Ended(reason, fault.message, error=True)
        end.status = fault.status
        return self._result(end)

    def _result(self, end: _Ended) -> TurnResult:
        count = self._count
        denials: tuple[Denial, ...] = tuple(self._runner.denials)
        return TurnResult(
            subtype=end.subtype,
            terminal_reason=end.reason,
            is_error=end.error,
            text=end.text if end.text is not None else self._text,
            turns=count.turns,
            duration_ms=round((perf_counter() - count.started) * 1000),
            api_ms=round(self._asking.seconds * 1000),
            usage=count.usage,
            usage_by_model=tuple(count.by_model.items()),
            cost_by_model=tuple(count.cost_by_model.items()),
            cost_usd=sum(count.cost_by_model.values()),
            stop_reason=self._stop_reason,
            error_status=end.status,
            denials=denials,
            deferred=end.deferred,
            first_token_ms=self._asking.first_token_ms,
        )


#: Kinds of faults that the documented StopFailure event calls otherwise.
_DOCUMENTED_ERRORS: Final = {
    "prompt_too_long": "invalid_request",
    "connection_failed": "server_error",
    "stream_cut": "server_error",
    "stream_stalled": "server_error",
    "malformed_stream": "server_error",
}


def _is_there(session: Session, name: str) -> bool:
    try:
        return session.kernel.tool(name) is not None
    except PluginError:
        return False


def reminder(text: str) -> JsonObject:
    """Return a text block that the model takes for gaff's word, not the user's."""
    inner = re.sub(r"</?system-reminder>", "", text)
    return text_block(f"<system-reminder>\n{inner}\n</system-reminder>")


def result_block(outcome: ToolOutcome) -> JsonObject:
    """Return the ``tool_result`` block of an outcome."""
    return _result_block(outcome.call.id, outcome.output.content, is_error=outcome.is_error)


def _result_block(call_id: str, content: str | Sequence[JsonObject], *, is_error: bool = True) -> JsonObject:
    sent: Json = (
        (content if content.strip() else "(no output)") if isinstance(content, str) else list(content)
    )
    block: dict[str, Json] = {"type": "tool_result", "tool_use_id": call_id, "content": sent}
    return {**block, "is_error": True} if is_error else block


def _batch_entry(outcome: ToolOutcome, hook_input: JsonObject) -> JsonObject:
    return {
        "tool_name": outcome.call.name,
        "tool_input": hook_input,
        "tool_use_id": outcome.call.id,
        "tool_response": result_block(outcome)["content"],
    }
