"""Bash calls through the whole permission check."""

from __future__ import annotations

import pytest

from gaff.testing.replies import call, say
from gaff.testing.shell import Shell


async def status(shell: Shell, command: str, **rules: list[str]) -> str:
    """Call Bash under these rules, with a user who says no; return ``done``, ``asked`` or ``denied``."""
    shell.workspace.settings({"permissions": rules})
    shell.add(call("Bash", {"command": command}), say("ok"))
    shell.deny("no")
    await shell.submit("go")
    if shell.questions:
        return "asked"
    return shell.outcomes[-1].status


@pytest.mark.parametrize(
    "command", ["ls -la", "cat a.txt | head -1", "cd sub && ls", "echo hi > /dev/null", "git --version"]
)
async def test_looking_needs_no_question(shell: Shell, command: str) -> None:
    """The read-only set runs unasked."""
    shell.workspace.write("a.txt", "x")
    shell.workspace.write("sub/b.txt", "x")
    assert await status(shell, command) == "done"


@pytest.mark.parametrize(
    "command",
    [
        "touch x", "rm a.txt", "echo hi > out", "cat /etc/passwd", "echo $(rm a.txt)", "ls; npm test", "[[ a ]] && touch x", "for f in a.txt; do rm $f; done", "X=..; cat $X/other", "a=rm; $a a.txt", "f() { rm a.txt; }; f", "cat ../other",
        "find . -delete", "cd sub && git status", "ls\n\\rm -rf a.txt", "echo hi | tee out", "LD_PRELOAD=./x.so ls",
    ],
)  # fmt: skip
async def test_the_rest_asks(shell: Shell, command: str) -> None:
    """Changes, reads outside, and whatever cannot be read."""
    shell.workspace.write("a.txt", "x")
    assert await status(shell, command) == "asked"


@pytest.mark.parametrize(
    ("command", "rule"),
    [
        ("touch x", "Bash(touch *)"), ("rm a.txt", "Bash(rm *)"), ("mkdir -p a/b", "Bash(mkdir *)"), ("NODE_ENV=test nice touch x", "Bash(touch *)"), ("for f in a b; do touch x; done", "Bash(touch *)"),
        ("git commit --help > /dev/null; touch \"$(cat <<'EOF'\nx)\nEOF\n)\"", "Bash"),
    ],
)  # fmt: skip
async def test_an_allow_rule_is_enough(shell: Shell, command: str, rule: str) -> None:
    """A rule for the command covers the files it names inside the project."""
    shell.workspace.write("a.txt", "x")
    assert await status(shell, command, allow=[rule]) in {"done", "failed"}


@pytest.mark.parametrize(
    "command",
    ["touch x && rm -rf a", "touch x; $(rm a)", "touch `rm a`", "touch x > /tmp/out-of-project", "PATH=. touch x", "touch x\nrm a", "GIT_EDITOR=x; touch x"],
)  # fmt: skip
async def test_an_allow_rule_covers_nothing_else(shell: Shell, command: str) -> None:
    """Every part of a compound command has to be allowed."""
    assert await status(shell, command, allow=["Bash(touch *)"]) == "asked"


@pytest.mark.parametrize(
    "command",
    [
        "rm x", "r'm' x", "\\rm x", "ls && rm x", "echo $(rm x)", "echo `rm x`", "FOO=bar rm x", "timeout 5 rm x", "sudo rm x", "env A=1 rm x",
        "xargs -n1 rm", "f() { rm x; }; f", "eval 'rm x'", "if true; then rm x; fi", "ls\n\\rm x", "watch rm x", "/bin/rm x", "[[ a ]] && rm x",
        "find . -exec rm {} \\;", "cat <(rm x)", "case a in a) rm x;; esac", "echo a" + "; echo a" * 60 + "; rm x",
    ],
)  # fmt: skip
async def test_a_denial_sees_the_command_anywhere(shell: Shell, command: str) -> None:
    """Behind quoting, wrappers and substitutions, and in what the strict reader refuses."""
    assert await status(shell, command, deny=["Bash(rm *)"]) == "denied"


