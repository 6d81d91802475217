"""The policies in a real session: a model calls tools, the gate judges, files change or do not."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping

import pytest

from gaff.hooks import Notice, PermissionMode, UsageError, list_at
from gaff.testing import Reply, Shell, call, say


def write(path: str) -> Reply:
    """Return a model's call of Write."""
    return call("Write", {"file_path": path, "content": "x"})


def told(shell: Shell) -> str:
    """Return everything the user was told."""
    return "\n".join(event.text for event in shell.events if isinstance(event, Notice))


async def test_a_denied_read_reaches_the_model_with_its_reason(shell: Shell) -> None:
    """The model reads which rule denied its call; nobody is asked."""
    shell.workspace.write(".env", "KEY=1")
    shell.workspace.settings({"permissions": {"deny": ["Read(.env)"]}})
    shell.add(call("Read", {"file_path": ".env"}), say("I may not."))
    await shell.submit("Read .env")
    assert "deny rule Read(.env) in" in str(shell.outcomes[0].output.content)
    assert "KEY=1" not in str(shell.requests)
    assert not shell.questions


async def test_a_read_inside_needs_no_question_and_a_write_does(shell: Shell) -> None:
    """Default mode: reads of the project go through, writes are asked for."""
    shell.workspace.write("a.txt", "hello")
    shell.add(call("Read", {"file_path": "a.txt"}), write("b.txt"), say("Done."))
    shell.allow()
    await shell.submit("Copy it")
    assert [outcome.status for outcome in shell.outcomes] == ["done", "done"]
    assert len(shell.questions) == 1


async def test_an_answer_for_always_is_kept_and_not_asked_again(shell: Shell) -> None:
    """What the dialog saves is in force for the next call."""
    shell.add(write("a.txt"), write("b.txt"), say("Done."))
    shell.allow(scope="session")
    await shell.submit("Write two files")
    assert len(shell.questions) == 1
    assert shell.workspace.read("b.txt") == "x"


async def test_plan_mode_changes_nothing(shell: Shell) -> None:
    """A write in plan mode is denied without a question, whatever the rules allow."""
    shell.options("--permission-mode", "plan", "--allowedTools", "Edit,Write")
    shell.add(write("a.txt"), say("I will plan."))
    await shell.submit("Write a file")
    assert "Plan mode is on" in str(shell.outcomes[0].output.content)
    assert not (shell.workspace.project / "a.txt").exists()
    assert not shell.questions


async def test_dont_ask_denies_instead_of_asking(shell: Shell) -> None:
    """In dontAsk mode an allow rule is what lets a call through."""
    shell.options("--permission-mode", "dontAsk", "--allowedTools", "Edit(ok/**)")
    shell.add(write("ok/a.txt"), write("b.txt"), say("Done."))
    shell.allow()
    await shell.submit("Write two files")
    assert [outcome.status for outcome in shell.outcomes] == ["done", "denied"]
    assert not shell.questions


async def test_accept_edits_still_asks_for_protected_files(shell: Shell) -> None:
    """acceptEdits mode writes a file of the project, and asks for one of git's."""
    shell.options("--permission-mode", "acceptEdits")
    shell.add(write("a.txt"), write(".git/hooks/pre-commit"), say("Done."))
    shell.deny("no hooks")
    await shell.submit("Write")
    assert [outcome.status for outcome in shell.outcomes] == ["done", "denied"]
    assert not (shell.workspace.project / ".git").exists()


async def test_a_denied_tool_is_not_offered(shell: Shell) -> None:
    """A tool that is denied altogether is not in the request, and the rest is unchanged from turn to turn."""
    shell.options("--disallowedTools", "Write")
    shell.add(say("One."), say("Two."))
    await shell.submit("Hello")
    await shell.submit("Again")
    offered = [list_at(request, "tools") for request in shell.requests]
    names = [[tool["name"] for tool in tools if isinstance(tool, Mapping)] for tools in offered]
    assert "Write" not in names[0]
    assert "Read" in names[0]
    assert names[0] == names[1]


async def test_a_broken_settings_file_fails_closed(shell: Shell) -> None:
    """While the user's settings do not parse, a call that some rule would allow is asked for."""
    (shell.workspace.gaff_home / "settings.json").write_text('{"permissions": {"deny": ["Read(.env)",]}}')
    shell.options("--allowedTools", "Edit")
    shell.add(write("a.txt"), say("No."))
    await shell.submit("Write")
    assert shell.outcomes[0].status == "denied"
    assert "settings.json" in str(shell.outcomes[0].output.content)


