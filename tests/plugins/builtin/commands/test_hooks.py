"""/hooks, ``gaff hooks`` and /add-dir."""

from __future__ import annotations

import json

import pytest

from gaff.hooks import Json, JsonObject, UsageError
from gaff.plugins.builtin.commands._hooks_samples import sample
from gaff.plugins.builtin.handlers._events import EVENTS
from gaff.start import Start, start
from gaff.testing import Shell, Workspace, say

GUARD: JsonObject = {"type": "command", "command": "echo no >&2; exit 2"}


def configure(
    workspace: Workspace, *entries: JsonObject, event: str = "PreToolUse", matcher: str = "Bash"
) -> None:
    """Write the user's settings with these handlers."""
    workspace.settings({"hooks": {event: [{"matcher": matcher, "hooks": list(entries)}]}})


def test_the_list_says_where_each_hook_is_from_and_why_it_does_not_run(workspace: Workspace) -> None:
    """Active, unusable, skipped for trust; and what is wrong."""
    configure(workspace, GUARD, {"type": "mcp_tool", "server": "s", "tool": "t"})
    hooks = {"Stop": [{"hooks": [GUARD]}], "Stopp": []}
    workspace.write(".claude/settings.json", json.dumps({"hooks": hooks}))
    done = workspace.run("hooks")
    lines = done.stdout.splitlines()
    path = workspace.gaff_home / "settings.json"
    assert f"- active: `Bash` [command] echo no >&2; exit 2: User Settings, {path}" in lines
    assert any(line.startswith("- unusable (this version of gaff has no MCP servers") for line in lines)
    assert any(
        line.startswith("- skipped (this folder is not trusted") and "`*` [command]" in line for line in lines
    )
    assert any("mind" in line and "did you mean Stop?" in line for line in lines)
    assert done.returncode == 0


def test_without_hooks_the_list_says_where_they_go(workspace: Workspace) -> None:
    """The first thing a newcomer sees."""
    assert "No hooks are configured" in workspace.run("hooks", "list").stdout


def test_hooks_are_tried_out_without_a_session(workspace: Workspace) -> None:
    """Each says what it would decide; matchers decide who is asked."""
    configure(workspace, GUARD, {"type": "command", "command": "true"})
    done = workspace.run("hooks", "test", "PreToolUse")
    assert "echo no >&2; exit 2: objects: no (" in done.stdout
    assert "true: no opinion (" in done.stdout
    other = workspace.run("hooks", "test", "PreToolUse", "--matcher-value", "Read")
    assert "not run: its matcher 'Bash' does not match 'Read'" in other.stdout
    assert not (workspace.gaff_home / "hooks.jsonl").exists()


@pytest.mark.parametrize(
    ("rule", "tool", "input", "runs"),
    [
        ("Bash(git *)", "Bash", {"command": "A=1 git log && ls"}, True),
        ("Bash(git *)", "Bash", {"command": "ls"}, False),
        ("Bash(git *)", "Bash", {"command": 'echo "unterminated'}, True),
        ("Edit(src/**)", "Write", {"file_path": "src/a.py", "content": ""}, True),
        ("Edit(src/**)", "Write", {"file_path": "lib/src/a.py", "content": ""}, False),
        ("Bash(git *)", "Read", {"file_path": "a"}, False),
    ],
)
def test_if_rules_are_held_against_the_sample(
    workspace: Workspace, rule: str, tool: str, input: dict[str, Json], runs: bool
) -> None:
    """As they would be in a session."""
    configure(workspace, {**GUARD, "if": rule}, matcher="")
    payload = json.dumps({"tool_name": tool, "tool_input": input})
    done = workspace.run("hooks", "test", "PreToolUse", "--payload", "-", input=payload)
    assert ("objects: no" in done.stdout) is runs
    assert (f"its if rule {rule!r} does not fit" in done.stdout) is not runs


def test_an_empty_log_says_so(workspace: Workspace) -> None:
    """Silence would look like a fault."""
    assert workspace.run("hooks", "log").stdout == "No hook ran yet.\n"


def test_what_a_hook_sets_for_commands_is_tried_out_too(workspace: Workspace) -> None:
    """It finds a file to write to, of which nothing comes."""
    configure(
        workspace,
        {"type": "command", "command": 'echo "export A=1" >> "$CLAUDE_ENV_FILE" && echo fine'},
        event="SessionStart",
        matcher="",
    )
    assert "gives context" in workspace.run("hooks", "test", "SessionStart").stdout


