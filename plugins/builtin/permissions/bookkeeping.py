"""Bookkeeping: tools that only steer the session itself need no question.

Task lists, schedules, sub-agents (whose own calls are judged one by one) and questions to the user.
Source: code.claude.com/docs/en/tools-reference (column "permission required").
"""

from __future__ import annotations

from gaff.hooks import PermissionCheck, Vote, hookimpl

from ._syntax import UNASKED_TOOLS


@hookimpl
def gaff_check_permission(event: PermissionCheck) -> Vote | None:
    """Vote *allow* on the bare use of such a tool; what else it would do is judged apart."""
    action = event.action
    if action.kind == "use" and action.understood and event.tool_name in UNASKED_TOOLS:
        return Vote("allow", f"{event.tool_name} changes nothing outside the session")
    return None
