"""Bookkeeping: tools that only steer the session itself need no question.

Task lists, schedules, sub-agents (whose own calls are judged one by one) and questions to the user.
Source: code.claude.com/docs/en/tools-reference (column "permission required").
"""

from __future__ import annotations

from typing import Final

from gaff.hooks import PermissionCheck, Vote, hookimpl

_UNASKED: Final = frozenset(
    """
    Agent AskUserQuestion CronCreate CronDelete CronList EnterPlanMode ExitWorktree ListAgents
    ListMcpResourcesTool ReadMailbox ReadMcpResourceDirTool ReadMcpResourceTool RefreshMcpTools ReportFindings
    ScheduleWakeup SendMessage TaskCreate TaskGet TaskList TaskOutput TaskStop TaskUpdate TodoWrite ToolSearch
    WaitForMcpServers
    """.split()
)


@hookimpl
def gaff_check_permission(event: PermissionCheck) -> Vote | None:
    """Vote *allow* on the bare use of such a tool; what else it would do is judged apart."""
    action = event.action
    if action.kind == "use" and action.understood and event.tool_name in _UNASKED:
        return Vote("allow", f"{event.tool_name} changes nothing outside the session")
    return None
