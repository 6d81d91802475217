"""The hook handler ``prompt``: a model says whether the event meets a condition.

Source: code.claude.com/docs/en/hooks, "Prompt-based hooks".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Final

from gaff.hooks import (
    FieldType,
    HookHandler,
    HookResult,
    HookRun,
    HookSource,
    JsonObject,
    Kernel,
    Message,
    ModelError,
    UsageError,
    hookimpl,
)

from ._judging import ask, condition, judge_of, system_prompt, unusable_model, verdict

#: Events on which a refusal ends the turn unless the entry says ``continueOnBlock``.
_ENDING: Final = frozenset({"PreToolUse", "PostToolUse", "TeammateIdle"})
_GOING_ON: Final = frozenset({"Stop", "SubagentStop"})


class PromptHandler(HookHandler):
    """Asks a model once."""

    name: ClassVar[str] = "prompt"
    summary: ClassVar[str] = "ask a model whether a condition is met"
    fields: ClassVar[Mapping[str, FieldType]] = {
        "prompt": "string",
        "model": "string",
        "continueOnBlock": "boolean",
    }
    required: ClassVar[tuple[str, ...]] = ("prompt",)
    timeout: ClassVar[float] = 30.0
    is_quick: ClassVar[bool] = False

    def check(self, config: JsonObject, source: HookSource, kernel: Kernel) -> str | None:
        return unusable_model(config, kernel)

    async def run(self, run: HookRun) -> HookResult:
        goes_on = run.event in _GOING_ON
        try:
            async with judge_of(run, small=True) as model:
                system = system_prompt(impossible=goes_on)
                answered = await ask(run, model, system, [Message.user(condition(run))])
        except (ModelError, UsageError) as fault:
            return HookResult(failure=f"the judge could not be asked: {fault}")
        ends_turn = run.event in _ENDING and run.config.get("continueOnBlock") is not True
        return verdict(answered.text, ends_turn=ends_turn, impossible=goes_on)


@hookimpl
def gaff_register_hook_handlers() -> Sequence[HookHandler]:
    """Offer ``prompt``."""
    return (PromptHandler(),)
