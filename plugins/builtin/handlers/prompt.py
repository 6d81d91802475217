"""The hook handler ``prompt``: a model says whether the event meets a condition.

Source: code.claude.com/docs/en/hooks, "Prompt-based hooks".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Final

from gaff.hooks import FieldType, HookHandler, HookResult, HookRun, Message, Model, hookimpl

from ._judging import Judge, ask, condition, system_prompt, verdict

#: Events on which a refusal ends the turn unless the entry says ``continueOnBlock``.
_ENDING: Final = frozenset({"PreToolUse", "PostToolUse", "TeammateIdle"})
_GOING_ON: Final = frozenset({"Stop", "SubagentStop"})


class PromptHandler(Judge):
    """Asks a model once."""

    name: ClassVar[str] = "prompt"
    summary: ClassVar[str] = "ask a model whether a condition is met"
    fields: ClassVar[Mapping[str, FieldType]] = {**Judge.fields, "continueOnBlock": "boolean"}
    timeout: ClassVar[float] = 30.0
    small: ClassVar[bool] = True

    async def judge(self, run: HookRun, model: Model) -> HookResult:
        goes_on = run.event in _GOING_ON
        answered = await ask(run, model, system_prompt(impossible=goes_on), [Message.user(condition(run))])
        ends_turn = run.event in _ENDING and run.config.get("continueOnBlock") is not True
        return verdict(answered.text, ends_turn=ends_turn, impossible=goes_on)


@hookimpl
def gaff_register_hook_handlers() -> Sequence[HookHandler]:
    """Offer ``prompt``."""
    return (PromptHandler(),)