@pytest.mark.parametrize("trusted", [False, True])
async def test_a_projects_allow_rules_need_trust(shell: Shell, trusted: bool) -> None:
    """A repository's own allow rules count only where the user trusts it; its denials always do."""
    rules = {"permissions": {"allow": ["Edit(*.txt)"], "deny": ["Read(.env)"]}}
    shell.workspace.write(".claude/settings.json", json.dumps(rules))
    if trusted:
        shell.options("--trust")
    shell.add(write("a.txt"), call("Read", {"file_path": ".env"}), say("Done."))
    await shell.submit("Write")
    assert [outcome.status for outcome in shell.outcomes] == ["done" if trusted else "denied", "denied"]


async def test_a_typing_error_in_a_rule_is_told(shell: Shell) -> None:
    """A rule for a tool that nobody knows is told with the nearest name."""
    shell.workspace.settings({"permissions": {"deny": ["Raed(.env)"]}})
    shell.add(say("Hello."))
    await shell.submit("Hello")
    assert "did you mean Read?" in told(shell)


def bash(command: str) -> Reply:
    """Return a model's call of Bash."""
    return call("Bash", {"command": command})


@pytest.mark.parametrize(
    ("command", "options", "expected"),
    [
        ("ls", (), "done"),
        ("mkdir d", (), "denied"),
        ("mkdir d", ("--allowedTools", "Bash(mkdir *)"), "done"),
        ("mkdir d && touch d/a", ("--permission-mode", "acceptEdits"), "done"),
        ("mkdir d && touch ../a", ("--permission-mode", "acceptEdits"), "denied"),
        ("touch .git/x", ("--permission-mode", "acceptEdits"), "denied"),
        ("mv sub d4 && cat d4/a", ("--permission-mode", "acceptEdits"), "denied"),
        ("mv sub d4", ("--permission-mode", "acceptEdits"), "done"),
        ("cp -a sub d2 && echo x > d2/a", ("--allowedTools", "Bash"), "denied"),
        (
            "ln -s sub s2; echo 1 > s2/a",
            ("--allowedTools", "Bash", "--disallowedTools", "Edit(/sub/**)"),
            "denied",
        ),
        ("echo 1 > new && cat new", ("--permission-mode", "acceptEdits"), "done"),
        ("ls -R /root", (), "denied"),
        ("true; mkdir d", ("--allowedTools", "Bash", "--disallowedTools", "Bash(mkdir *)"), "denied"),
        ("echo $(mkdir d)", ("--allowedTools", "Bash(echo *)"), "denied"),
        ("cat .env", ("--disallowedTools", "Read(.env)"), "denied"),
        ("mkdir d", ("--permission-mode", "plan"), "denied"),
        ("LD_PRELOAD=./x.so ls", ("--allowedTools", "Bash(ls *)"), "denied"),
    ],
)
async def test_commands(shell: Shell, command: str, options: tuple[str, ...], expected: str) -> None:
    """Commands are judged by all they do, and nobody is there to be asked."""
    shell.workspace.write("sub/a", "text")
    shell.workspace.write(".env", "KEY=1")
    shell.options(*options)
    shell.add(bash(command), say("Done."))
    await shell.submit("Do it")
    assert shell.outcomes[0].status == expected, shell.outcomes[0].output


@pytest.mark.parametrize(
    ("command", "expected"),
    [("mkdir d", "done"), ("rmdir /", "denied"), ("if true; then rmdir /; fi", "denied")],
)
async def test_bypass_asks_for_critical_paths(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, command: str, expected: str
) -> None:
    """bypassPermissions runs everything but the removal of a critical path."""
    monkeypatch.setenv("IS_SANDBOX", "1")
    shell.options("--dangerously-skip-permissions")
    shell.add(bash(command), say("Done."))
    await shell.submit("Do it")
    assert shell.outcomes[0].status == expected, shell.outcomes[0].output


