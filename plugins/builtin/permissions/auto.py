"""auto mode: a classifier decides in the user's place what would be asked, in two stages.

The deterministic stage settles what is plainly harmless or plainly harmful. A model reviews the rest: it
sees the user's words and the tool calls, never what tools returned. Explicit ask rules, hooks that ask and
broken settings still reach the user, and so does everything after three denials in a row or twenty in all.
Source: code.claude.com/docs/en/permission-modes and /auto-mode-config.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from importlib import import_module
from typing import Final

from gaff.hooks import (
    Decision,
    InstructionsLoaded,
    Notice,
    PermissionCheck,
    PermissionReview,
    PostToolUse,
    PostToolUseFailure,
    Session,
    SessionEnd,
    SessionStart,
    Setting,
    ToolFeedback,
    UserPromptSubmit,
    Verdict,
    Vote,
    hookimpl,
)

# What judges is imported where it is needed: most sessions are in other modes.
from ._auto.availability import ENTERED, SHELLS, asks_nobody, auto_refusal, judges
from ._auto.denials import DENIALS
from ._auto.finding import Ruling
from ._auto.history import HISTORY, line

#: Policies whose *ask* auto mode may answer; that of any other is for the user.
_YIELDING: Final = frozenset(
    {"permissions.protected_paths", "permissions.critical_paths", "permissions.auto"}
)
#: Tools that need no question elsewhere, and are judged here: they hand work to somebody else.
_DELEGATING: Final = frozenset({"Agent", "SendMessage"})
#: Characters of a command that are looked through for what shows credentials; a longer one is no plain look.
_LONGEST_LOOK: Final = 10_000


@hookimpl
def gaff_register_settings() -> Sequence[Setting]:
    """Declare the keys of auto mode."""
    return (
        Setting("autoMode.environment", "what is trusted here, in prose, for auto mode", "array"),
        Setting("autoMode.allow", "exceptions that auto mode allows, in prose", "array"),
        Setting("autoMode.soft_deny", "what auto mode blocks unless the user asked for it", "array"),
        Setting("autoMode.hard_deny", "what auto mode always blocks", "array"),
        Setting("autoMode.classifyAllShell", "have every shell command reviewed", "boolean"),
        Setting("useAutoModeDuringPlan", "have commands judged while plan mode is on", "boolean"),
        Setting("autoMode.model", "model that reviews; the session's own where unset", "string"),
    )


@hookimpl
def gaff_session_start(event: SessionStart) -> None:
    """Leave the mode where settings take it away."""
    session = event.context.session
    if session is None or session.mode != "auto":
        return
    refusal = auto_refusal(session)
    if refusal is not None:
        session.set_mode("default")
        session.publish(Notice("warning", f"Auto mode is not available: {refusal}"))


@hookimpl
async def gaff_user_prompt_submit(event: UserPromptSubmit) -> None:
    """Keep the user's words for the reviewer, after the calls made before them."""
    session = event.context.session
    if session is None:
        return
    await _notice_mode(session)
    history = session.state[HISTORY]
    history.add_calls(session)
    if event.context.agent_id is not None:
        history.lines.append(line({"task": event.prompt}))
    else:
        history.add_words(event.prompt, typed=event.origin == "human")


@hookimpl
async def gaff_instructions_loaded(event: InstructionsLoaded) -> None:
    """Keep the memory files that the session begins with: the reviewer reads what the model reads."""
    session = event.context.session
    if session is not None:
        from ._auto.memory import remember_file

        await asyncio.to_thread(remember_file, session, event)


@hookimpl
def gaff_check_permission(event: PermissionCheck) -> Vote | None:
    """Vote *ask* on handing work to agents and on showing credentials, so that these are judged too."""
    session, action = event.session, event.action
    if session.mode != "auto" or session.state[DENIALS].paused:
        return None
    from ._auto.secrets import SHOWS_ENVIRONMENT, is_secret

    if event.tool_name in _DELEGATING:
        return Vote("ask", f"auto mode: what {event.tool_name} hands on is judged")
    if action.kind == "run" and SHOWS_ENVIRONMENT.search(action.target[:_LONGEST_LOOK]):
        return Vote("ask", "auto mode: what shows the environment may show credentials")
    if action.kind == "read" and is_secret(action.resolved or action.target):
        return Vote("ask", "auto mode: credentials are read only where the task needs them")
    return None


@hookimpl
async def gaff_review_permission(event: PermissionReview) -> Decision | None:
    """Decide in the user's place; no answer leaves it to the user."""
    session = event.session
    if not judges(session):
        return None
    await asyncio.to_thread(_load)
    from ._auto.judging import decided, judge, preview, settle_alone

    denials = session.state[DENIALS]
    answers = _answers(event)
    if event.preview:
        return preview(event) if answers and not denials.paused else None
    await _notice_mode(session)
    if answers and denials.take_approval(event.tool_name, event.tool_input):
        return decided(event, Ruling("allow", "rules", "intent", "the user approved it after a denial"))
    if denials.paused and answers and asks_nobody(session):
        return await settle_alone(event)
    if denials.paused or not answers:
        denials.left_to_user.add(event.tool_use_id)
        return None
    history = session.state[HISTORY]
    if not history.restored:
        await asyncio.to_thread(history.restore, session)
    history.add_calls(session, until=event.tool_use_id)
    return await judge(event)


@hookimpl
def gaff_post_tool_use(event: PostToolUse, feedback: ToolFeedback) -> ToolFeedback | None:
    """Take in what hooks tell the reviewer, and go on where the user approved what was left to them."""
    session = event.context.session
    if session is None:
        return None
    if feedback.classifier_context:
        session.state[HISTORY].add_note(event.tool_name, feedback.classifier_context)
    _go_on(session, event.tool_use_id)
    return None


@hookimpl
def gaff_post_tool_use_failure(event: PostToolUseFailure) -> None:
    """Go on where the user approved what was left to them; that it failed says nothing of the approval."""
    if event.context.session is not None:
        _go_on(event.context.session, event.tool_use_id)


def _go_on(session: Session, call_id: str) -> None:
    denials = session.state[DENIALS]
    if denials.paused and call_id in denials.left_to_user:
        denials.resume()
        session.publish(Notice("notice", "Auto mode decides again: you approved what it had left to you."))
    denials.left_to_user.discard(call_id)


@hookimpl
async def gaff_session_end(event: SessionEnd) -> None:
    """Close the reviewer's own model."""
    session = event.context.session
    if session is None or not session.state[ENTERED].ever:
        return
    from ._auto.reviewer import REVIEW

    model = session.state[REVIEW].model
    if model is not None:
        await model.aclose()


async def _notice_mode(session: Session) -> None:
    """See to what entering and leaving the mode needs."""
    if session.state[ENTERED].now != (session.mode == "auto"):
        from ._auto.entering import notice_mode

        await asyncio.to_thread(notice_mode, session)


def _load() -> None:
    """Import what judges: patterns to compile take tens of milliseconds, which the loop need not wait for."""
    import_module("._auto.judging", __package__)


def _answers(event: PermissionReview) -> bool:
    """Whether nobody but policies that yield to auto mode wants the user asked; in plan mode, about a command."""
    if event.session.mode != "plan":
        return all(_askers(verdict) <= _YIELDING for _, verdict in event.asked)
    if event.tool_name not in SHELLS:
        return False
    return all(_askers(verdict) <= _YIELDING | {"permissions.plan"} for _, verdict in event.asked)


def _askers(verdict: Verdict) -> set[str]:
    return {step.plugin for step in verdict.trail if step.behavior in ("ask", "defer")}
