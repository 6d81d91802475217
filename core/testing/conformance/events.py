"""Every event hook of a plugin, called with plausible events."""

from __future__ import annotations

import asyncio
from types import NoneType
from typing import Final

from gaff.hooks import Decision, Session, Vote
from gaff.hooks.markers import EVENT_HOOKS
from gaff.hooks.permissions import STRICTNESS
from gaff.manifest import Manifest

from .calling import BLOCKING_MS, Called, call
from .children import Report
from .samples import expected, samples

#: Seconds a hook may take here that waits for a person; then it is left, which is no fault.
_PATIENCE: Final = 0.2


async def examine_events(
    report: Report, plugin: object, manifest: Manifest, session: Session, limit: float
) -> None:
    """Call each event hook with several events."""
    for hook, facts in manifest.hooks.items():
        report.begin("blocking", hook)
        # Waiting for a person is no fault.
        patience = limit / 2 if EVENT_HOOKS[hook].deadline is not None else _PATIENCE
        for given in samples(hook, session):
            arguments = [given[name] for name in facts.arguments]
            called = await call(getattr(plugin, hook), *arguments, limit=patience)
            await asyncio.sleep(0)
            judge(report, "events", hook, called, late_is_fault=patience != _PATIENCE)
            if called.fault is None and not called.late:
                _judge_value(report, hook, called.value)
            if report.has_faults("events", hook) or report.has_faults("blocking", hook):
                break
        report.listen(f"in {hook}")
    report.done("events", "blocking")


def judge(report: Report, check: str, what: str, called: Called, *, late_is_fault: bool = True) -> None:
    """Report a call that raised, took too long, or held up the loop."""
    if called.late and late_is_fault:
        report.fault("blocking", f"{what} does not end", "wait with a deadline of your own")
    if called.fault is not None:
        kind = type(called.fault).__name__
        remedy = "catch what it may run into, and return None where it has no answer"
        if check == "tools":
            remedy = "raise ToolError, and tell the model what to do next"
        if isinstance(called.fault, SystemExit):
            remedy = "a plugin must not leave"
        report.fault(check, f"{what} raises {kind}: {called.fault}", remedy)
    if called.held_ms > BLOCKING_MS:
        text = f"{what} holds up the event loop for {called.held_ms:.0f} ms"
        report.fault("blocking", text, "await what takes long, with asyncio.to_thread where it blocks")


def _judge_value(report: Report, hook: str, value: object) -> None:
    kinds = expected(hook)
    if not isinstance(value, kinds):
        wanted = " or ".join("None" if kind is NoneType else kind.__name__ for kind in kinds)
        report.fault("events", f"{hook} returns {type(value).__name__}", f"return {wanted}")
    elif isinstance(value, Decision | Vote) and value.behavior not in (None, *STRICTNESS):
        report.fault(
            "events", f"{hook} answers {value.behavior!r}", f"answer {', '.join(STRICTNESS)} or None"
        )
