"""A call under review, from the first look to the ruling and what is kept of it."""

from __future__ import annotations

import asyncio
from typing import Final

from gaff.hooks import Decision, Notice, PermissionReview, Session, text_at

from .availability import asks_nobody
from .denials import DENIALS, IN_A_ROW, Denied
from .files import note_new
from .finding import Finding, Ruling
from .place import Place
from .prose import ProseRules, prose_rules
from .reviewer import REVIEW, ask_reviewer
from .stage import settle
from .verdict import NoVerdictError, RestingError, UnavailableError

_ADVICE: Final = (
    "Do not look for another way to the same end. Go on without it, or tell the user what you need and why."
)
_LONGEST_TARGET: Final = 120


def preview(event: PermissionReview) -> Decision | None:
    """Return what is settled without a model; nothing is asked, kept or counted."""
    ruling = _settled(_look(event, prose_rules(event.session.settings)), event.session)
    return None if ruling is None else Decision(ruling.behavior, ruling.reason)


async def judge(event: PermissionReview) -> Decision | None:
    """Decide about a call; ``None`` where the reviewer gives no verdict, which the user is told."""
    ruling = await _rule(event)
    return None if ruling is None else decided(event, ruling)


async def settle_alone(event: PermissionReview) -> Decision | None:
    """Decide about a call without the reviewer; ``None`` where only it could."""
    session = event.session
    ruling = _settled(await asyncio.to_thread(_look, event, prose_rules(session.settings)), session)
    return None if ruling is None else decided(event, ruling)


def decided(event: PermissionReview, ruling: Ruling) -> Decision:
    """Keep and count a ruling, and return it as the gate takes it."""
    session = event.session
    review = session.state[REVIEW]
    session.record(
        {
            "type": "gaff-auto",
            "toolUseId": event.tool_use_id,
            **ruling.to_json(),
            "reviewerRequests": review.requests,
            "reviewerUsage": review.usage.to_json(),
        }
    )
    if ruling.behavior == "allow":
        session.state[DENIALS].allowed()
        place = Place(session, event.tool_name, event.tool_input)
        for action, _ in event.asked:
            note_new(action, place)
        return Decision("allow", ruling.reason)
    _count_denial(event, ruling)
    return Decision("deny", f"{ruling.reason}. {_ADVICE}")


async def _rule(event: PermissionReview) -> Ruling | None:
    session, rules = event.session, prose_rules(event.session.settings)
    found = await asyncio.to_thread(_look, event, rules)
    settled = _settled(found, event.session)
    if settled is not None:
        return settled
    try:
        return await ask_reviewer(event, found, rules)
    except UnavailableError as fault:
        session.record({"type": "gaff-auto", "toolUseId": event.tool_use_id, "unavailable": str(fault)})
        session.state[DENIALS].left_to_user.add(event.tool_use_id)
        if not isinstance(fault, RestingError):
            _tell_failure(event, f"could not decide about {event.tool_name}: {fault}")
        return None
    except NoVerdictError as fault:
        _tell_failure(event, f"denied {event.tool_name} ({_target(event)}) for want of a verdict: {fault}")
        return Ruling("deny", "model", "none", f"there is no verdict: {fault}")


def _tell_failure(event: PermissionReview, what: str) -> None:
    """Tell the user that there is no verdict, and of the rest that the reviewer is given after several."""
    seconds = event.session.state[REVIEW].outage.left
    rest = f" For {seconds:.0f} s it is not tried again: you are asked instead." if seconds else ""
    event.session.publish(Notice("warning", f"Auto mode {what}.{rest}"))


def _look(event: PermissionReview, rules: ProseRules) -> Finding:
    return settle(event, every_shell=rules.classifies_all_shell, has_bans=rules.has_built_in_bans)


def _settled(found: Finding, session: Session) -> Ruling | None:
    """Return the ruling that needs no model; in plan mode nothing is allowed by its form alone."""
    if found.sense == "fine" and session.mode != "plan":
        return Ruling("allow", "rules", "allow", found.why)
    if found.tier == "hard_deny":
        return Ruling("deny", "rules", "hard_deny", found.why)
    return None


def _count_denial(event: PermissionReview, ruling: Ruling) -> None:
    session, denials = event.session, event.session.state[DENIALS]
    target = _target(event)
    denials.keep(Denied(event.tool_name, target, ruling, event.tool_use_id, event.tool_input))
    if ruling.tier == "none":
        return  # The user was told, and a reviewer without a verdict does not count against the model.
    paused = denials.count()
    told = f"Auto mode denied {event.tool_name} ({target}): {ruling.why}. /permissions denied lists it."
    session.publish(Notice("notice", told))
    if paused:
        in_a_row = denials.in_a_row >= IN_A_ROW
        count = f"{denials.in_a_row} denials in a row" if in_a_row else f"{denials.in_all} denials"
        then = "what needs a review is not run any more" if asks_nobody(session) else "you are asked again"
        session.publish(Notice("warning", f"Auto mode pauses after {count}: {then}."))


def _target(event: PermissionReview) -> str:
    """Return what a call is about, for lists: its command, or the first thing it would do."""
    text = text_at(event.tool_input, "command") or next((action.target for action, _ in event.asked), "")
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST_TARGET else f"{text[: _LONGEST_TARGET - 1]}\u2026"
