"""Read-only calls: commands proved to change nothing, and tools that only look, need no question.

Source: code.claude.com/docs/en/permissions (read-only commands) and /tools-reference.
"""

from __future__ import annotations

from typing import Final

from gaff.hooks import Action, PermissionCheck, Session, Vote, hookimpl, text_at

from ._book import rule_book
from ._call import Call
from ._commands import needs_exact_rule
from ._folders import working_folders
from ._moves import folders_on_the_way
from ._paths import real, stays_within

#: Tools that change nothing here but tell others something, or act in the user's name: documented to ask.
_ASKING: Final = frozenset({"WebFetch", "WebSearch", "Skill", "ExitPlanMode"})


@hookimpl
def gaff_check_permission(event: PermissionCheck) -> Vote | None:
    """Vote *allow* on what changes nothing. What an MCP server says of its own tools is not believed."""
    action = event.action
    if not action.understood:
        return None
    # Documented: find -exec and its like are asked for whatever it is that they run.
    if action.kind == "run" and action.read_only and not needs_exact_rule(action):
        return None if _leaves(event) else Vote("allow", "the command only reads")
    tool = event.tool_name
    if action.kind == "use" and event.read_only and tool not in _ASKING and not tool.startswith("mcp__"):
        return Vote("allow", f"{tool} only reads")
    return None


def _leaves(event: PermissionCheck) -> bool:
    """Whether this goes to a folder in which nothing may be read unasked: what follows runs there."""
    words, session = event.action.words, event.session
    if not words or words[0] not in ("cd", "pushd"):
        return False
    places = folders_on_the_way(text_at(event.tool_input, "command"), str(session.cwd))
    return any(not _is_open(session, folder) for _, folder in places)


def _is_open(session: Session, folder: str) -> bool:
    resolved = real(folder)
    if stays_within(folder, resolved, working_folders(session), follows=True):
        return True
    reading = Call(session, "Read", {}, Action("read", folder, resolved))
    return rule_book(session).find("allow", reading) is not None
