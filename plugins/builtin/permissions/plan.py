"""Plan mode: nothing is changed before the user approved the plan, whatever the model was told.

Enforced here, at the gate, and not by the prompt. Where auto mode is available, its classifier decides about
commands (``useAutoModeDuringPlan``). Source: code.claude.com/docs/en/permission-modes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gaff.hooks import Decision, PermissionCheck, Session, StateKey, UserPromptSubmit, Vote, hookimpl

from ._auto.availability import judges_plan
from ._syntax import UNASKED_TOOLS

#: Tools that bring something in, and those that only steer the session.
_QUIET: Final = UNASKED_TOOLS | {"Skill", "WebFetch", "WebSearch"}
_REFUSED: Final = (
    "Plan mode is on, so nothing may be changed yet: this call was not run. Go on reading and searching."
)
_ENTERED: Final = (
    "Plan mode is on: nothing may be changed before the user has approved a plan. Files can be read and searched; "
    "edits and commands that change anything will be denied."
)
_PRESENT: Final = "When the plan is ready, present it with ExitPlanMode and wait for the user's approval."
_ANSWER: Final = "When the plan is ready, give it as your answer; the user ends the mode."


@dataclass
class _Told:
    """Whether the model was told since the mode was entered."""

    already: bool = False


_TOLD = StateKey(_Told)


@hookimpl
def gaff_user_prompt_submit(event: UserPromptSubmit) -> Decision | None:
    """Tell the model, once for each entering of the mode, that nothing may be changed."""
    session = event.context.session
    if session is None:
        return None
    told, is_on = session.state[_TOLD], session.mode == "plan"
    is_news, told.already = is_on and not told.already, is_on
    return Decision(behavior=None, additional_context=_with_ending(_ENTERED, session)) if is_news else None


def _with_ending(text: str, session: Session) -> str:
    """Return a text with how the mode ends, as the tools at hand allow."""
    tools = {tool.name for tool in session.kernel.contributed("gaff_register_tools")}
    return f"{text} {_PRESENT if 'ExitPlanMode' in tools else _ANSWER}"


@hookimpl
def gaff_check_permission(event: PermissionCheck) -> Vote | None:
    """Vote *deny* on changes and commands not proved to read only, *ask* on what else may change things."""
    if event.session.mode != "plan":
        return None
    action = event.action
    if action.kind in ("write", "delete"):
        reason = f"plan mode: {action.target} may not be changed before the plan is approved"
        return Vote("deny", reason, _with_ending(_REFUSED, event.session))
    reads = action.read_only and action.understood
    if action.kind == "run" and not reads and judges_plan(event.session):
        return Vote(
            "ask", "plan mode: a command that may change something is judged by auto mode's classifier"
        )
    if action.kind == "run" and not reads:
        reason = "plan mode: only commands that read may run before the plan is approved"
        return Vote("deny", reason, _with_ending(_REFUSED, event.session))
    if action.kind in ("use", "fetch") and not event.read_only and event.tool_name not in _QUIET:
        return Vote(
            "ask", f"plan mode: whether this {event.tool_name} call changes something is for the user to say"
        )
    return None
