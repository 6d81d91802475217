"""Trust: tell once which permissions of an untrusted folder are held back.

Allow rules and added folders of a project's files count only where the user trusts the folder; its
denials and asks always count. Source: code.claude.com/docs/en/permissions.
"""

from __future__ import annotations

from dataclasses import dataclass

from gaff.hooks import Notice, SessionStart, StateKey, hookimpl

from ._book import rule_book


@dataclass
class _Told:
    lines: tuple[str, ...] = ()


_TOLD = StateKey(_Told)


@hookimpl
def gaff_session_start(event: SessionStart) -> None:
    """Tell at the start which rules are held back."""
    session = event.context.session
    if session is None:
        return
    held_back, told = rule_book(session).held_back, session.state[_TOLD]
    if held_back and held_back != told.lines:
        told.lines = held_back
        text = f"This folder is not trusted, so these permissions do not count: {'; '.join(held_back)}"
        session.publish(Notice("warning", text))
