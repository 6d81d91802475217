"""The hook handler ``agent``: a model looks for itself, with tools that only read, and gives a verdict.

Its calls go through hooks and permission check like any other; judges do not run for them.
Source: code.claude.com/docs/en/hooks, "Agent-based hooks".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final
from uuid import uuid4

from gaff.hooks import (
    HookHandler,
    HookResult,
    HookRun,
    Json,
    JsonObject,
    Kernel,
    Message,
    Model,
    Session,
    ToolCall,
    ToolOutcome,
    hookimpl,
)

from ._engine import inside_agent
from ._judging import Answered, Judge, ask, condition, system_prompt, verdict

#: Requests that one run may send.
_MOST_REQUESTS: Final = 50
#: The tools it has, where they are there and only read.
_TOOLS: Final = ("Read", "Grep", "Glob", "LS")
_NO_SESSION: Final = "an agent looks at a session's files; it is not tried out without one"
_LOOK: Final = " Look at the files you need with your tools before you answer."


class AgentHandler(Judge):
    """Lets a model look, up to fifty requests long."""

    name: ClassVar[str] = "agent"
    summary: ClassVar[str] = "have a model look at files and say whether a condition is met"
    timeout: ClassVar[float] = 60.0

    async def judge(self, run: HookRun, model: Model) -> HookResult:
        if run.session is None:
            return HookResult(failure=_NO_SESSION)
        with inside_agent():
            text = await _look(model, run, run.session)
        return verdict(text, ends_turn=False, impossible=False)


async def _look(model: Model, run: HookRun, session: Session) -> str:
    """Let the model work until it asks for no tool, and return what it says then."""
    tools = _tools(run.kernel)
    messages = [Message.user(condition(run))]
    answered: Answered | None = None
    for _ in range(_MOST_REQUESTS):
        answered = await ask(run, model, system_prompt(impossible=False) + _LOOK, messages, tools)
        if not answered.calls:
            return answered.text
        messages.append(answered.message)
        results = [await _result(call, tools, session) for call in answered.calls]
        messages.append(Message("user", tuple(results)))
    return answered.text if answered else ""


def _tools(kernel: Kernel) -> tuple[JsonObject, ...]:
    facts = [one.facts for one in kernel.contributed("gaff_register_tools")]
    return tuple(
        {"name": one["name"], "description": one["description"], "input_schema": one["schema"]}
        for one in facts
        if one["name"] in _TOOLS and one["read_only"]
    )


async def _result(call: ToolCall, tools: Sequence[JsonObject], session: Session) -> JsonObject:
    """Run a call and return its result block."""
    block = {"type": "tool_result", "tool_use_id": call.id}
    if call.name not in [tool["name"] for tool in tools]:
        return {**block, "content": f"There is no tool {call.name} here.", "is_error": True}
    # An id of its own: those of the session's conversation may be the same.
    own = ToolCall(f"hook-{uuid4().hex[:12]}", call.name, call.input)
    outcome: ToolOutcome = await session.run_call(own)
    content = outcome.output.content
    told: Json = content if isinstance(content, str) else list(content)
    return {**block, "content": told or "(nothing)", "is_error": outcome.is_error}


@hookimpl
def gaff_register_hook_handlers() -> Sequence[HookHandler]:
    """Offer ``agent``."""
    return (AgentHandler(),)
