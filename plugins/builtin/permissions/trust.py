"""Trust: tell once which permissions of an untrusted folder are held back.

Allow rules and added folders of a project's files count only where the user trusts the folder; its
denials and asks always count. Source: code.claude.com/docs/en/permissions.
"""

from __future__ import annotations

from dataclasses import dataclass

from gaff.hooks import ModelRequest, ModelRequested, Notice, StateKey, hookimpl

from ._book import rule_book


@dataclass
class _Told:
    lines: tuple[str, ...] = ()


_TOLD = StateKey(_Told)


@hookimpl
def gaff_model_request(event: ModelRequested, request: ModelRequest) -> None:
    """Tell before the first request, and again where other rules are held back."""
    held_back = rule_book(event.session).held_back
    told = event.session.state[_TOLD]
    if held_back and held_back != told.lines:
        text = f"This folder is not trusted, so these permissions do not count: {'; '.join(held_back)}"
        event.session.publish(Notice("warning", text))
    told.lines = held_back
