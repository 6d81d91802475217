"""The one way every tool call takes to be allowed.

PreToolUse hooks, then for each action of the call the votes of the permission policies, then, where
the outcome is *ask*, PermissionRequest hooks and the user. Whatever fails on the way denies. The
trail of all that was said goes into the transcript.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from gaff.hooks.errors import ToolError
from gaff.hooks.permissions import (
    Action,
    Behavior,
    Decision,
    Destination,
    PermissionUpdate,
    Rule,
    TrailStep,
    Verdict,
    strictest,
)
from gaff.hooks.values import JsonObject

if TYPE_CHECKING:
    from gaff.hooks.interface import PermissionAnswer
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

    def __init__(self, session: Session, hooks: Hooks) -> None:
        self._session = session
        self._hooks = hooks

    async def judge(self, tool: Tool[Any], parsed: Any, context: ToolContext) -> Judgement:
        """Judge a call with a valid input. Never raises but for cancellation: what fails is denied."""
        trail: list[TrailStep] = []
        try:
            judgement = await self._judge(tool, parsed, context, trail)
        except Refused as refusal:
            judgement = Judgement("deny", parsed, {}, str(refusal), stop=refusal.stop)
        except ToolError as fault:
            judgement = Judgement("deny", parsed, {}, str(fault))
        except Exception as fault:  # a gate that fails denies, whatever the reason
            reason = f"the permission check of {tool.name} failed: {type(fault).__name__}: {fault}"
            judgement = Judgement("deny", parsed, {}, reason)
        self._session.record(
            {
                "type": "gaff-decision",
                "toolUseId": context.call.id,
                "toolName": tool.name,
                "behavior": judgement.behavior,
                "reason": judgement.message,
                "trail": [step.to_json() for step in trail],
            }
        )
        return judgement

    async def _judge(
        self, tool: Tool[Any], parsed: Any, context: ToolContext, trail: list[TrailStep]
    ) -> Judgement:
        hook_input = tool.hook_input(parsed, context)
        before = await self._before(tool, hook_input, context, trail)
        contexts = tuple(one.additional_context for one in before.decisions if one.additional_context)
        if before.updated_input is not None:
            parsed = validated(tool, before.updated_input)
            hook_input = tool.hook_input(parsed, context)
        verdicts = await self._votes(tool, parsed, hook_input, context, before, trail)
        behavior = strictest(verdict.behavior for _, verdict in verdicts)
        _refuse_denied(tool, verdicts)
        if behavior != "allow":
            changed = await self._ask(tool, parsed, hook_input, context, verdicts, trail)
            if changed is not parsed:
                parsed, hook_input = changed, tool.hook_input(changed, context)
                _refuse_denied(tool, await self._votes(tool, parsed, hook_input, context, before, trail))
        return Judgement("allow", parsed, hook_input, contexts=contexts)

    async def _before(
        self, tool: Tool[Any], hook_input: JsonObject, context: ToolContext, trail: list[TrailStep]
    ) -> Gate:
        from gaff.hooks.events import PreToolUse

        event = PreToolUse(
            context=self._session.event_context,
            tool_name=tool.name,
            tool_input=hook_input,
            tool_use_id=context.call.id,
        )
        gate = await self._hooks.pre_tool_use(event)
        trail += gate.trail
        self._session.warn(gate.decisions)
        stopping = next((one for one in gate.decisions if one.stop), None)
        if stopping is not None:
            raise Refused(
                stopping.reason or "a hook ended the turn", stopping.stop_reason or "stopped by a hook"
            )
        if gate.behavior == "deny" and gate.winner is not None:
            decision = gate.decision
            stop = "interrupted by a hook" if decision is not None and decision.interrupt else None
            raise Refused(gate.winner.reason or f"{gate.winner.plugin} denied this call", stop)
        return gate

    async def _votes(
        self,
        tool: Tool[Any],
        parsed: Any,
        hook_input: JsonObject,
        context: ToolContext,
        before: Gate,
        trail: list[TrailStep],
    ) -> list[tuple[Action, Verdict]]:
        from gaff.hooks.events import PermissionCheck

        read_only = tool.is_read_only(parsed, context)
        verdicts: list[tuple[Action, Verdict]] = []
        for action in tool.actions(parsed, context) or (Action("use", tool.name),):
            event = PermissionCheck(
                context=self._session.event_context,
                session=self._session,
                tool_name=tool.name,
                tool_input=hook_input,
                action=action,
                read_only=read_only,
            )
            gate = await self._hooks.check_permission(event)
            trail += gate.trail
            verdicts.append(
                (action, _with_hooks(gate.verdict("ask", "no rule or mode allows it"), gate, before))
            )
        return verdicts

    async def _ask(
        self,
        tool: Tool[Any],
        parsed: Any,
        hook_input: JsonObject,
        context: ToolContext,
        verdicts: Sequence[tuple[Action, Verdict]],
        trail: list[TrailStep],
    ) -> Any:
        """Return the input to run, which the answer may have changed."""
        asked = tuple((action, verdict) for action, verdict in verdicts if verdict.behavior != "allow")
        suggestions = suggested(tool.name, [action for action, _ in asked])
        decision = await self._answer_of_hooks(tool, hook_input, suggestions, trail)
        if decision is None:
            answer = await self._session.ask_permission(context.call, hook_input, asked, suggestions)
            decision = _answered(tool, asked, answer)
            trail.append(TrailStep("user", "gaff_ask_user", decision.behavior, decision.reason, 0.0))
        if decision.behavior != "allow":
            raise Refused(decision.reason, "interrupted by the user" if decision.interrupt else None)
        if decision.updates:
            await self._session.update_permissions(decision.updates)
        return parsed if decision.updated_input is None else validated(tool, decision.updated_input)

    async def _answer_of_hooks(
        self,
        tool: Tool[Any],
        hook_input: JsonObject,
        suggestions: Sequence[PermissionUpdate],
        trail: list[TrailStep],
    ) -> Decision | None:
        from gaff.hooks.events import PermissionRequest

        event = PermissionRequest(
            context=self._session.event_context,
            tool_name=tool.name,
            tool_input=hook_input,
            permission_suggestions=suggestions,
        )
        gate = await self._hooks.permission_request(event)
        trail += gate.trail
        if gate.winner is None or gate.behavior not in ("allow", "deny"):
            return None
        reason = gate.winner.reason or f"{gate.winner.plugin} denied this call"
        return gate.decision or Decision("deny", reason)


def _refuse_denied(tool: Tool[Any], verdicts: Sequence[tuple[Action, Verdict]]) -> None:
    denied = next((verdict for _, verdict in verdicts if verdict.behavior == "deny"), None)
    if denied is not None:
        raise Refused(denied.message or f"Permission to use {tool.name} was denied: {denied.reason}.")


def _with_hooks(verdict: Verdict, gate: Gate, before: Gate) -> Verdict:
    """Join the policies' verdict with the PreToolUse hooks': their allow spares a question, no more."""
    if before.behavior in ("ask", "defer") and verdict.behavior != "deny":
        winner = before.winner
        return replace(verdict, behavior="ask", reason=winner.reason if winner else verdict.reason)
    if before.behavior == "allow" and gate.behavior is None:
        return replace(verdict, behavior="allow", reason="allowed by a PreToolUse hook")
    return verdict


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
