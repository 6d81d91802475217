"""Files and settings that change while a session lives."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from gaff.hooks import JsonObject, Notice, SessionStartAnswer, events, hookimpl
from gaff.plugins.builtin.handlers import _watching, watch
from gaff.plugins.builtin.handlers._folders import add_hooks, frontmatter_hooks, plugin_hooks
from gaff.testing import Shell, Workspace

from .conftest import Hooked, command, group, until


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look often."""
    monkeypatch.setattr(watch, "INTERVAL", 0.01)


def seen(workspace: Workspace) -> list[dict[str, object]]:
    """Return what the recording hook was told."""
    path = workspace.folder / "seen"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def recorder(workspace: Workspace) -> JsonObject:
    """Return a handler that keeps what it reads, one line a firing."""
    return command(f"(cat; echo) >> {workspace.folder}/seen")


async def test_changed_hooks_come_into_force_at_once(hooked: Hooked) -> None:
    """And the user is told."""
    hooked.workspace.settings({})
    await hooked.shell.start()
    hooked.on("PreToolUse", command("echo a new rule >&2; exit 2"))
    await hooked.shell.until(lambda: any("changed hooks are in force" in one for one in hooked.notices))
    assert "a new rule" in await hooked.call("Read", file_path="note.txt")


async def test_a_hook_can_refuse_changed_settings(hooked: Hooked) -> None:
    """The old ones stay in force."""
    guard: JsonObject = {"ConfigChange": [group(recorder(hooked.workspace), command("exit 2"))]}
    hooked.configure({**guard, "PreToolUse": [group(command("exit 2"))]})
    await hooked.shell.start()
    hooked.configure(guard)
    await until(lambda: len(hooked.log) == 2)
    # Settings are looked at one after the other: what became of this change is settled by the next one.
    hooked.configure({**guard, "Stop": []})
    await until(lambda: len(hooked.log) == 4)
    assert seen(hooked.workspace)[0]["source"] == "user_settings"
    await hooked.call("Read", file_path="note.txt")
    assert hooked.shell.outcomes[0].status == "denied"


async def test_a_broken_file_leaves_the_old_hooks_in_force(hooked: Hooked) -> None:
    """A guard must not fall with a comma."""
    hooked.on("PreToolUse", command("exit 2"))
    await hooked.shell.start()
    (hooked.workspace.gaff_home / "settings.json").write_text("{ not json")
    await hooked.shell.until(lambda: any("stays in force" in one for one in hooked.notices))
    await hooked.call("Read", file_path="note.txt")
    assert hooked.shell.outcomes[0].status == "denied"


async def test_a_pipe_in_the_place_of_settings_holds_nothing_up(hooked: Hooked) -> None:
    """Nobody waits for what may never come."""
    hooked.on("PreToolUse", command("exit 2"))
    await hooked.shell.start()
    path = hooked.workspace.gaff_home / "settings.json"
    path.unlink()
    os.mkfifo(path)
    await hooked.shell.until(lambda: any("it is no file" in one for one in hooked.notices))
    await hooked.call("Read", file_path="note.txt")
    assert hooked.shell.outcomes[0].status == "denied"


async def test_changed_hooks_of_an_untrusted_folder_stay_off(hooked: Hooked) -> None:
    """What appears while the session runs is a stranger's all the same."""
    await hooked.shell.start()
    hooks: JsonObject = {"UserPromptSubmit": [group(recorder(hooked.workspace))]}
    hooked.workspace.write(".claude/settings.json", json.dumps({"hooks": hooks}))
    await hooked.shell.until(lambda: any("hooks left out" in one for one in hooked.notices))
    hooked.shell.add("fine")
    await hooked.shell.submit("go")
    assert not seen(hooked.workspace)


async def test_files_that_a_matcher_names_are_watched(hooked: Hooked) -> None:
    """Those in the current folder: added, changed, removed."""
    hooked.on("FileChanged", recorder(hooked.workspace), matcher=".envrc|.env")
    await hooked.shell.start()
    path = hooked.workspace.write(".envrc", "A=1")
    await until(lambda: len(seen(hooked.workspace)) == 1)
    path.write_text("A=22")
    await until(lambda: len(seen(hooked.workspace)) == 2)
    path.unlink()
    await until(lambda: len(seen(hooked.workspace)) == 3)
    assert [one["event"] for one in seen(hooked.workspace)] == ["add", "change", "unlink"]
    assert {one["file_path"] for one in seen(hooked.workspace)} == {str(path)}


