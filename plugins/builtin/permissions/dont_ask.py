"""dontAsk mode: what would need a question is denied instead.

Source: code.claude.com/docs/en/permission-modes.
"""

from __future__ import annotations

from typing import Final

from gaff.hooks import Decision, PermissionCheck, PermissionRequest, Vote, hookimpl

_REASON: Final = "dontAsk mode: nobody is asked, and no rule or hook allows this"
_NO_QUESTIONS: Final = "Nobody can be asked in dontAsk mode: decide yourself, or finish without."


@hookimpl
def gaff_permission_request(event: PermissionRequest) -> Decision | None:
    """Deny in the user's place."""
    return Decision("deny", _REASON) if event.context.permission_mode == "dontAsk" else None


@hookimpl
def gaff_check_permission(event: PermissionCheck) -> Vote | None:
    """Vote *deny* on questions of the model's own."""
    if event.session.mode == "dontAsk" and event.tool_name == "AskUserQuestion":
        return Vote("deny", "dontAsk mode: nobody is asked", _NO_QUESTIONS)
    return None
