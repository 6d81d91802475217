"""Everyday commands, as agents write them, and whether they run unasked in the default mode.

Unasked is what only looks, inside the project; everything else asks. Nobody's rules are involved. The
commands stand in ``commands/unasked.txt`` and ``commands/asked.txt``.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gaff.plugins.builtin.shell._actions import Situation, actions_of
from gaff.plugins.builtin.shell._reader import read_commands
from gaff.plugins.builtin.shell._second_reader import names_parsed
from gaff.plugins.builtin.shell._words import Refused


@pytest.fixture(scope="module")
def situation(tmp_path_factory: pytest.TempPathFactory) -> Situation:
    """A project with a repository and a few files."""
    project = tmp_path_factory.mktemp("home") / "project"
    for name in (
        "src/app.py",
        "src/util.py",
        "src/web/index.ts",
        "tests/test_app.py",
        "README.md",
        "package.json",
        "data.csv",
        "app.log",
    ):
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text("x\n")
    (project / ".git").mkdir()
    (project / ".git/config").write_text("[core]\n\tbare = false\n[user]\n\tname = A\n")
    environ = {
        "HOME": str(project.parent),
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "C",
        "USER": "u",
        "SECRET": "s",
    }
    return Situation(project, project, environ)


def runs_unasked(text: str, situation: Situation) -> bool:
    """Whether every action of the text only looks, and at nothing outside of the project."""
    for action in actions_of(text, situation):
        inside = Path(action.resolved or "/").is_relative_to(situation.project_dir)
        looks = action.read_only if action.kind == "run" else action.kind == "read" and inside
        if not (action.understood and looks):
            return False
    return True


def lines(name: str) -> list[str]:
    """Return the commands of a table, one a line; ``⏎`` stands for a line break in one."""
    text = (Path(__file__).parent / "commands" / name).read_text(encoding="utf-8")
    return [line.replace("⏎", "\n") for line in text.splitlines()]


UNASKED = lines("unasked.txt")
ASKED = lines("asked.txt")


@pytest.mark.parametrize("text", UNASKED)
def test_looking_needs_no_question(situation: Situation, text: str) -> None:
    """What only looks at the project runs."""
    assert runs_unasked(text, situation)


@pytest.mark.parametrize("text", ASKED)
def test_everything_else_asks(situation: Situation, text: str) -> None:
    """What changes, runs or sends something asks, as do looks elsewhere and what could not be read."""
    assert not runs_unasked(text, situation)


@pytest.mark.parametrize("text", [*UNASKED, *ASKED])
def test_tree_sitter_finds_no_further_command(text: str) -> None:
    """What the strict reader accepts, another grammar reads the same way."""
    try:
        commands = read_commands(text, "/p", "/home/u", {"HOME"})
    except Refused:
        return
    names = {command.words[0].value for command in commands if command.words}
    found = {
        re.sub(r"^(?:time|\w+=\S*)(?: |$)", "", command).partition(" ")[0] for command in names_parsed(text)
    }
    assert found - {""} <= names
