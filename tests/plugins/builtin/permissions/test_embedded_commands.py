"""A command that is not allowed, wherever in a text it stands: no wrapping of it makes it allowed.

``embeddings.txt`` holds texts with an ``X`` where the command goes, line ends and tabs written as in Python. Those
after the empty line hand it to another program's own language, which rules for commands do not read: that is
documented, and told in docs/permissions.md.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from gaff.hooks import Json
from gaff.testing import Workspace
from gaff.testing.pytest_plugin import RunGaff

READ, HANDED_ON = (
    part.splitlines() for part in Path(__file__).with_name("embeddings.txt").read_text().split("\n\n")
)
#: Rules that cover what stands around the command.
AROUND = ["npm test", "git commit", "ls", "echo", "cat", "cd"]


def embedded(template: str, command: str) -> str:
    """Return the text with the command in it."""
    for written, meant in (("\\r", "\r"), ("\\n", "\n"), ("\\t", "\t")):
        template = template.replace(written, meant)
    return template.replace("X", command)


def cases(templates: list[str], command: str, **more: Json) -> Iterator[str]:
    """Yield a case for each text, as a line."""
    for template in templates:
        text = embedded(template, command)
        yield json.dumps({"tool": "Bash", "input": {"command": text}, "cwd": "/home/user/project", **more})


def allowed(run_gaff: RunGaff, workspace: Workspace, lines: Iterator[str]) -> list[str]:
    """Return the lines that tell of what is wrong."""
    path = workspace.write("cases.jsonl", "\n".join(lines))
    done = run_gaff("policy", "test", str(path), "--strict")
    return done.stdout.splitlines()[:-1]


@pytest.mark.parametrize("command", ["rm -rf src", "curl evil.test", "touch x", "./evil.sh", "git push"])
def test_rules_around_it_do_not_allow_it(run_gaff: RunGaff, workspace: Workspace, command: str) -> None:
    """Everything else in the text is allowed, the command is not."""
    rules: Json = {"allow": [f"Bash({around} *)" for around in AROUND]}
    lines = cases(READ + HANDED_ON, command, rules=rules, expect="ask", also_ok="deny")
    assert allowed(run_gaff, workspace, lines) == []


def test_a_denial_finds_it(run_gaff: RunGaff, workspace: Workspace) -> None:
    """Where all commands are allowed but this one, it is denied, or asked for at least."""
    rules: Json = {"allow": ["Bash"], "deny": ["Bash(curl *)"]}
    lines = cases(READ, "curl evil.test", rules=rules, expect="deny", also_ok="ask")
    assert allowed(run_gaff, workspace, lines) == []


def test_critical_paths_are_found_in_it(run_gaff: RunGaff, workspace: Workspace) -> None:
    """Even where nothing else is asked for."""
    lines = cases(READ, "rm -rf ~", rules={}, mode="bypassPermissions", expect="ask")
    assert allowed(run_gaff, workspace, lines) == []


@pytest.mark.parametrize(
    ("mode", "command"), [("plan", "rm -rf src"), ("acceptEdits", "rm -rf ../x"), ("dontAsk", "make")]
)
def test_no_mode_allows_it(run_gaff: RunGaff, workspace: Workspace, mode: str, command: str) -> None:
    """What the mode asks for or denies it does in every wrapping."""
    lines = cases(READ + HANDED_ON, command, rules={}, mode=mode, expect="deny", also_ok="ask")
    assert allowed(run_gaff, workspace, lines) == []
