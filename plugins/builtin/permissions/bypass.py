"""bypassPermissions mode: everything is allowed but what no mode allows.

Only where the user made the mode available at launch, no settings take it away, and gaff does not run as
root, unless inside a sandbox that says so by ``IS_SANDBOX=1``.
Source: code.claude.com/docs/en/permission-modes.
"""

from __future__ import annotations

from gaff.hooks import (
    Decision,
    PermissionCheck,
    SessionStart,
    SessionStartAnswer,
    UserPromptSubmit,
    Vote,
    hookimpl,
)

from ._bypass import bypass_refusal, root_refusal


@hookimpl
def gaff_check_permission(event: PermissionCheck) -> Vote | None:
    """Vote *allow*; denials, ask rules and critical paths still hold."""
    if event.session.mode != "bypassPermissions":
        return None
    refusal = bypass_refusal(event.session)
    if refusal is not None:
        return Vote("ask", f"bypassPermissions is not in force: {refusal}")
    return Vote("allow", "bypassPermissions mode")


@hookimpl
def gaff_session_start(event: SessionStart) -> SessionStartAnswer | None:
    """Refuse to start as root outside a sandbox."""
    refusal = root_refusal() if event.context.permission_mode == "bypassPermissions" else None
    return (
        None
        if refusal is None
        else SessionStartAnswer(stop=True, stop_reason=f"bypassPermissions: {refusal}")
    )


@hookimpl
def gaff_user_prompt_submit(event: UserPromptSubmit) -> Decision | None:
    """Refuse to go on where the mode was entered later."""
    if event.context.permission_mode != "bypassPermissions":
        return None
    refusal = root_refusal()
    return None if refusal is None else Decision("deny", f"bypassPermissions is not in force: {refusal}")
