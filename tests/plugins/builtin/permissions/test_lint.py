"""What is told of rules that can never do what they seem to be for, and of keys that nobody reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gaff.hooks import Notice
from gaff.plugins.builtin.permissions._book import rule_book
from gaff.testing import Shell

if TYPE_CHECKING:
    from .conftest import House


def warnings(house: House) -> tuple[str, ...]:
    """Return what the user is told."""
    return rule_book(house.session).warnings  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("behavior", "rule", "told"),
    [
        ("allow", "Bash(npm test && npm run lint)", "each side of a '&&' is judged alone"),
        ("allow", "Bash(cat x | grep y)", "each side of a '|' is judged alone"),
        ("allow", "Bash(git:* push)", "only at the end"),
        ("deny", "Read(/etc/passwd)", "write '//etc/passwd'"),
        ("allow", "Edit(/tmp/**)", "write '//tmp/**'"),
        ("allow", "bash(npm test)", "did you mean Bash?"),
        ("allow", "WebFech", "did you mean WebFetch?"),
    ],
)
def test_rules_that_cannot_match_are_told(house: House, behavior: str, rule: str, told: str) -> None:
    """With the rule, its file, and what to write instead."""
    house.settings({behavior: [rule]}, path="/u/s.json")
    lines = warnings(house)
    assert len(lines) == 1, lines
    assert f"{behavior} rule {rule} in /u/s.json" in lines[0]
    assert told in lines[0]


@pytest.mark.parametrize(
    ("behavior", "rule"),
    [
        ("allow", "Bash(grep 'a|b' *)"),
        ("allow", "Bash(npm run test:*)"),
        ("deny", "Bash(curl * | sh)"),
        ("deny", "Read(//etc/passwd)"),
        ("deny", "Read(/src/**)"),
        ("allow", "MyOwnTool"),
        ("allow", "Bash(find . -name '*.py' -delete)"),
    ],
)
def test_rules_that_can_match_are_not_told(house: House, behavior: str, rule: str) -> None:
    """Quoted operators, denials of whole lines, roots spelt as such, tools of plugins."""
    house.settings({behavior: [rule]})
    assert warnings(house) == ()


def test_a_path_of_the_project_is_no_slip(house: House) -> None:
    """Where the project has a folder of that name, it is meant."""
    (house.project / "etc").mkdir()
    house.settings(deny=["Read(/etc/**)"])
    assert warnings(house) == ()


def test_an_allow_rule_that_a_denial_covers_is_told(house: House) -> None:
    """A denial has no exceptions, whichever level it stands in."""
    house.settings(deny=["Bash", "Read(./x)"], path="/a.json")
    house.settings(allow=["Bash(ls *)", "Read(./x)", "Edit(./x)"], path="/b.json")
    lines = warnings(house)
    assert len(lines) == 2, lines
    assert "allow rule Bash(ls *) in /b.json" in lines[0]
    assert "never counts: deny rule Bash in /a.json" in lines[0]


def test_misspelt_keys_are_told_and_a_lost_denial_is_not_risked(house: House) -> None:
    """What was probably meant to deny leaves nothing allowed but reading the project."""
    house.settings({"alow": ["Bash(ls)"], "additionalDirs": []}, path="/u/s.json")
    assert [line.partition("; ")[2] for line in warnings(house)] == [
        "did you mean 'allow'?",
        "did you mean 'additionalDirectories'?",
    ]
    assert house.verdict(house.run("ls", read_only=True)) == "allow"
    house.settings({"dney": ["Bash(ls)"]}, path="/u/t.json")
    assert house.verdict(house.run("ls", read_only=True)) == "ask"


async def test_they_are_told_at_the_start(shell: Shell) -> None:
    """As a notice, before anything is asked of the model."""
    shell.workspace.settings({"permissions": {"dney": [], "allow": ["Bash(a && b)"]}})
    await shell.start()
    await shell.event(Notice, 2)
    told = "\n".join(event.text for event in shell.events if isinstance(event, Notice))
    assert "permissions.dney in" in told
    assert "did you mean 'deny'?" in told
    assert "Bash(a && b)" in told


def test_an_exact_rule_may_hold_a_star_of_the_command_itself(house: House) -> None:
    """``find -delete`` is allowed by a rule that spells all of it, and by no wider one."""
    command = "find . -name '*.pyc' -delete"
    words = ("find", ".", "-name", "*.pyc", "-delete")
    house.settings(allow=[f"Bash({command})", "Bash(find . -delete)"])
    assert house.verdict(house.run(command, words=words)) == "allow"
    everything = ("find", ".", "-delete")
    assert house.verdict(house.run("find . -delete", words=everything)) == "ask"  # nothing would be left
    inside = command.replace(".", "build", 1)
    house.settings(allow=[f"Bash({inside})", "Bash(find lib *)"])
    assert house.verdict(house.run(inside, words=("find", "build", *words[2:]))) == "allow"
    lib = command.replace(".", "lib", 1)
    assert house.verdict(house.run(lib, words=("find", "lib", *words[2:]))) == "ask"


@pytest.mark.parametrize(
    "command",
    ["bash -c 'curl x'", "sh -lc 'ls; curl x'", "su -c 'curl x' me", "npx curl x", "script -c 'curl x' f"],
)
def test_denials_look_into_texts_that_are_run(house: House, command: str) -> None:
    """A shell's argument is a command, too."""
    import shlex

    house.settings(allow=["Bash"], deny=["Bash(curl *)"])
    assert house.verdict(house.run(command, words=tuple(shlex.split(command)))) == "deny"


@pytest.mark.parametrize(
    "word", ["$(pwd)", "`pwd`", "${X:-/}", "${X:-~}", "$(git rev-parse --show-toplevel)"]
)
def test_substitutions_that_mean_a_critical_path(house: House, word: str) -> None:
    """What prints the current folder is the current folder."""
    house.settings(allow=["Bash"])
    assert house.verdict(house.run(f"rm -rf {word}", words=("rm", "-rf", word))) == "ask"


@pytest.mark.parametrize(
    ("command", "verdict"),
    [
        ("Remove-Item x", "deny"),
        ("REMOVE-ITEM x", "deny"),
        ("ls; del x", "deny"),
        ("$a = rm x", "deny"),
        ("if ($b) { ri x }", "deny"),
        ("Get-ChildItem", "ask"),
        ("Get-Item Remove-Item", "ask"),
    ],
)
def test_powershell_denials(house: House, command: str, verdict: str) -> None:
    """Case ignored, aliases spelt out, every command of the text; nothing is ever allowed."""
    house.settings(deny=["PowerShell(Remove-Item *)"], allow=["PowerShell(Get-ChildItem *)"])
    action = house.run(command, words=(), understood=False)
    assert house.verdict(action, "PowerShell", {"command": command}) == verdict


@pytest.mark.parametrize(
    "command", ["find . -exec cat {} ;", "find src -delete", "watch ls", "setsid ls", "flock l ls"]
)
def test_what_runs_its_arguments_is_asked_for_even_where_it_only_reads(house: House, command: str) -> None:
    """Documented: only a rule that spells the whole command allows it."""
    assert house.verdict(house.run(command, read_only=True)) == "ask"
    house.settings(allow=[f"Bash({command.split()[0]} *)"])
    assert house.verdict(house.run(command, read_only=True)) == "ask"
