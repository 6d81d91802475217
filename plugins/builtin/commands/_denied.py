"""What auto mode denied: the list, and approving one call of it."""

from __future__ import annotations

from collections.abc import Iterator

from gaff.hooks import CommandResult, Session, UsageError
from gaff.plugins.builtin.permissions._auto.denials import DENIALS


def denied_list(session: Session) -> CommandResult:
    """Return what auto mode denied in this session, the newest first."""
    return CommandResult("\n".join(_lines(session)))


def retry(argument: str, session: Session) -> CommandResult:
    """Approve a denied call, so that it may run once, and tell the model.

    Raises:
        UsageError: there is no denial of this number.
    """
    denials = session.state[DENIALS]
    number = int(argument) if argument.isdecimal() else 0 if argument else 1
    try:
        denied = denials.approve(number)
    except IndexError as fault:
        known = f"1 to {len(denials.listed)}" if denials.listed else "none: auto mode denied nothing yet"
        raise UsageError(
            f"/permissions retry {argument}: there is no such denial; there are {known}"
        ) from fault
    prompt = f"I approve this {denied.tool} call, which auto mode denied; make exactly this call again: {denied.target}"
    return CommandResult(f"Approved once: {denied.tool} `{_plain(denied.target)}`.", prompt=prompt)


def _lines(session: Session) -> Iterator[str]:
    denials = session.state[DENIALS]
    yield "## Recently denied\n"
    if not denials.listed:
        yield "Auto mode denied nothing in this session."
        return
    for number, denied in enumerate(reversed(denials.listed), 1):
        ruling = denied.ruling
        stage = "the reviewer" if ruling.stage == "model" else "without a model"
        yield f"{number}. {denied.tool} `{_plain(denied.target)}`: {ruling.why} ({ruling.tier}, {stage})"
    yield "\n`/permissions retry NUMBER` approves one of them, once."
    if denials.paused:
        yield "\nAuto mode is paused: you are asked, until you approve something."


def _plain(text: str) -> str:
    return text.replace("`", "'")