@pytest.mark.parametrize("source", ["-", "payload.json"])
def test_the_payload_can_be_given(workspace: Workspace, source: str) -> None:
    """From a file or from stdin, on top of the sample."""
    configure(
        workspace,
        {"type": "command", "command": "jq -e '.tool_input.command == \"rm\"' >&2 && exit 2 || exit 0"},
    )
    payload = json.dumps({"tool_input": {"command": "rm"}})
    workspace.write("payload.json", payload)
    done = workspace.run("hooks", "test", "PreToolUse", "--payload", source, input=payload)
    assert "objects: true" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("test", "Stopp"), "there is no event Stopp"),
        (("test", "Stop", "--payload", "gone.json"), "gone.json"),
        (("nonsense",), "invalid choice"),
    ],
)
def test_what_makes_no_sense_is_told(workspace: Workspace, arguments: tuple[str, ...], told: str) -> None:
    """One line, exit code 2."""
    done = workspace.run("hooks", *arguments)
    assert done.returncode == 2
    assert told in done.stderr


@pytest.mark.parametrize("event", sorted(EVENTS))
def test_every_event_has_a_sample(workspace: Workspace, event: str) -> None:
    """With the field that matchers look at."""
    kernel = start(Start((), workspace.environ, workspace.project))
    payload = sample(event, kernel, {}, None)
    assert payload["hook_event_name"] == event
    assert not EVENTS[event].matched or EVENTS[event].matched in payload


async def test_the_log_tells_what_ran(shell: Shell, workspace: Workspace) -> None:
    """/hooks log in the session, ``gaff hooks log`` anywhere."""
    configure(workspace, GUARD, event="UserPromptSubmit", matcher="")
    shell.add(say("fine"))
    await shell.submit("go")
    command = shell.kernel.command("hooks")
    assert command is not None
    text = (await command.run("log", shell.session)).text
    assert "UserPromptSubmit  [command] echo no >&2; exit 2" in text
    assert "exit 2  objects: no" in text
    assert "objects: no" in workspace.run("hooks", "log", "-n", "1").stdout


async def test_the_slash_command_lists_and_refuses(shell: Shell, workspace: Workspace) -> None:
    """/hooks shows what is in force here; other words are no command of it."""
    configure(workspace, GUARD)
    session = await shell.start()
    command = shell.kernel.command("hooks")
    assert command is not None
    assert "- active: `Bash` [command]" in (await command.run("", session)).text
    with pytest.raises(UsageError, match="/hooks log"):
        await command.run("nonsense", session)


async def test_add_dir_adds_a_folder_and_fires(shell: Shell, workspace: Workspace) -> None:
    """What a hook says of it reaches the model."""
    other = workspace.folder / "other"
    other.mkdir()
    output = json.dumps({"systemMessage": "a library of ours"})
    configure(
        workspace,
        {"type": "command", "command": f"echo '{output}'"},
        event="DirectoryAdded",
        matcher="slash_command",
    )
    session = await shell.start()
    command = shell.kernel.command("add-dir")
    assert command is not None
    assert "is a working directory now" in (await command.run("../other", session)).text
    assert "already" in (await command.run(str(other), session)).text
    assert other.resolve() in session.directories
    shell.add(say("fine"))
    await shell.submit("go")
    assert "a library of ours" in str(shell.messages)


@pytest.mark.parametrize("arguments", ["", "no/such/folder"])
async def test_add_dir_needs_a_folder(shell: Shell, arguments: str) -> None:
    """One that is there."""
    session = await shell.start()
    command = shell.kernel.command("add-dir")
    assert command is not None
    with pytest.raises(UsageError):
        await command.run(arguments, session)


async def test_add_dir_completes_folders(shell: Shell, workspace: Workspace) -> None:
    """Below the current one, or from the root."""
    for name in ("alpha", "alps", "beta"):
        (workspace.project / name).mkdir()
    session = await shell.start()
    command = shell.kernel.command("add-dir")
    assert command is not None
    assert command.complete("al", session) == ["alpha", "alps"]
    assert f"{workspace.project}/beta" in command.complete(f"{workspace.project}/", session)
