"""Every documented event fires on every path that there is for it, and runs the configured hooks.

``EXPECTED`` says which events each path must fire. A new event, face or path that is missing here fails.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import pytest
from pydantic import BaseModel

from gaff.hooks import Json, JsonObject, Tool, ToolContext, ToolError, ToolOutput, events, hookimpl
from gaff.hooks.events import FAMILIES
from gaff.plugins.builtin.handlers import configured, idle, watch
from gaff.plugins.builtin.handlers._events import EVENTS
from gaff.start import Start, start
from gaff.testing import FakeMessagesServer, Shell, Workspace, call, calls, say, status
from gaff.testing.pytest_plugin import OpenTerminal

#: Events that no feature of this version can cause, each with the feature that will.
WITHOUT_FEATURE: Final[Mapping[str, str]] = {
    "InstructionsLoaded": "memory files",
    "SubagentStart": "sub-agents",
    "SubagentStop": "sub-agents",
    "TaskCreated": "the task list",
    "TaskCompleted": "the task list",
    "TeammateIdle": "teammates",
    "WorktreeCreate": "worktrees",
    "WorktreeRemove": "worktrees",
    "Elicitation": "MCP servers",
    "ElicitationResult": "MCP servers",
}
#: Events that other tests of the feature itself cause: the classifier's, and compaction's.
ELSEWHERE: Final = frozenset({"PermissionDenied", "PreCompact", "PostCompact"})

_TURN: Final = {"SessionStart", "UserPromptSubmit", "MessageDisplay", "Stop", "SessionEnd"}
_CALLS: Final = {"PreToolUse", "PermissionRequest", "PostToolUse", "PostToolUseFailure", "PostToolBatch"}
EXPECTED: Final[Mapping[str, set[str]]] = {
    "built-in tool": _TURN | _CALLS | {"CwdChanged"},
    "plugin tool": _TURN | _CALLS - {"PermissionRequest"},
    "typed command": {"SessionStart", "SessionEnd", "PreToolUse", "PostToolUse", "PostToolUseFailure"},
    "headless": _TURN | _CALLS | {"Setup"},
    "headless, server down": {"SessionStart", "UserPromptSubmit", "StopFailure", "SessionEnd"},
    "repl": _TURN | {"PreToolUse", "PostToolUse", "DirectoryAdded"},
    "init only": {"SessionStart", "Setup", "SessionEnd"},
    "a living session": {
        *("SessionStart", "SessionEnd", "ConfigChange", "FileChanged", "Notification"),
        *("PreModelSwitch", "PostModelSwitch", "UserPromptExpansion"),
    },
}
#: Faces and the paths here that go through them.
FACES: Final = {
    "headless": ["headless", "headless, server down"],
    "repl": ["repl"],
    "setup": ["init only"],
}

RECORDER: Final = """
import json, pathlib
def record(event):
    with open(pathlib.Path(__file__).with_name("fired.jsonl"), "a") as file:
        file.write(json.dumps(event) + "\\n")
    if event["hook_event_name"] == "FileChanged":
        return None
