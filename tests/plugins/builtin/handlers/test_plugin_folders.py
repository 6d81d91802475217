"""Hooks of plugin folders: named on the command line, or installed and enabled in the settings."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from gaff.hooks import Json, JsonObject
from gaff.testing import FakeMessagesServer, Workspace, call, say
from gaff.testing.pytest_plugin import RunGaff

from .conftest import group

#: Refuses every call, and says who and where it is.
SPEAKS: JsonObject = {
    "type": "command",
    "command": 'echo "$CLAUDE_PLUGIN_ROOT|$CLAUDE_PLUGIN_DATA|$CLAUDE_PLUGIN_OPTION_LEVEL" >&2; exit 2',
}


#: Runs a prompt that calls a tool, and returns what the model read.
Heard: TypeAlias = Callable[..., str]


def make(root: Path, **manifest: Json) -> Path:
    """Make a plugin folder whose hook speaks."""
    (root / "hooks").mkdir(parents=True)
    (root / "hooks" / "hooks.json").write_text(json.dumps({"hooks": {"PreToolUse": [group(SPEAKS)]}}))
    if manifest:
        (root / ".claude-plugin").mkdir()
        (root / ".claude-plugin" / "plugin.json").write_text(json.dumps(manifest))
    return root


@pytest.fixture
def heard(run_gaff: RunGaff, messages_server: FakeMessagesServer, workspace: Workspace) -> Heard:
    """Run a prompt that calls a tool, and return what the model read of the result."""
    workspace.write("note.txt", "a note")

    def run(*arguments: str) -> str:
        messages_server.add(call("Read", {"file_path": "note.txt"}), say("done"))
        done = run_gaff("-p", *arguments, "go")
        assert done.stdout == "done\n", done.stderr
        return str(messages_server.requests[-1])

    return run


def test_a_named_folder_s_hooks_run(heard: Heard, workspace: Workspace) -> None:
    """With their own variables; the prompt may follow the folder."""
    root = make(workspace.folder / "guard", name="guard", userConfig={"level": {"default": 3}})
    told = heard("--plugin-dir", str(root))
    assert f"{root}|{workspace.gaff_home}/plugins/data/guard|3" in told


def test_a_folder_of_plugin_folders_may_be_named(heard: Heard, workspace: Workspace) -> None:
    """By the environment as well, and what is no plugin among them is passed over."""
    root = make(workspace.folder / "all" / "one")
    (workspace.folder / "all" / "notes").mkdir()
    workspace.variables["CLAUDE_CODE_PLUGIN_DIRS"] = str(workspace.folder / "all")
    assert f"{root}|" in heard()


def test_the_newest_version_of_an_enabled_plugin_counts(heard: Heard, workspace: Workspace) -> None:
    """With the values that the user configured."""
    cache = workspace.gaff_home / "plugins" / "cache" / "shop" / "guard"
    for version in ("1.9.0", "1.10.0", "1.10.0-beta"):
        make(cache / version)
    workspace.settings(
        {
            "enabledPlugins": {"guard@shop": True, "other@shop": False},
            "pluginConfigs": {"guard@shop": {"options": {"level": "high"}}},
        }
    )
    assert f"{cache}/1.10.0|{workspace.gaff_home}/plugins/data/guard-shop|high" in heard()


@pytest.mark.parametrize(("arguments", "told"), [((), "a note"), (("--trust",), "cache/shop/guard/1|")])
def test_a_repository_enables_nothing_that_is_not_trusted(
    heard: Heard, workspace: Workspace, arguments: tuple[str, ...], told: str
) -> None:
    """What it enables is installed, but that is not its word."""
    make(workspace.gaff_home / "plugins" / "cache" / "shop" / "guard" / "1")
    workspace.write(".claude/settings.json", json.dumps({"enabledPlugins": {"guard@shop": True}}))
    assert told in heard(*arguments)


@pytest.mark.parametrize("name", ["../../evil@shop", "guard@../..", "guard", "@", "/etc@shop"])
def test_an_enabled_name_leads_nowhere_else(run_gaff: RunGaff, workspace: Workspace, name: str) -> None:
    """Names are names of folders below the cache, or the user is told."""
    make(workspace.gaff_home / "evil")
    workspace.settings({"enabledPlugins": {name: True}})
    done = run_gaff("hooks")
    assert f"enabledPlugins: {name} is not installed here" in done.stdout
    assert "PreToolUse" not in done.stdout


def test_declared_hooks_join_those_of_the_folder(run_gaff: RunGaff, workspace: Workspace) -> None:
    """A file of its own, within the folder; what is declared twice runs once."""
    more = {"hooks": {"Stop": [group({"type": "command", "command": "true"})]}}
    root = make(workspace.folder / "guard", name="guard", hooks="./more.json")
    (root / "more.json").write_text(json.dumps(more))
    listed = run_gaff("hooks", "--plugin-dir", str(root)).stdout
    assert "Stop" in listed
    assert listed.count("PreToolUse") == 1
    assert "Plugin Hooks" in listed


@pytest.mark.parametrize(
    ("text", "said"),
    [("{", "cannot be read"), ("[]", "must be a JSON object")],
)
def test_a_broken_folder_is_told(run_gaff: RunGaff, workspace: Workspace, text: str, said: str) -> None:
    """One line that names the file; the others run."""
    broken = make(workspace.folder / "all" / "broken")
    make(workspace.folder / "all" / "good")
    (broken / "hooks" / "hooks.json").write_text(text)
    listed = run_gaff("hooks", "--plugin-dir", str(workspace.folder / "all")).stdout
    assert f"{broken}/hooks/hooks.json: {said}" in listed
    assert f"{workspace.folder}/all/good" in listed


def test_a_folder_that_is_none_is_told(run_gaff: RunGaff, workspace: Workspace) -> None:
    """A slip in the path does not pass unseen."""
    assert "neither a plugin folder nor a folder of them" in run_gaff("hooks", "--plugin-dir", "gone").stdout
