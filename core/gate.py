"""The one way every tool call takes to be allowed.

PreToolUse hooks, then for each action of the call the votes of the permission policies, then, where
the outcome is *ask*, PermissionRequest hooks and the user. Whatever fails on the way denies. The
trail of all that was said goes into the transcript.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

from gaff.hooks.errors import ToolError
from gaff.hooks.permissions import (
    Action,
    Behavior,
    Decision,
    Destination,
    Judged,
    PermissionUpdate,
    Rule,
    Verdict,
    strictest,
)
from gaff.hooks.values import JsonObject

from .panel import Panel
from .trail import Trail

if TYPE_CHECKING:
    from gaff.hooks.interface import PermissionAnswer
    from gaff.hooks.session import Session as AnySession
    from gaff.hooks.tools import Tool, ToolContext

    from .facade import Gate, Hooks
    from .session import Session

#: Which rules speak of which actions; others go by the tool's own name.
_RULE_TOOLS: Final = {"read": "Read", "write": "Edit", "delete": "Edit"}


@dataclass(frozen=True)
class Judgement:
    """What the gate made of a call."""

    behavior: Behavior
    input: Any
    hook_input: JsonObject
    #: For the model, where the call is denied.
    message: str = ""
    #: Texts of hooks for the model.
    contexts: tuple[str, ...] = ()
    #: The turn is to end, for this reason.
    stop: str | None = None


class Refused(Exception):
    """A call did not pass. ``stop`` ends the turn with this reason."""

    def __init__(self, message: str, stop: str | None = None) -> None:
        super().__init__(message)
        self.stop = stop


class PermissionGate:
    """Judges calls, one at a time."""

    def __init__(self, session: Session, panel: Panel) -> None:
        self._session = session
        self._panel = panel

    async def judge(
        self, tool: Tool[Any], parsed: Any, context: ToolContext, *, can_wait: bool = False
    ) -> Judgement:
        """Judge a call with a valid input. Never raises but for cancellation: what fails is denied.

        ``can_wait`` says that the call may be put off until the session is resumed.
        """
        trail, contexts = Trail(), list[str]()
        try:
            judgement = await self._judge(tool, parsed, context, trail, contexts, can_wait)
        except Refused as refusal:
            told = tuple(contexts)
            judgement = Judgement("deny", parsed, {}, str(refusal), contexts=told, stop=refusal.stop)
        except ToolError as fault:
            judgement = Judgement("deny", parsed, {}, str(fault), contexts=tuple(contexts))
        except Exception as fault:  # a gate that fails denies, whatever the reason
            reason = f"the permission check of {tool.name} failed: {type(fault).__name__}: {fault}"
            judgement = Judgement("deny", parsed, {}, reason)
        self._session.record(
            {
                "type": "gaff-decision",
                "toolUseId": context.call.id,
                "toolName": tool.name,
                "behavior": judgement.behavior,
                "permissionMode": self._session.mode,
                "reason": judgement.message,
                **trail.to_json(),
            }
        )
        return judgement

    async def _judge(
        self,
        tool: Tool[Any],
        parsed: Any,
        context: ToolContext,
        trail: Trail,
        contexts: list[str],
        can_wait: bool,
    ) -> Judgement:
        hook_input = tool.hook_input(parsed, context)
        before = await self._panel.before(tool, hook_input, context, trail)
        self._session.warn(before.decisions)
        contexts += [one.additional_context for one in before.decisions if one.additional_context]
        _refuse_stopped(before)
        if before.updated_input is not None:
            parsed = validated(tool, before.updated_input)
            hook_input = tool.hook_input(parsed, context)
        verdicts = await self._panel.votes(tool, parsed, hook_input, context, before, trail)
        behavior = strictest(verdict.behavior for _, verdict in verdicts)
        _refuse_denied(tool, verdicts)
        if before.behavior == "defer" and can_wait:
            return Judgement("defer", parsed, hook_input)
        if behavior != "allow" and not await self._is_reviewed(tool, hook_input, context, verdicts, trail):
            changed = await self._ask(tool, parsed, hook_input, context, verdicts, trail)
            if changed is not parsed:
                parsed, hook_input = changed, tool.hook_input(changed, context)
                _refuse_denied(
                    tool, await self._panel.votes(tool, parsed, hook_input, context, before, trail)
                )
        return Judgement("allow", parsed, hook_input, contexts=tuple(contexts))

    async def _is_reviewed(
        self,
        tool: Tool[Any],
        hook_input: JsonObject,
        context: ToolContext,
        verdicts: Sequence[tuple[Action, Verdict]],
        trail: Trail,
    ) -> bool:
        """Return whether a reviewer allows the call in the user's place."""
        decision = await self._panel.review(tool, hook_input, context, verdicts, trail)
        if decision is None:
            return False
        self._session.warn([decision])
        if decision.behavior == "deny":
            raise Refused(decision.reason, _stop_of(decision))
        return True

    async def _ask(
        self,
        tool: Tool[Any],
        parsed: Any,
        hook_input: JsonObject,
        context: ToolContext,
        verdicts: Sequence[tuple[Action, Verdict]],
        trail: Trail,
    ) -> Any:
        """Return the input to run, which the answer may have changed."""
        asked = tuple((action, verdict) for action, verdict in verdicts if verdict.behavior != "allow")
        suggestions = suggested(tool.name, [action for action, _ in asked])
        decision = await self._panel.answer_of_hooks(tool, hook_input, suggestions, trail)
        if decision is not None and decision.behavior != "allow":
            raise Refused(decision.reason, _stop_of(decision))
        if decision is None:
            started = perf_counter()
            answer = await self._session.ask_permission(context.call, hook_input, asked, suggestions)
            decision = _answered(tool, asked, answer)
            trail.add_user(
                "nobody" if answer is None else "user",
                decision.behavior or "deny",
                decision.reason,
                (perf_counter() - started) * 1000,
            )
        if decision.behavior != "allow":
            raise Refused(decision.reason, "interrupted by the user" if decision.interrupt else None)
        if decision.updates:
            await self._session.update_permissions(decision.updates)
        return parsed if decision.updated_input is None else validated(tool, decision.updated_input)


