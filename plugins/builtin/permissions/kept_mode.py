"""Kept mode: a session that is resumed goes on in the permission mode it was left in.

A mode that is changed between messages is on record at once; this adds the one that a session began with. Plan and
bypass mode are not gone on with. Source: code.claude.com/docs/en/permission-modes.
"""

from __future__ import annotations

from dataclasses import dataclass

from gaff.hooks import PermissionMode, Session, SessionEnd, StateKey, Stop, hookimpl


@dataclass
class _Kept:
    """The mode on record, as far as this process wrote it."""

    mode: PermissionMode | None = None


_KEPT = StateKey(_Kept)


@hookimpl
def gaff_stop(event: Stop) -> None:
    """Put the mode on record at the end of a turn."""
    _keep(event.context.session)


@hookimpl
def gaff_session_end(event: SessionEnd) -> None:
    """Put the mode on record where no turn was ended."""
    _keep(event.context.session)


def _keep(session: Session | None) -> None:
    if session is None or not session.messages:
        return
    kept = session.state[_KEPT]
    if kept.mode != session.mode:
        session.record({"type": "permission-mode", "permissionMode": session.mode})
        kept.mode = session.mode
