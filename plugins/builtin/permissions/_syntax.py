"""How permission rules are written: ``Tool`` or ``Tool(specifier)``, and what is told about wrong ones."""

from __future__ import annotations

import re
from typing import Final, Literal, TypeAlias

from gaff.hooks import Rule

RuleBehavior: TypeAlias = Literal["deny", "ask", "allow"]
#: In the order they are tried.
RULE_BEHAVIORS: Final[tuple[RuleBehavior, ...]] = ("deny", "ask", "allow")

_RULE: Final = re.compile(r"([^\s()]+)(?:\((.*)\))?", re.DOTALL)

#: Former names of tools that settings files still hold.
_RENAMED: Final = {
    "Task": "Agent",
    "KillShell": "TaskStop",
    "KillBash": "TaskStop",
    "BashOutput": "TaskOutput",
    "SlashCommand": "Skill",
    "NotebookRead": "Read",
}

#: The parameter a tool's own kind of rule is about; a rule ``Tool(param:value)`` on it is not consulted.
PRIMARY_PARAMETERS: Final = {
    "Bash": "command",
    "Monitor": "command",
    "PowerShell": "command",
    "Read": "file_path",
    "Edit": "file_path",
    "MultiEdit": "file_path",
    "Write": "file_path",
    "Grep": "path",
    "Glob": "path",
    "LS": "path",
    "NotebookEdit": "notebook_path",
    "WebFetch": "url",
}

#: The tools whose files are judged by Read and Edit rules; path rules of their own are never consulted.
FILE_TOOLS: Final = {
    "Write": "Edit",
    "MultiEdit": "Edit",
    "NotebookEdit": "Edit",
    "ApplyPatch": "Edit",
    "MoveFile": "Edit",
    "DeleteFile": "Edit",
    "Glob": "Read",
    "Grep": "Read",
    "LS": "Read",
}

#: Tools of the public contract, known even where no plugin here offers them.
DOCUMENTED_TOOLS: Final = frozenset(
    """
    Agent Artifact AskUserQuestion Bash Cd CronCreate CronDelete CronList Edit EndConversation EnterPlanMode
    EnterWorktree ExitPlanMode ExitWorktree Glob Grep LS LSP ListAgents ListMcpResourcesTool Monitor MultiEdit
    NotebookEdit PowerShell Projects PushNotification REPL Read ReadMcpResourceDirTool ReadMcpResourceTool
    RefreshMcpTools RemoteTrigger ReportFindings ScheduleWakeup SendFeedback SendMessage SendUserFile Skill
    SubagentHandback TaskCreate TaskGet TaskList TaskOutput TaskStop TaskUpdate TodoWrite ToolSearch
    WaitForMcpServers WebFetch WebSearch Workflow Write
    """.split()
)

#: Tools that only steer the session itself, documented to need no permission.
UNASKED_TOOLS: Final = frozenset(
    """
    Agent AskUserQuestion CronCreate CronDelete CronList EnterPlanMode ExitWorktree ListAgents
    ListMcpResourcesTool ReadMailbox ReadMcpResourceDirTool ReadMcpResourceTool RefreshMcpTools ReportFindings
    ScheduleWakeup SendMessage TaskCreate TaskGet TaskList TaskOutput TaskStop TaskUpdate TodoWrite ToolSearch
    WaitForMcpServers
    """.split()
)


class RuleError(ValueError):
    """A rule that is not consulted; the message says why and what to write instead."""


def parse_rule(text: str) -> Rule:
    """Read a rule as settings files and options write it. Former tool names become today's.

    Raises:
        RuleError: it is neither ``Tool`` nor ``Tool(specifier)``.
    """
    found = _RULE.fullmatch(text.strip())
    if found is None:
        raise RuleError("it is neither Tool nor Tool(specifier)")
    return Rule(_RENAMED.get(found[1], found[1]), found[2])


def covers_whole_tool(rule: Rule) -> bool:
    """Whether the rule is about a tool as such: ``Bash``, ``Bash(*)``, ``mcp__server``, ``*``."""
    return rule.specifier is None or rule.specifier.strip() in ("*", "")


def compile_tool_name(name: str) -> re.Pattern[str]:
    """Compile a tool name with ``*`` wildcards; a bare ``mcp__server`` stands for all of its tools."""
    pattern = ".*".join(re.escape(part) for part in name.split("*"))
    if re.fullmatch(r"mcp__(?:(?!__)[^*])+", name):
        pattern += "(?:__.*)?"
    return re.compile(pattern, re.DOTALL)


def check_allow_name(name: str) -> None:
    """Refuse wildcards that would allow more than the tools of one server.

    Raises:
        RuleError: the name has a wildcard elsewhere than behind ``mcp__<server>__``.
    """
    if "*" in name and not re.fullmatch(r"mcp__(?:(?!__)[^*])+__.*", name):
        raise RuleError("a wildcard may only follow mcp__<server>__ in an allow rule; name the tools")
