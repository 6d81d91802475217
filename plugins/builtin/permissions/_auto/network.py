"""Hosts that a command in the sandbox wants to reach: judged like a call, once for each host and port.

Source: code.claude.com/docs/en/permission-modes (network requests of sandboxed commands).
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from gaff.hooks import Action, PermissionReview, Session, StateKey, Verdict

from .availability import is_active, judges
from .denials import DENIALS
from .history import HISTORY
from .judging import judge

#: What the reviewer reads in place of a tool's name.
NAME = "SandboxNetwork"


@dataclass
class Judged:
    """The verdicts of this session, by host and port."""

    hosts: dict[tuple[str, int], bool] = field(default_factory=dict[tuple[str, int], bool])


JUDGED = StateKey(Judged)


async def judge_host(session: Session, command: str, host: str, port: int) -> bool | None:
    """Say whether a command may reach a host; ``None`` where the user has to be asked."""
    if session.mode != "auto" or not judges(session) or not is_active(session):
        return None
    known = session.state[JUDGED].hosts
    if (host, port) in known:
        return known[host, port]
    if session.state[DENIALS].paused:
        return None
    history = session.state[HISTORY]
    await asyncio.to_thread(history.restore, session)
    history.add_calls(session)
    decision = await judge(_review(session, command, host, port))
    if decision is None:
        return None
    known[host, port] = decision.behavior == "allow"
    return known[host, port]


def _review(session: Session, command: str, host: str, port: int) -> PermissionReview:
    why = "a command in the sandbox wants to reach a host that neither a rule nor the user allowed"
    return PermissionReview(
        context=session.event_context,
        session=session,
        tool_name=NAME,
        tool_input={"host": host, "port": port, "for_the_command": command},
        tool_use_id="",
        asked=((Action("fetch", f"{host}:{port}"), Verdict("ask", why)),),
    )