@pytest.mark.parametrize("beside", [False, True])
async def test_hooks_can_ask_for_more_files(hooked: Hooked, beside: bool) -> None:
    """watchPaths of SessionStart; what a hook writes for commands reaches them. Also where nobody waits for it."""
    watched = hooked.workspace.folder / "elsewhere.txt"
    output = {"hookSpecificOutput": {"hookEventName": "SessionStart", "watchPaths": [str(watched)]}}
    exports = command('echo "export SEEN=yes" >> "$CLAUDE_ENV_FILE"', **{"async": beside})
    change = recorder(hooked.workspace), exports
    hooked.configure(
        {
            "SessionStart": [group(command(f"echo '{json.dumps(output)}'", **{"async": beside}))],
            "FileChanged": [group(*change, matcher="elsewhere.txt")],
        }
    )
    await hooked.shell.start()
    await until(lambda: any(line["status"] == "done" for line in hooked.log))
    watched.write_text("new")
    await until(lambda: len(seen(hooked.workspace)) == 1)
    await until(lambda: len(hooked.log) == (5 if beside else 3))
    assert await hooked.call("Bash", command="echo $SEEN") == "yes"


# Hooks that come with something else.


def _plugin(workspace: Workspace) -> Path:
    root = workspace.folder / "plugin"
    (root / "hooks").mkdir(parents=True)
    text = 'echo "$CLAUDE_PLUGIN_ROOT $CLAUDE_PLUGIN_DATA $CLAUDE_PLUGIN_OPTION_KEY" >&2; exit 2'
    hooks = {"PreToolUse": [group(command(text))]}
    values = {"description": "A guard.", "modules": ["./register.js"], "hooks": hooks}
    (root / "hooks" / "hooks.json").write_text(json.dumps(values))
    return root


async def test_hooks_of_a_plugin_folder_run_while_they_are_added(hooked: Hooked) -> None:
    """With their own variables; taken out, they are gone."""
    root = _plugin(hooked.workspace)
    session = await hooked.shell.start()
    hooks, source = plugin_hooks(root, root / "data", {"key": "value"})
    remove = add_hooks(session, hooks, source)
    assert f"{root} {root}/data value" in await hooked.call("Read", file_path="note.txt")
    remove()
    assert "a note" in await hooked.call("Read", file_path="note.txt")


async def test_a_skill_s_hook_can_run_once(hooked: Hooked) -> None:
    """once holds in frontmatter only, and counts successes only."""
    session = await hooked.shell.start()
    flag = hooked.workspace.folder / "flag"
    entry = command(f"test -e {flag} || exit 1", once=True)
    hooks, source = frontmatter_hooks(
        {"hooks": {"UserPromptSubmit": [group(entry)]}}, Path("/skills/x/SKILL.md"), agent=False, trusted=True
    )
    add_hooks(session, hooks, source)
    hooked.shell.add(*["fine"] * 3)
    await hooked.shell.submit("fails")
    flag.touch()
    await hooked.shell.submit("succeeds")
    await hooked.shell.submit("is over")
    assert [line["status"] for line in hooked.log] == ["failed", "done"]


def test_a_sub_agent_s_stop_is_subagent_stop() -> None:
    """As documented."""
    hooks, _ = frontmatter_hooks({"hooks": {"Stop": []}}, Path("/a.md"), agent=True, trusted=True)
    assert hooks == {"SubagentStop": []}


async def test_watching_is_no_background_task_of_the_user_s(hooked: Hooked) -> None:
    """Stop hooks are told of the user's tasks only."""
    hooked.on("Stop", recorder(hooked.workspace))
    hooked.shell.add("fine")
    await hooked.shell.submit("go")
    assert seen(hooked.workspace)[0]["background_tasks"] == []
    assert not any(isinstance(one, Notice) and "failed" in one.text for one in hooked.shell.events)


async def test_too_many_files_to_watch_are_told(hooked: Hooked, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those beyond the limit are not silently forgotten."""
    monkeypatch.setattr(_watching, "_MOST", 2)
    output = {"hookSpecificOutput": {"hookEventName": "SessionStart", "watchPaths": ["/a", "/b", "/c"]}}
    hooked.on("SessionStart", command(f"echo '{json.dumps(output)}'"))
    await hooked.shell.start()
    await hooked.shell.until(
        lambda: any("1 of the files that hooks want watched" in one for one in hooked.notices)
    )


class Watches:
    """Wants a file watched, and keeps what it is told of it."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.told: list[tuple[str, str]] = []

    @hookimpl
    def gaff_session_start(self, event: events.SessionStart) -> SessionStartAnswer:
        return SessionStartAnswer(watch_paths=(self.path,))

    @hookimpl
    def gaff_file_changed(self, event: events.FileChanged) -> None:
        self.told.append((event.file_path, event.event))


async def test_files_that_a_plugin_names_are_watched(shell: Shell) -> None:
    """As those are that a settings hook names."""
    path = shell.workspace.project / "watched.txt"
    watches = Watches(str(path))
    shell.plugin(watches, "watches")
    session = await shell.start()
    await until(lambda: not session.watched)
    path.write_text("new")
    await until(lambda: bool(watches.told))
    assert watches.told == [(str(path), "add")]
