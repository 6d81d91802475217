"""All who have a say about a tool call: hooks, policies and reviewers. Asking them changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gaff.hooks.permissions import Action, Decision, PermissionUpdate, Verdict, joined
from gaff.hooks.values import JsonObject

from .trail import Trail

if TYPE_CHECKING:
    from gaff.hooks.events import PermissionReview
    from gaff.hooks.session import Session
    from gaff.hooks.tools import Tool, ToolContext

    from .facade import Gate, Hooks


class Panel:
    """All who have a say about a call: hooks and policies. Asking them changes nothing."""

    def __init__(self, session: Session, hooks: Hooks) -> None:
        self._session = session
        self._hooks = hooks

    async def before(
        self, tool: Tool[Any], hook_input: JsonObject, context: ToolContext, trail: Trail
    ) -> Gate:
        """Ask the PreToolUse hooks."""
        from gaff.hooks.events import PreToolUse

        event = PreToolUse(
            context=self._session.event_context,
            tool_name=tool.name,
            tool_input=hook_input,
            tool_use_id=context.call.id,
        )
        gate = await self._hooks.pre_tool_use(event)
        trail.add(gate)
        return gate

    async def votes(
        self,
        tool: Tool[Any],
        parsed: Any,
        hook_input: JsonObject,
        context: ToolContext,
        before: Gate,
        trail: Trail,
    ) -> list[tuple[Action, Verdict]]:
        """Have the policies vote on each action of the call."""
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
            trail.add(gate, action)
            verdicts.append(
                (action, _with_hooks(gate.verdict("ask", "no rule or mode allows it"), gate, before))
            )
        return verdicts

    async def answer_of_hooks(
        self,
        tool: Tool[Any],
        hook_input: JsonObject,
        suggestions: Sequence[PermissionUpdate],
        trail: Trail,
    ) -> Decision | None:
        """Ask the PermissionRequest hooks whether one answers in the user's place."""
        from gaff.hooks.events import PermissionRequest

        event = PermissionRequest(
            context=self._session.event_context,
            tool_name=tool.name,
            tool_input=hook_input,
            permission_suggestions=suggestions,
        )
        gate = await self._hooks.permission_request(event)
        trail.add(gate)
        if gate.stopping is not None:
            reason = gate.stopping.reason or "a hook ended the turn"
            return replace(gate.stopping, behavior="deny", reason=reason)
        if gate.winner is None or gate.behavior not in ("allow", "deny"):
            return None
        reason = gate.winner.reason or f"{gate.winner.plugin} denied this call"
        return gate.decision or Decision("deny", reason)

    async def review(
        self,
        tool: Tool[Any],
        hook_input: JsonObject,
        context: ToolContext,
        verdicts: Sequence[tuple[Action, Verdict]],
        trail: Trail,
        *,
        preview: bool = False,
    ) -> Decision | None:
        """Ask whether a reviewer decides in the user's place; a denial is told to the PermissionDenied hooks."""
        from gaff.hooks.events import PermissionReview

        event = PermissionReview(
            context=self._session.event_context,
            session=self._session,
            tool_name=tool.name,
            tool_input=hook_input,
            tool_use_id=context.call.id,
            asked=tuple(one for one in verdicts if one[1].behavior != "allow"),
            preview=preview,
        )
        answer = await self._hooks.review_permission(event)
        if answer is None or answer.value.behavior not in ("allow", "deny"):
            return None
        decision = answer.value
        trail.add_answer("gaff_review_permission", answer.plugin, decision, answer.ms)
        return decision if decision.behavior == "allow" or preview else await self._denied(event, decision)

    async def _denied(self, event: PermissionReview, decision: Decision) -> Decision:
        from gaff.hooks.events import PermissionDenied

        told = PermissionDenied(
            context=event.context,
            tool_name=event.tool_name,
            tool_input=event.tool_input,
            tool_use_id=event.tool_use_id,
            reason=decision.reason,
        )
        answers = [answer.value for answer in await self._hooks.permission_denied(told)]
        notes = [answer.additional_context for answer in answers if answer.additional_context]
        if any(answer.retry for answer in answers):
            notes.append("A hook says that you may try this call again.")
        warnings = "\n".join(answer.system_message for answer in answers if answer.system_message)
        reason = "\n".join((decision.reason, *notes))
        stopping = next((answer for answer in answers if answer.stop), None)
        return replace(
            decision,
            reason=reason,
            system_message=warnings or decision.system_message,
            stop=stopping is not None,
            stop_reason=stopping.stop_reason if stopping else None,
        )


class TypedPanel(Panel):
    """Has the say about a call that the user typed: hooks may stop it, the user's word stands for the votes."""

    async def votes(
        self,
        tool: Tool[Any],
        parsed: Any,
        hook_input: JsonObject,
        context: ToolContext,
        before: Gate,
        trail: Trail,
    ) -> list[tuple[Action, Verdict]]:
        """Allow it."""
        return [(Action("use", tool.name), Verdict("allow", "typed by the user"))]


def _with_hooks(verdict: Verdict, gate: Gate, before: Gate) -> Verdict:
    """Join the policies' verdict with the PreToolUse hooks'."""
    behavior, winner = joined(before.behavior, gate.behavior), before.winner
    if winner is None or behavior == "deny":
        return verdict
    if before.behavior in ("ask", "defer"):
        trail = (*verdict.trail, winner)
        return replace(verdict, behavior="ask", reason=winner.reason, plugin=winner.plugin, trail=trail)
    if behavior != verdict.behavior:
        return replace(verdict, behavior="allow", reason="allowed by a PreToolUse hook", plugin=winner.plugin)
    return verdict