"""


def recording(workspace: Workspace, **settings: Any) -> None:
    """Have every event kept by a hook."""
    recorder = workspace.folder / "recorder.py"
    recorder.write_text(RECORDER)
    entry: JsonObject = {"type": "function", "function": f"{recorder}:record"}
    hooks: dict[str, Json] = {event: [{"hooks": [entry]}] for event in EVENTS}
    hooks["FileChanged"] = [{"matcher": "watched.txt", "hooks": [entry]}]
    workspace.settings({"hooks": hooks, **settings})
    workspace.write("note.txt", "a note\n")


def fired(workspace: Workspace) -> set[str]:
    """Return the events that hooks were told of; each object names its event."""
    path = workspace.folder / "fired.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    assert all({"session_id", "transcript_path", "cwd"} <= line.keys() for line in lines)
    return {line["hook_event_name"] for line in lines}


def test_every_event_is_in_the_table() -> None:
    """A new event must be given a path, or the feature that it waits for."""
    documented = {
        name for family, names in FAMILIES.items() if family not in ("base", "kernel") for name in names
    }
    assert documented == set(EVENTS)
    assert len(documented) == 33
    covered = set[str]().union(*EXPECTED.values()) | WITHOUT_FEATURE.keys() | ELSEWHERE
    assert documented == covered
    assert not WITHOUT_FEATURE.keys() & set[str]().union(*EXPECTED.values())


def test_every_event_has_its_hook() -> None:
    """The plugin implements each of the 33; what is shown only where it is asked for."""
    for name in EVENTS:
        hook = "gaff_" + "".join(f"_{one.lower()}" if one.isupper() else one for one in name).lstrip("_")
        holder: object = configured._Display if name == "MessageDisplay" else configured  # pyright: ignore[reportPrivateUsage]
        assert hasattr(getattr(holder, hook), "gaff_impl"), hook


def test_every_face_is_in_the_table(workspace: Workspace) -> None:
    """A new face must be given a path."""
    kernel = start(Start((), workspace.environ, workspace.project))
    assert {one.name for one in kernel.contributed("gaff_register_frontends")} == FACES.keys()
    assert {path for paths in FACES.values() for path in paths} <= EXPECTED.keys()


async def test_built_in_tools(shell: Shell, workspace: Workspace) -> None:
    """Calls of the model that succeed, fail, and need permission."""
    recording(workspace, permissions={"allow": ["Bash(cd *)"]})
    (workspace.project / "sub").mkdir()
    shell.add(
        calls(("Read", {"file_path": "note.txt"}), ("Read", {"file_path": "gone.txt"})),
        call("Write", {"file_path": "x", "content": ""}),
        call("Bash", {"command": "cd sub"}),
        say("done"),
    )
    await shell.submit("go")
    await shell.close()
    assert fired(workspace) == EXPECTED["built-in tool"]


class Input(BaseModel):
    """No parameters but one."""

    fails: bool = False


class Look(Tool[Input]):
    """A stranger's tool."""

    name = "Look"
    summary = "Look."
    input_model = Input
    read_only = True

    async def run(self, input: Input, context: ToolContext) -> ToolOutput:
        if input.fails:
            raise ToolError("it is dark")
        return ToolOutput("seen")


async def test_plugin_tools(shell: Shell, workspace: Workspace) -> None:
    """A tool that a plugin brings is a tool like any."""

    @hookimpl
    def gaff_register_tools() -> Sequence[Tool[Any]]:
        return (Look(),)

    recording(workspace)
    shell.plugin(SimpleNamespace(gaff_register_tools=gaff_register_tools), "looking")
    shell.add(call("Look", {}), call("Look", {"fails": True}), say("done"))
    await shell.submit("go")
    await shell.close()
    assert fired(workspace) == EXPECTED["plugin tool"]


async def test_typed_commands(shell: Shell, workspace: Workspace) -> None:
    """What the user types after ``!`` is run where the REPL runs it."""
    from gaff.plugins.builtin.ui._terminal.shell_line import run_shell_line

    recording(workspace)
    session = await shell.start()
    await run_shell_line("echo typed", session)
    await run_shell_line("exit 3", session)
    await shell.close()
    assert fired(workspace) == EXPECTED["typed command"]


async def test_a_typed_command_can_be_stopped(shell: Shell, workspace: Workspace) -> None:
    """A guard holds for the user's own commands, too."""
    from gaff.plugins.builtin.ui._terminal.shell_line import run_shell_line

    entry: JsonObject = {"type": "command", "command": "echo not here >&2; exit 2"}
    workspace.settings({"hooks": {"PreToolUse": [{"matcher": "Bash", "hooks": [entry]}]}})
    await run_shell_line("touch made", await shell.start())
    assert not (workspace.project / "made").exists()
    shell.add(say("I see."))
    await shell.submit("go")
    assert "not here" in str(shell.messages)


async def test_what_hooks_say_of_a_typed_command_reaches_the_model(
    shell: Shell, workspace: Workspace
) -> None:
    """Beside its output."""
    from gaff.plugins.builtin.ui._terminal.shell_line import run_shell_line

    entry: JsonObject = {"type": "command", "command": "echo mind the cache >&2; exit 2"}
    workspace.settings({"hooks": {"PostToolUse": [{"matcher": "Bash", "hooks": [entry]}]}})
    await run_shell_line("echo typed", await shell.start())
    shell.add(say("I see."))
    await shell.submit("go")
    assert "mind the cache" in str(shell.messages)
    assert "<bash-stdout>typed" in str(shell.messages)