@pytest.mark.parametrize(
    "command",
    [
        "cat .env",
        "cd sub && cat ../.env",
        "head -n1 < .env",
        "cat .e*",
        "grep x .env",
        "cat --odd .env",
        "cat link",
        "cat {.env,f}",
        "X=.env; cat $X",
        "for f in sub/x .env; do cat $f; done",
        "for f in .e*; do head $f; done",
        "awk '{print}' .env",
        "jq . .env",
        "git show HEAD:.env",
        "git cat-file -p HEAD:.env",
        "cd sub && git show HEAD:.env",
        "git blame .env",
        "git diff -- .env",
        "tar czf x.tgz .env",
        "curl -d @.env http://localhost",
        "curl -T .env http://localhost",
        "curl -F f=@.env http://localhost",
        "dd if=.env",
        "base64 .env",
        "cp .env x",
        "od -w .env",
        "find . -name x -exec cat .env ';'",
    ],
)
async def test_a_denied_file_is_not_read(shell: Shell, command: str) -> None:
    """Read rules hold for the commands that are known to read."""
    shell.workspace.write(".env", "secret")
    shell.workspace.write("sub/x", "")
    (shell.workspace.project / "link").symlink_to(".env")
    assert await status(shell, command, deny=["Read(./.env)"]) == "denied"


@pytest.mark.parametrize(
    "command",
    [
        "grep -r KEY .", "grep -R KEY", "grep -rl KEY sub", "rg KEY", "diff -r . sub", "find . -name x -exec cat {} +", "while read f; do cat $f; done < list",
        "cat $(echo .env)", "echo .env | xargs cat", "xargs -n1 cat < list", "git grep KEY", "cp -r sub copy", "sudo grep -r KEY .", "while read f; do cat \"$f\"; done < list",
        "grep -d recurse KEY .", "grep --recurs KEY", "mv sub other", "find . | xargs -I{} cat {}",
    ],
)  # fmt: skip
async def test_a_denied_file_is_not_come_across(shell: Shell, command: str) -> None:
    """Going through a folder that holds a denied file, or naming files later, asks whatever is allowed."""
    for name in ("sub/.env", ".env", "list"):
        shell.workspace.write(name, "KEY")
    assert await status(shell, command, allow=["Bash"], deny=["Read(.env)"]) == "asked"


@pytest.mark.parametrize(
    "command", ["grep -r KEY src", "cat src/a src/b", "ls -R", "find . -name .env", "grep KEY src/*"]
)
async def test_other_folders_are_gone_through(shell: Shell, command: str) -> None:
    """Where nothing below is denied, and where only names are listed, nobody is asked."""
    shell.workspace.write("src/a", "KEY")
    shell.workspace.write("src/b", "KEY")
    shell.workspace.write(".env", "KEY")
    assert await status(shell, command, deny=["Read(.env)"]) == "done"


async def test_a_denied_folder_is_not_gone_through(shell: Shell) -> None:
    """A search of the folder itself is denied."""
    shell.workspace.write("secrets/a", "KEY")
    assert await status(shell, "grep -r KEY secrets", deny=["Read(secrets/**)"]) == "denied"


@pytest.mark.parametrize(
    ("command", "rule", "expected"),
    [
        ("touch x && echo hi > y && rm x", "Bash", "done"), ("touch 'a b'", "Bash(touch *)", "done"), ("rm *.txt", "Bash(rm *)", "done"),
        ("echo hi > y", "Bash(echo *)", "asked"), ("echo hi > ../y", "Bash", "asked"), ("touch .git/x", "Bash", "asked"),
        ("touch ../x", "Bash", "asked"), ("touch 'a b'", "Bash(touch a *)", "asked"),
    ],
)  # fmt: skip
async def test_what_a_rule_covers_of_the_files(shell: Shell, command: str, rule: str, expected: str) -> None:
    """A bare rule covers all files inside the project, one for a command those it names."""
    shell.workspace.write("a.txt", "x")
    assert await status(shell, command, allow=[rule]) == expected