def _refuse_stopped(gate: Gate) -> None:
    """Refuse what a PreToolUse hook denied or ended the turn for."""
    if gate.stopping is not None:
        raise Refused(gate.stopping.reason or "a hook ended the turn", _stop_of(gate.stopping))
    if gate.behavior == "deny" and gate.winner is not None:
        stop = None if gate.decision is None else _stop_of(gate.decision)
        raise Refused(gate.winner.reason or f"{gate.winner.plugin} denied this call", stop)


def _stop_of(decision: Decision) -> str | None:
    """Return why a hook's answer ends the turn; ``None`` where it goes on."""
    if decision.stop:
        return decision.stop_reason or "stopped by a hook"
    return "interrupted by a hook" if decision.interrupt else None


def _refuse_denied(tool: Tool[Any], verdicts: Sequence[tuple[Action, Verdict]]) -> None:
    denied = next((verdict for _, verdict in verdicts if verdict.behavior == "deny"), None)
    if denied is not None:
        raise Refused(denied.message or f"Permission to use {tool.name} was denied: {denied.reason}.")


def _answered(
    tool: Tool[Any], asked: Sequence[tuple[Action, Verdict]], answer: PermissionAnswer | None
) -> Decision:
    if answer is None:
        why = "; ".join(dict.fromkeys(f"{action.target}: {verdict.reason}" for action, verdict in asked))
        return Decision("deny", f"Permission to use {tool.name} is needed and nobody can be asked ({why}).")
    if answer.value == "allow":
        return Decision(
            "allow", "allowed by the user", updates=answer.updates, updated_input=answer.updated_input
        )
    if answer.text:
        return Decision("deny", f"The user does not want this {tool.name} call, and says: {answer.text}")
    return Decision("deny", f"The user does not want this {tool.name} call.", interrupt=True)


async def preview(session: AnySession, hooks: Hooks, tool: Tool[Any], context: ToolContext) -> Judged:
    """Return how a call would be decided, by the same votes: nothing is run or recorded, nobody is asked.

    Never raises but for cancellation: what fails would be denied.
    """
    panel, trail = Panel(session, hooks), Trail()
    verdicts: list[tuple[Action, Verdict]] = []
    try:
        parsed = validated(tool, context.call.input)
        hook_input = tool.hook_input(parsed, context)
        before = await panel.before(tool, hook_input, context, trail)
        _refuse_stopped(before)
        if before.updated_input is not None:
            parsed = validated(tool, before.updated_input)
            hook_input = tool.hook_input(parsed, context)
        verdicts = await panel.votes(tool, parsed, hook_input, context, before, trail)
        behavior = strictest(verdict.behavior for _, verdict in verdicts)
        reason = next(verdict.reason for _, verdict in verdicts if verdict.behavior == behavior)
        decision = None
        if behavior == "ask":
            decision = await panel.review(tool, hook_input, context, verdicts, trail, preview=True)
            decision = decision or await panel.answer_of_hooks(tool, hook_input, (), trail)
    except (Refused, ToolError) as refusal:
        return Judged("deny", str(refusal), tuple(verdicts))
    except Exception as fault:  # a gate that fails denies, whatever the reason
        reason = f"the permission check of {tool.name} failed: {type(fault).__name__}: {fault}"
        return Judged("deny", reason, tuple(verdicts))
    if decision is not None and decision.behavior is not None:
        behavior, reason = decision.behavior, decision.reason
    return Judged(behavior, reason, tuple(verdicts))


def suggested(tool_name: str, actions: Sequence[Action]) -> tuple[PermissionUpdate, ...]:
    """Return what an answer could save so that the like is not asked again, at most five rules."""
    updates: list[PermissionUpdate] = []
    kinds = {action.kind for action in actions}
    if kinds & {"write", "delete"} and "run" not in kinds:
        updates.append(PermissionUpdate("setMode", "session", mode="acceptEdits"))
    rules = [
        Rule(_RULE_TOOLS.get(action.kind, tool_name), action.suggestion)
        for action in actions
        if action.suggestion and action.understood
    ]
    if "use" in kinds:
        rules.append(Rule(tool_name))
    unique = tuple(dict.fromkeys(rules))
    if unique and len(unique) <= 5 and all(action.understood for action in actions):
        destination: Destination = "session" if kinds == {"read"} else "localSettings"
        updates.append(PermissionUpdate("addRules", destination, unique))
    return tuple(updates)


def validated(tool: Tool[Any], value: JsonObject) -> Any:
    """Return the input as the tool's model.

    Raises:
        ToolError: it is not valid; the message names every fault, for the model to mend.
    """
    from pydantic import ValidationError

    try:
        return tool.input_model.model_validate(value)
    except ValidationError as fault:
        faults = [
            f"- {'.'.join(str(part) for part in error['loc']) or 'input'}: {error['msg']}"
            for error in fault.errors()
        ]
        names = ", ".join(field.alias or name for name, field in tool.input_model.model_fields.items())
        text = "\n".join(faults)
        raise ToolError(f"Invalid input for {tool.name}:\n{text}\nIts parameters are: {names}.") from fault
