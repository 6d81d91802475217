"""Rules made ready to be held against calls.

A bare ``Read``, ``Edit``, ``Bash`` or ``WebFetch`` stands for all file reads, all edits, all commands and
all fetches: as a denial whatever tool does it, as an allowance only where the tool is one the rule is for.
Source: code.claude.com/docs/en/permissions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

from gaff.hooks import ActionKind, JsonObject, Rule, text_at

from ._call import Call
from ._commands import SHELL_TOOLS, compile_command
from ._domains import compile_domain, host_for_denials, host_of
from ._globs import Glob
from ._patterns import PathPattern, PatternError, compile_pattern
from ._powershell import compile_powershell, names_powershell
from ._syntax import (
    FILE_TOOLS,
    PRIMARY_PARAMETERS,
    RuleBehavior,
    RuleError,
    check_allow_name,
    compile_tool_name,
    covers_whole_tool,
)

Matcher: TypeAlias = Callable[[Call], bool]

ALL_KINDS: Final[tuple[ActionKind, ...]] = ("read", "write", "delete", "run", "fetch", "use")
_FILE_KINDS: Final[tuple[ActionKind, ...]] = ("read", "write", "delete")
#: The kinds of action that a bare rule of this name is about, whichever tool does them.
_GOVERNED: Final[dict[str, tuple[ActionKind, ...]]] = {
    "Read": ("read",),
    "Edit": ("write", "delete"),
    "Bash": ("run",),
    "WebFetch": ("fetch",),
}
_PARAMETER: Final = re.compile(r"\s*(-*[A-Za-z_][\w-]*)\s*:(.*)", re.DOTALL)
_EXAMPLES: Final = {
    **dict.fromkeys(("Bash", "Monitor"), "Bash(rm *)"),
    **dict.fromkeys(("Read", "Grep", "Glob", "LS"), "Read(src/**)"),
    **dict.fromkeys(("Edit", "MultiEdit", "Write", "NotebookEdit"), "Edit(src/**)"),
    "WebFetch": "WebFetch(domain:example.com)",
    "PowerShell": "PowerShell(Remove-Item *)",
}
#: Parameters of tools whose specifiers otherwise mean something else.
_OWN_PARAMETERS: Final = {
    "Bash": frozenset({"run_in_background", "dangerouslyDisableSandbox", "description", "timeout"}),
    "Read": frozenset({"offset", "limit", "pages", "allow_large"}),
    "Edit": frozenset({"old_string", "new_string", "replace_all"}),
    "WebFetch": frozenset({"prompt"}),
    "Agent": frozenset(
        {"description", "prompt", "subagent_type", "model", "run_in_background", "name", "mode", "isolation"}
    ),
    "Skill": frozenset({"skill", "args"}),
}


@dataclass(frozen=True, slots=True)
class Terms:
    """What a rule is compiled under."""

    behavior: RuleBehavior
    #: The folder that ``/path`` starts from.
    base: str
    #: The user's own folder.
    home: str
    #: Whether it was given on the command line, where MCP rules may have parameters.
    is_option: bool = False

    @property
    def allows(self) -> bool:
        """Whether a match allows something."""
        return self.behavior == "allow"


@dataclass(frozen=True, slots=True)
class Matching:
    """How a rule is matched, and to which kinds of action it can apply."""

    matches: Matcher
    kinds: tuple[ActionKind, ...]


def compile_rule(rule: Rule, terms: Terms) -> Matching | None:
    """Make a rule ready; ``None`` for rules that other parts of the shell consult.

    Raises:
        RuleError: the rule is never consulted; the message says why.
    """
    if terms.allows:
        check_allow_name(rule.tool)
    if covers_whole_tool(rule) and not (
        terms.allows and rule.specifier == "*" and rule.tool in ("Read", "Edit")
    ):
        whole = _whole_tool(rule, terms)
        # What may not be read may not be changed either.
        every_file = terms.behavior == "deny" and rule.tool == "Read" and rule.specifier == "*"
        return _either(_read_rule("//**", terms), whole) if every_file else whole
    specifier = rule.specifier or ""
    if rule.tool == "Cd":
        return None
    if rule.tool.startswith("mcp__") and not (terms.is_option and not terms.allows):
        raise RuleError("rules for MCP tools take no specifier here; only --disallowedTools knows parameters")
    if not terms.allows and _is_primary(rule.tool, specifier):
        raise RuleError(_advice(rule, terms))
    found = _BY_TOOL.get(rule.tool, _no_own_rules)(specifier, terms)
    parameter = None if terms.allows else _parameter(rule.tool, specifier)
    if found is not None and parameter is not None:
        return _either(found, parameter)
    if found is None and parameter is None:
        raise RuleError(_advice(rule, terms))
    return found or parameter


def _is_primary(tool: str, specifier: str) -> bool:
    found = _PARAMETER.fullmatch(specifier)
    return found is not None and PRIMARY_PARAMETERS.get(tool) == found[1] and found[2].strip() != "*"


def _either(first: Matching, second: Matching) -> Matching:
    def matches(call: Call) -> bool:
        return (call.action.kind in first.kinds and first.matches(call)) or second.matches(call)

    return Matching(matches, ALL_KINDS)


def _advice(rule: Rule, terms: Terms) -> str:
    parameter = _PARAMETER.fullmatch(rule.specifier or "")
    if parameter and PRIMARY_PARAMETERS.get(rule.tool) == parameter[1]:
        return (
            f"the parameter {parameter[1]} is judged by rules of another form, such as {_EXAMPLES[rule.tool]}"
        )
    if judge := FILE_TOOLS.get(rule.tool):
        return f"files are judged by {judge} rules: write {judge}({rule.specifier})"
    if rule.tool == "WebFetch":
        return "hosts are named by domain: write WebFetch(domain:example.com)"
    if rule.tool == "Monitor":
        return f"commands are judged by Bash rules: write Bash({rule.specifier})"
    if parameter and terms.allows:
        return "parameters can only be denied or asked for"
    return f"{rule.tool} takes no specifier like this; write {rule.tool}"


# Rules about a tool as such.


def _whole_tool(rule: Rule, terms: Terms) -> Matching:
    if terms.allows:
        if rule.specifier == "":
            raise RuleError("its specifier is empty")
        return _allowed_tool(rule.tool)
    fullmatch = compile_tool_name(rule.tool).fullmatch
    kinds = {kind for tool, governed in _GOVERNED.items() if fullmatch(tool) for kind in governed}
    return Matching(lambda call: call.action.kind in kinds or fullmatch(call.tool) is not None, ALL_KINDS)


def _allowed_tool(tool: str) -> Matching:
    if tool in ("Read", "Edit"):
        return Matching(lambda call: True, _GOVERNED[tool])
    if tool in SHELL_TOOLS:
        tools = SHELL_TOOLS if tool == "Bash" else {tool}
        kinds: tuple[ActionKind, ...] = ("run", "use", *_FILE_KINDS)
        return Matching(lambda call: call.tool in tools and (not call.is_file or call.is_at_home), kinds)
    fullmatch = compile_tool_name(tool).fullmatch
    return Matching(lambda call: fullmatch(call.tool) is not None, ALL_KINDS)


# Rules with a specifier, by tool.


def _command_rule(specifier: str, terms: Terms) -> Matching:
    if not terms.allows and specifier.strip() == ":*":
        return Matching(lambda call: True, ("run",))
    pattern = compile_command(specifier)
    if not terms.allows:
        return Matching(lambda call: pattern.names(call.command), ("run",))

    def allows(call: Call) -> bool:
        if call.runs_git_elsewhere:
            return False
        # A file access carries the words of the command it comes from; the rule for the command covers
        # it where the working directories would let it be asked for at all.
        return (
            call.tool in SHELL_TOOLS
            and pattern.allows(call.command)
            and (not call.is_file or call.is_at_home)
        )

    return Matching(allows, ("run", *_FILE_KINDS))


def _powershell_rule(specifier: str, terms: Terms) -> Matching:
    pattern = compile_powershell(specifier)

    def names(call: Call) -> bool:
        return call.tool == "PowerShell" and names_powershell(pattern, text_at(call.input, "command"))

    # An allow rule matches nothing: the commands of this tool cannot be read for certain.
    return Matching((lambda call: False) if terms.allows else names, ALL_KINDS)


def _read_rule(specifier: str, terms: Terms) -> Matching:
    pattern = _path_pattern(specifier, terms)
    if terms.allows:
        return Matching(lambda call: call.is_allowed_by(pattern), ("read",))
    if terms.behavior == "ask":
        return Matching(lambda call: call.is_named_by(pattern), ("read",))
    # What may not be read may not be changed either; editing a notebook is documented to be exempt.
    return Matching(
        lambda call: (
            (call.action.kind == "read" or call.tool != "NotebookEdit") and call.is_named_by(pattern)
        ),
        _FILE_KINDS,
    )


def _edit_rule(specifier: str, terms: Terms) -> Matching:
    pattern = _path_pattern(specifier, terms)
    if terms.allows:
        return Matching(lambda call: call.is_allowed_by(pattern), ("write", "delete"))
    return Matching(lambda call: call.is_named_by(pattern), ("write", "delete"))


def _path_pattern(specifier: str, terms: Terms) -> PathPattern:
    try:
        return compile_pattern(specifier, allows=terms.allows, base=terms.base, home=terms.home)
    except PatternError as fault:
        raise RuleError(str(fault)) from fault


def _fetch_rule(specifier: str, terms: Terms) -> Matching | None:
    kind, _, host = specifier.strip().partition(":")
    if kind.strip() != "domain":
        return None
    try:
        fullmatch = compile_domain(host, allows=terms.allows).fullmatch
    except ValueError as fault:
        raise RuleError(f"{fault}; write WebFetch(domain:example.com)") from fault

    def allows(call: Call) -> bool:
        found = host_of(call.action.target)
        return call.tool == "WebFetch" and found is not None and fullmatch(found) is not None

    def names(call: Call) -> bool:
        found = host_for_denials(call.action.target)
        return found is None or fullmatch(found) is not None

    return Matching(allows if terms.allows else names, ("fetch",))


def _agent_rule(specifier: str, terms: Terms) -> Matching:
    name = specifier.strip().casefold()

    def matches(call: Call) -> bool:
        return (
            call.tool == "Agent"
            and name == text_at(call.input, "subagent_type", "general-purpose").casefold()
        )

    return Matching(matches, ALL_KINDS)


def _skill_rule(specifier: str, terms: Terms) -> Matching:
    name, star, _ = specifier.strip().removeprefix("/").partition(" *")

    def allows(call: Call) -> bool:
        skill = text_at(call.input, "skill").removeprefix("/")
        return (
            call.tool == "Skill" and skill == name and bool(star or not text_at(call.input, "args").strip())
        )

    def names(call: Call) -> bool:
        return call.tool == "Skill" and name in _skill_names(call.input)

    return Matching(allows if terms.allows else names, ALL_KINDS)


def _skill_names(tool_input: JsonObject) -> Iterator[str]:
    skill = text_at(tool_input, "skill").strip().removeprefix("/")
    yield from (skill, skill.rpartition(":")[2], skill.partition(" ")[0])


def _no_own_rules(specifier: str, terms: Terms) -> Matching | None:
    return None


_BY_TOOL: Final[dict[str, Callable[[str, Terms], Matching | None]]] = {
    "Bash": _command_rule,
    "PowerShell": _powershell_rule,
    "Read": _read_rule,
    "Edit": _edit_rule,
    "WebFetch": _fetch_rule,
    "Agent": _agent_rule,
    "Skill": _skill_rule,
}


# Rules about one parameter.


def _parameter(tool: str, specifier: str) -> Matching | None:
    """Compile ``Tool(param:value)``; ``None`` where the specifier is not that, or not for this tool."""
    found = _PARAMETER.fullmatch(specifier)
    if found is None:
        return None
    name, value = found[1], found[2].strip()
    own = _OWN_PARAMETERS.get(tool)
    if PRIMARY_PARAMETERS.get(tool) == name or (own is not None and name not in own):
        return None
    if (tool, name, value) == ("Bash", "timeout", "*"):
        return None  # a rule for the program timeout, in the older spelling
    of_tool = compile_tool_name(tool).fullmatch
    of_value = Glob.of(value)
    if (tool, name) == ("Skill", "skill"):
        return Matching(
            lambda call: call.tool == tool and any(map(of_value.matches, _skill_names(call.input))), ALL_KINDS
        )

    def matches(call: Call) -> bool:
        given = _as_written(call.input, name)
        return given is not None and of_tool(call.tool) is not None and of_value.matches(given)

    return Matching(matches, ALL_KINDS)


def _as_written(tool_input: JsonObject, name: str) -> str | None:
    """Return a scalar parameter as JSON writes it, strings without quotes; ``None`` where there is none."""
    value = tool_input.get(name)
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (str, int, float)) else None
