"""How rules are written."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from gaff.hooks import Rule
from gaff.plugins.builtin.permissions._syntax import (
    RuleError,
    check_allow_name,
    compile_tool_name,
    covers_whole_tool,
    parse_rule,
)

NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9_*-]{0,20}", fullmatch=True)


@given(NAMES.filter(lambda name: name not in ("Task", "KillShell", "KillBash")), st.none() | st.text())
def test_a_rule_survives_being_written_down(tool: str, specifier: str | None) -> None:
    """What ``str`` writes, ``parse_rule`` reads back, whatever the specifier holds."""
    rule = Rule(tool, specifier)
    assert parse_rule(str(rule)) == rule


@given(st.text())
def test_no_text_breaks_the_parser(text: str) -> None:
    """Every text is a rule or a ``RuleError``."""
    try:
        rule = parse_rule(text)
    except RuleError:
        return
    assert rule.tool


@pytest.mark.parametrize("text", ["", "Bash(", "Bash)", "(x)", "Bash (x)", "Bash(x) y", "a b"])
def test_what_is_no_rule(text: str) -> None:
    """Unbalanced and empty texts are refused."""
    with pytest.raises(RuleError, match="neither Tool nor"):
        parse_rule(text)


def test_former_names_are_todays() -> None:
    """Rules with the former names of tools go on working."""
    assert parse_rule("Task(Explore)") == Rule("Agent", "Explore")
    assert parse_rule("KillShell") == Rule("TaskStop")


@pytest.mark.parametrize("name", ["*", "B*", "mcp__*", "mcp__git*__x", "*mcp__x__y"])
def test_wildcards_that_allow_too_much(name: str) -> None:
    """An allow rule may only have a wildcard behind the name of one server."""
    with pytest.raises(RuleError, match="wildcard"):
        check_allow_name(name)


@pytest.mark.parametrize(
    ("pattern", "name", "expected"),
    [
        ("mcp__github", "mcp__github__get", True),
        ("mcp__github", "mcp__github", True),
        ("mcp__github", "mcp__github2__get", False),
        ("mcp__github__get", "mcp__github__get_issue", False),
        ("mcp__claude_ai_Gmail", "mcp__claude_ai_Gmail__send", True),
        ("*", "Anything", True),
        ("Web*", "WebFetch", True),
        ("Web*", "NotWebFetch", False),
        ("B.sh", "Bash", False),
    ],
)
def test_tool_names(pattern: str, name: str, expected: bool) -> None:
    """Wildcards match whole names, a bare server all of its tools."""
    assert bool(compile_tool_name(pattern).fullmatch(name)) is expected


def test_whole_tools() -> None:
    """``Tool``, ``Tool(*)`` and ``Tool()`` are about the tool as such."""
    assert all(covers_whole_tool(parse_rule(text)) for text in ("Bash", "Bash(*)", "Bash()", "*"))
    assert not covers_whole_tool(parse_rule("Bash(ls)"))
