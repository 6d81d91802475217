"""Which firings a group of handlers is for: matchers and if rules."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, strategies as st

from gaff.plugins.builtin.handlers._events import EVENTS, matched_value
from gaff.plugins.builtin.handlers._matcher import compile_matcher

from .conftest import Hooked, command

TOOLS = ("Bash", "Edit", "Glob", "Read", "Write")


@pytest.mark.parametrize(
    ("event", "matcher", "value", "expected"),
    [
        ("PreToolUse", "", "Read", True),
        ("PreToolUse", "*", "Read", True),
        ("PreToolUse", "Read", "Read", True),
        ("PreToolUse", "Read", "ReadMore", False),
        ("PreToolUse", "read", "Read", False),
        ("PreToolUse", "Edit|Write", "Write", True),
        ("PreToolUse", "Edit, Write", "Write", True),
        ("PreToolUse", " Edit | Write ", "Edit", True),
        ("PreToolUse", "Ed.*", "NotebookEdit", True),
        ("PreToolUse", "^Edit$", "NotebookEdit", False),
        ("PreToolUse", "mcp__memory", "mcp__memory__get", False),
        ("PreToolUse", "mcp__memory__.*", "mcp__memory__get", True),
        ("PreToolUse", "mcp__.*__write.*", "mcp__files__write_all", True),
        ("PreToolUse", "(?<kind>Read)", "Read", True),
        ("SubagentStart", "plugin:reviewer", "my-plugin:reviewer-two", True),
        ("SubagentStart", "^plugin:reviewer$", "my-plugin:reviewer-two", False),
        ("SubagentStart", "code-reviewer", "code-reviewer", True),
        ("SessionStart", "startup|resume", "resume", True),
        ("SessionStart", "startup", "clear", False),
        ("FileChanged", ".envrc|.env", ".envrc", True),
        ("FileChanged", "Makefile|README", "README", True),
        ("StopFailure", "rate_limit|overloaded", "overloaded", True),
        ("StopFailure", "rate_limit,overloaded", "overloaded", False),
        ("UserPromptSubmit", "anything", None, True),
        ("PreToolUse", "[[]Read", "[Read", True),
    ],
)
def test_a_matcher_covers_what_is_documented(
    event: str, matcher: str, value: str | None, expected: bool
) -> None:
    """Names are exact, anything else is an unanchored pattern."""
    assert compile_matcher(event, matcher, TOOLS).covers(value) is expected


@pytest.mark.parametrize(
    ("event", "matcher", "problem"),
    [
        ("PreToolUse", "bash", "did you mean Bash?"),
        ("PreToolUse", "mcp__memory", "write mcp__memory__.*"),
        ("PreToolUse", "^bash$", "matches nothing"),
        ("PreToolUse", "(", "no regular expression"),
        ("SessionStart", "start", "names nothing that SessionStart can have"),
        ("PreCompact", "automatic", "did you mean auto?"),
        ("PreToolUse", "Bash", ""),
        ("PreToolUse", "mcp__github__get", ""),
        ("SubagentStart", "whoever", ""),
        ("Notification", "idle_.*", ""),
        ("Stop", "Bash", "has no matchers"),
        ("Stop", "*", ""),
    ],
)
def test_a_matcher_that_can_never_match_is_told(event: str, matcher: str, problem: str) -> None:
    """With what was probably meant."""
    found = compile_matcher(event, matcher, TOOLS).problem
    assert problem in found
    assert bool(problem) is bool(found)


@pytest.mark.parametrize(
    ("model", "value"),
    [
        ("claude-opus-4-5", "claude-opus-4-5"),
        ("claude-opus-4-5-20251101[1m]", "claude-opus-4-5"),
        ("us.anthropic.claude-opus-4-5-20251101-v1:0", "claude-opus-4-5"),
        ("claude-opus-4-5@20251101", "claude-opus-4-5"),
        ("anthropic/claude-sonnet-5-5", "claude-sonnet-5-5"),
        ("gpt-5", None),
        ("", None),
    ],
)
def test_models_are_matched_by_their_plain_name(model: str, value: str | None) -> None:
    """Whatever a provider calls them; where nobody knows the model, every hook runs."""
    assert matched_value("PreModelSwitch", {"to_model": model}) == value


@given(st.sampled_from(sorted(EVENTS)), st.text(max_size=20), st.text(max_size=10))
def test_no_text_breaks_a_matcher(event: str, matcher: str, value: str) -> None:
    """Whatever stands in a settings file is compiled or told."""
    found = compile_matcher(event, matcher, TOOLS)
    assert isinstance(found.covers(value), bool)


@given(st.lists(st.from_regex(re.compile(r"[A-Za-z0-9_-]{1,8}", re.ASCII), fullmatch=True), min_size=1))
def test_a_list_covers_exactly_its_names(names: list[str]) -> None:
    """Whatever separates them."""
    found = compile_matcher("PreToolUse", " |".join(names), TOOLS)
    assert all(found.covers(name) for name in names)
    assert not found.covers("".join(names) + "x")


@pytest.mark.parametrize(
    ("rule", "tool", "input", "runs"),
    [
        ("Bash(git *)", "Bash", {"command": "git status"}, True),
        ("Bash(git *)", "Bash", {"command": "ls"}, False),
        ("Bash(git *)", "Bash", {"command": "cd /tmp && git log"}, True),
        ("Bash(git *)", "Bash", {"command": "A=1 git log"}, True),
        ("Bash(git *)", "Bash", {"command": "echo $(git log)"}, True),
        ("Bash(git *)", "Bash", {"command": "echo `git log`"}, True),
        ("Bash(git *)", "Bash", {"command": 'echo "unterminated'}, True),
        ("Bash(git push *)", "Bash", {"command": "echo $HOME"}, True),
        ("Bash(git push *)", "Bash", {"command": "git status"}, False),
        ("Bash(git:*)", "Bash", {"command": "git status"}, True),
        ("Bash", "Bash", {"command": "ls"}, True),
        ("Bash", "Read", {"file_path": "note.txt"}, False),
        ("Read(*.txt)", "Read", {"file_path": "note.txt"}, True),
        ("Read(*.md)", "Read", {"file_path": "note.txt"}, False),
        ("Edit(src/**)", "Write", {"file_path": "src/a.py", "content": ""}, True),
        ("Edit(src/**)", "Write", {"file_path": "lib/src/a.py", "content": ""}, False),
        ("Edit(**/src/**)", "Write", {"file_path": "lib/src/a.py", "content": ""}, True),
        ("Write(*.md)", "Write", {"file_path": "a.md", "content": ""}, True),
        ("Write(*.md)", "Read", {"file_path": "note.txt"}, False),
        ("Edit", "Write", {"file_path": "a.md", "content": ""}, True),
        ("Edit", "Read", {"file_path": "note.txt"}, False),
        ("Read", "Glob", {"pattern": "*"}, True),
    ],
)
async def test_an_if_rule_decides_whether_a_hook_runs(
    hooked: Hooked, rule: str, tool: str, input: dict[str, object], runs: bool
) -> None:
    """Where a command cannot be read, it runs."""
    hooked.on("PreToolUse", {**command("true"), "if": rule})
    await hooked.call(tool, **input)
    assert bool(hooked.log) is runs


async def test_an_if_rule_elsewhere_never_runs_and_is_told(hooked: Hooked) -> None:
    """Only tool events have what a rule is about."""
    hooked.on("Stop", {**command("true"), "if": "Bash(git *)"})
    hooked.shell.add("done")
    await hooked.shell.submit("go")
    assert not hooked.log
    assert "Stop has no tool call" in "\n".join(hooked.notices)


async def test_an_if_rule_that_is_none_is_told(hooked: Hooked) -> None:
    """The handler is unusable."""
    hooked.on("PreToolUse", {**command("true"), "if": "Bash(git"})
    await hooked.shell.start()
    await hooked.call("Read", file_path="note.txt")
    assert not hooked.log
    assert "neither Tool nor Tool(specifier)" in "\n".join(hooked.notices)
