"""Plan mode: nothing is changed before the user approved the plan, whatever the model was told.

Enforced here, at the gate, and not by the prompt. Source: code.claude.com/docs/en/permission-modes.
"""

from __future__ import annotations

from typing import Final

from gaff.hooks import PermissionCheck, Vote, hookimpl

from ._syntax import UNASKED_TOOLS

#: Tools that bring something in, and those that only steer the session.
_QUIET: Final = UNASKED_TOOLS | {"Skill", "WebFetch", "WebSearch"}
_MESSAGE: Final = (
    "Plan mode is on, so nothing may be changed yet: this call was not run. Go on reading and searching; "
    "when the plan is ready, present it with ExitPlanMode and wait for the user's approval."
)


@hookimpl
def gaff_check_permission(event: PermissionCheck) -> Vote | None:
    """Vote *deny* on changes and commands not proved to read only, *ask* on what else may change things."""
    if event.session.mode != "plan":
        return None
    action = event.action
    if action.kind in ("write", "delete"):
        return Vote(
            "deny", f"plan mode: {action.target} may not be changed before the plan is approved", _MESSAGE
        )
    if action.kind == "run" and not (action.read_only and action.understood):
        return Vote(
            "deny", "plan mode: only commands that read may run before the plan is approved", _MESSAGE
        )
    if action.kind in ("use", "fetch") and not event.read_only and event.tool_name not in _QUIET:
        return Vote(
            "ask", f"plan mode: whether this {event.tool_name} call changes something is for the user to say"
        )
    return None
