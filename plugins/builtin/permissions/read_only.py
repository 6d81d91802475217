"""Read-only calls: commands proved to change nothing, and tools that only look, need no question.

Source: code.claude.com/docs/en/permissions (read-only commands) and /tools-reference.
"""

from __future__ import annotations

from typing import Final

from gaff.hooks import PermissionCheck, Vote, hookimpl

#: Tools that change nothing here but tell others something, or act in the user's name: documented to ask.
_ASKING: Final = frozenset({"WebFetch", "WebSearch", "Skill", "ExitPlanMode"})


@hookimpl
def gaff_check_permission(event: PermissionCheck) -> Vote | None:
    """Vote *allow* on what changes nothing. What an MCP server says of its own tools is not believed."""
    action = event.action
    if not action.understood:
        return None
    if action.kind == "run" and action.read_only:
        return Vote("allow", "the command only reads")
    tool = event.tool_name
    if action.kind == "use" and event.read_only and tool not in _ASKING and not tool.startswith("mcp__"):
        return Vote("allow", f"{tool} only reads")
    return None
