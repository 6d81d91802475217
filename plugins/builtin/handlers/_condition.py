"""``if`` rules: a permission rule that a tool call must fit for a handler to run.

The handler runs where the rule might fit: a command that cannot be read fits every rule for commands.
Source: code.claude.com/docs/en/hooks, "Common fields".
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from gaff.hooks import Action, JsonObject, Rule, Session, ToolCall, ToolContext, text_at
from gaff.plugins.builtin.permissions._call import Call
from gaff.plugins.builtin.permissions._commands import SHELL_TOOLS
from gaff.plugins.builtin.permissions._matching import Matching, Terms, compile_rule
from gaff.plugins.builtin.permissions._syntax import (
    FILE_TOOLS,
    RuleError,
    compile_tool_name,
    covers_whole_tool,
    parse_rule,
)

_EXPANSION: Final = re.compile(r"\$[({A-Za-z_]|`")
#: ``src/**`` is documented to mean the one in the current folder, where a denial would mean any.
_FOLDER: Final = re.compile(r"[^/*~.][^/]*/\*\*")


class Condition:
    """An ``if`` rule.

    Raises:
        ValueError: it is no rule that can be held against a call; the message says why.
    """

    def __init__(self, text: str) -> None:
        self._rule = parse_rule(text)
        self._tool = compile_tool_name(self._rule.tool)
        self._rules: dict[str, Matching] = {}
        if not covers_whole_tool(self._rule):
            self._compile("/", "/")

    def _compile(self, cwd: str, home: str) -> Matching | None:
        """Make the rule ready where the session is now."""
        if cwd not in self._rules:
            # A rule for Write(*.md) means the files that Write changes, as Edit(*.md) does.
            name = FILE_TOOLS.get(self._rule.tool, self._rule.tool)
            specifier = self._rule.specifier or ""
            if name in ("Edit", "Read") and _FOLDER.fullmatch(specifier):
                specifier = f"/{specifier}"
            matching = compile_rule(Rule(name, specifier), Terms("ask", cwd, home))
            if matching is None:
                raise RuleError("rules for this tool cannot be held against a call")
            self._rules[cwd] = matching
        return self._rules[cwd]

    def fits(self, tool: str, tool_input: JsonObject, session: Session | None) -> bool:
        """Whether the call fits the rule, or might."""
        rule = self._rule
        named = self._tool.fullmatch(tool) is not None
        if covers_whole_tool(rule):
            # A bare Edit stands for all edits, as it does where it allows or denies.
            return named or FILE_TOOLS.get(tool) == rule.tool
        if session is None or (not named and (rule.tool in FILE_TOOLS or rule.tool not in ("Edit", "Read"))):
            return named
        if tool in SHELL_TOOLS and rule.tool in SHELL_TOOLS and self._is_expanded(tool_input):
            return True
        return self._fits_actions(tool, tool_input, session)

    def _is_expanded(self, tool_input: JsonObject) -> bool:
        """Whether a pattern of more than a command's name meets a command that the shell changes as it runs."""
        words = (self._rule.specifier or "").replace(":*", " *").split()
        return (
            len(words) > 1
            and words[1] != "*"
            and _EXPANSION.search(text_at(tool_input, "command")) is not None
        )

    def _fits_actions(self, tool: str, tool_input: JsonObject, session: Session) -> bool:
        matching = self._compile(str(session.cwd), str(Path.home()))
        if matching is None:
            return False
        return any(
            not action.understood
            or (action.kind in matching.kinds and matching.matches(Call(session, tool, tool_input, action)))
            for action in _actions(tool, tool_input, session)
        )


def _actions(name: str, tool_input: JsonObject, session: Session) -> tuple[Action, ...]:
    """Return what a call would do; one action that is not understood where the tool cannot say."""
    try:
        tool = session.kernel.tool(name)
        if tool is None:
            return (Action("use", name),)
        parsed = tool.input_model.model_validate(tool_input)
        context = ToolContext(session, ToolCall("if-rule", name, tool_input))
        return tuple(tool.actions(parsed, context)) or (Action("use", name),)
    except Exception:  # isolation boundary: a tool's own code may fail; then the handler runs
        return (Action("use", name, understood=False),)