def test_headless(workspace: Workspace, messages_server: FakeMessagesServer) -> None:
    """``gaff -p``, with ``--init``."""
    recording(workspace)
    messages_server.add(
        calls(("Read", {"file_path": "note.txt"}), ("Read", {"file_path": "gone.txt"})),
        call("Write", {"file_path": "x", "content": ""}),
        say("done"),
    )
    done = workspace.run("-p", "--init", "--model", "messages:claude-test", "go")
    assert (done.returncode, done.stderr) == (0, "")
    assert fired(workspace) == EXPECTED["headless"]


def test_headless_with_a_server_that_fails(workspace: Workspace, messages_server: FakeMessagesServer) -> None:
    """The turn ends by an error of the server."""
    recording(workspace)
    messages_server.add(status(400, "invalid_request_error"))
    done = workspace.run("-p", "--model", "messages:claude-test", "go")
    assert done.returncode == 1
    assert fired(workspace) == EXPECTED["headless, server down"]


def test_init_only(workspace: Workspace) -> None:
    """``gaff --init-only`` runs the hooks and leaves."""
    recording(workspace)
    done = workspace.run("--init-only")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert fired(workspace) == EXPECTED["init only"]


def test_maintenance_is_another_trigger(workspace: Workspace, messages_server: FakeMessagesServer) -> None:
    """``--maintenance`` fires Setup with that trigger, and its context reaches the model."""
    output = json.dumps({"hookSpecificOutput": {"hookEventName": "Setup", "additionalContext": "swept"}})
    entry = {"type": "command", "command": f"echo '{output}'"}
    workspace.settings({"hooks": {"Setup": [{"matcher": "maintenance", "hooks": [entry]}]}})
    messages_server.add(say("done"), say("done"))
    for option in ("--maintenance", "--init"):
        workspace.run("-p", option, "--model", "messages:claude-test", "go")
    first, second = (str(request.json) for request in messages_server.requests)
    assert "swept" in first
    assert "swept" not in second


def test_repl(workspace: Workspace, terminal: OpenTerminal, messages_server: FakeMessagesServer) -> None:
    """A person's prompt, a ``!`` command, a slash command."""
    recording(workspace)
    messages_server.add(say("Good day."))
    screen = terminal("--model", "messages:claude-test")
    screen.expect("/help")
    for text, seen in (
        ("hello", "Good day."),
        ("!echo ty''ped", "typed"),
        ("/add-dir /tmp", "is a working directory"),
    ):
        screen.type(text)
        screen.expect(text[-5:])
        screen.key("enter")
        screen.expect(seen)
    screen.type("/exit")
    screen.key("enter")
    screen.wait()
    assert fired(workspace) == EXPECTED["repl"]


async def test_a_living_session(shell: Shell, workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """What happens between turns: changed files and settings, other models, waiting, commands."""
    monkeypatch.setattr(watch, "INTERVAL", 0.01)
    monkeypatch.setattr(idle, "PATIENCE", 0.01)
    recording(workspace)
    session = await shell.start()
    workspace.write("watched.txt", "new")
    (workspace.home / ".claude").mkdir()
    (workspace.home / ".claude" / "settings.json").write_text("{}")
    await session.set_model("scripted:other")
    await session.expand("review", "", "Review it.")
    idle.gaff_stop(
        events.Stop(context=session.event_context, stop_hook_active=False, last_assistant_message="")
    )
    wanted = EXPECTED["a living session"] - {"SessionEnd"}
    from .conftest import until

    await until(lambda: wanted <= fired(workspace))
    await shell.close()
    assert fired(workspace) == EXPECTED["a living session"]


def test_the_recorder_is_no_plugin_of_the_project(workspace: Workspace) -> None:
    """The table's hooks are the user's, so that trust is no part of it."""
    recording(workspace)
    assert not Path(workspace.project / ".claude").exists()