async def test_bypass_does_not_begin_as_root(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside a sandbox, root gets no session in this mode."""
    monkeypatch.delenv("IS_SANDBOX", raising=False)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    shell.options("--dangerously-skip-permissions")
    with pytest.raises(UsageError, match="root"):
        await shell.start()
    assert not shell.requests


async def test_a_saved_rule_is_written_and_in_force(shell: Shell) -> None:
    """The answer "always" writes the suggested rule into the project's local settings."""
    shell.add(bash("git init -q d"), bash("git init -q e"), say("Done."))
    shell.allow(scope="always")
    await shell.submit("Make two repositories")
    assert len(shell.questions) == 1
    saved = json.loads(shell.workspace.read(".claude/settings.local.json"))
    assert saved == {"permissions": {"allow": ["Bash(git init *)"]}}


@pytest.mark.parametrize(
    ("command", "rules"),
    [
        ("mv template src", []),
        ("cp -r template new", []),
        ("cp -r template/. new", ["Bash(cp *)"]),
        ("cp -r temp* new", ["Bash(cp *)"]),
        ("cp -r -t src template", ["Bash(cp *)"]),
        ("rsync -a template/ .", ["Bash(rsync *)"]),
    ],
)
async def test_a_folder_is_not_carried_off_with_something_protected_in_it(
    shell: Shell, command: str, rules: list[str]
) -> None:
    """Settings under a harmless name must not arrive under their own, whatever the mode and the rules."""
    shell.workspace.write("template/.claude/settings.json", "{}")
    shell.workspace.write("src/a", "a")
    shell.workspace.settings({"permissions": {"allow": [*rules]}})
    shell.options("--permission-mode", "acceptEdits")
    shell.add(call("Bash", {"command": command}), say("Done."))
    await shell.submit("Set it up")
    assert [outcome.status for outcome in shell.outcomes] == ["denied"]
    assert ".claude is protected" in str(shell.outcomes[0].output.content)


async def test_git_in_a_repository_within_is_asked_for_in_a_later_call_too(shell: Shell) -> None:
    """A rule for git holds in the project's own repository: another may have git run its programs."""
    inner = shell.workspace.project / "vendor/x"
    for name in ("objects", "refs"):
        (inner / name).mkdir(parents=True)
    shell.workspace.write("vendor/x/HEAD", "ref: refs/heads/main")
    shell.workspace.settings({"permissions": {"allow": ["Bash(git *)"]}})
    look = call("Bash", {"command": "git status"})
    shell.add(look, call("Bash", {"command": "cd vendor/x"}), look, say("Done."))
    await shell.submit("Look")
    assert [outcome.status for outcome in shell.outcomes][1:] == ["done", "denied"]
    assert shell.outcomes[0].status != "denied"


async def test_git_in_a_work_tree_of_the_project_needs_no_further_question(shell: Shell) -> None:
    """It has the settings of the project's own repository."""
    shell.workspace.write(".git/worktrees/x/HEAD", "ref: refs/heads/x")
    shell.workspace.write("trees/x/.git", f"gitdir: {shell.workspace.project}/.git/worktrees/x\n")
    shell.workspace.settings({"permissions": {"allow": ["Bash(git *)"]}})
    shell.add(call("Bash", {"command": "cd trees/x"}), call("Bash", {"command": "git status"}), say("Done."))
    await shell.submit("Look")
    assert "denied" not in [outcome.status for outcome in shell.outcomes]


async def test_a_folder_with_a_repository_in_it_is_not_removed_unasked(shell: Shell) -> None:
    """Its history may be nowhere else."""
    shell.workspace.write("vendor/x/.git/HEAD", "ref: refs/heads/main")
    shell.workspace.write("build/a", "a")
    shell.options("--permission-mode", "acceptEdits")
    shell.add(
        call("Bash", {"command": "rm -rf build"}), call("Bash", {"command": "rm -rf vendor"}), say("Done.")
    )
    await shell.submit("Clean up")
    assert [outcome.status for outcome in shell.outcomes] == ["done", "denied"]


@pytest.mark.parametrize("command", ["mkdir new", "ls script.sh", "timeout 5 cat a", "nice mkdir new"])
async def test_a_program_that_the_project_brings_along_needs_a_question(shell: Shell, command: str) -> None:
    """A folder of the project may be on the search path, as that of a virtual environment is."""
    folder = shell.workspace.project / "bin"
    shell.workspace.write("script.sh", "touch trace")
    for name in ("mkdir", "timeout", "nice"):
        shell.workspace.write(f"bin/{name}", "#!/bin/sh\ntouch trace\n").chmod(0o755)
    (folder / "ls").symlink_to("/bin/sh")
    shell.workspace.variables["PATH"] = f"{folder}:{os.environ['PATH']}"
    shell.options("--permission-mode", "acceptEdits")
    shell.add(call("Bash", {"command": command}), say("Done."))
    await shell.submit("Go")
    assert not (shell.workspace.project / "trace").exists()
    assert [outcome.status for outcome in shell.outcomes] == ["denied"]


@pytest.mark.parametrize(
    ("began", "goes_on"),
    [("auto", "auto"), ("acceptEdits", "acceptEdits"), ("dontAsk", "dontAsk"), ("plan", "default")],
)
async def test_a_resumed_session_goes_on_in_its_mode(
    shell: Shell, began: PermissionMode, goes_on: PermissionMode
) -> None:
    """The mode from before the first message counts as much as one chosen later; plan mode does not."""
    session = await shell.start()
    session.set_mode(began)
    shell.add(say("Hello."))
    await shell.submit("Hello")
    assert (await shell.reopen()).mode == goes_on
