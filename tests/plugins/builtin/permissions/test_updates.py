"""Granted permissions: for the session, and in the settings files."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from gaff.hooks import Action, Notice, PermissionMode, PermissionUpdate, Rule, Session
from gaff.plugins.builtin.permissions import updates

if TYPE_CHECKING:
    from .conftest import House

from .conftest import FakeOptions, FakeSettings, FakeValue

NPM = Rule("Bash", "npm *")


async def update(house: House, *given: PermissionUpdate) -> None:
    """Have the plugin apply updates."""
    await updates.gaff_update_permissions(cast("Session", house.session), given)


def add(*rules: Rule, behavior: str = "allow", destination: str = "session") -> PermissionUpdate:
    """Return an update that adds rules."""
    return PermissionUpdate("addRules", destination, rules, behavior)  # type: ignore[arg-type]


def content(path: Path) -> Any:
    """Return what a settings file holds."""
    return json.loads(path.read_text())


def lines(path: Path) -> list[str]:
    """Return the lines of a file."""
    return path.read_text().splitlines()


def notices(house: House) -> list[str]:
    """Return what the user was told."""
    return [event.text for event in house.session.published if isinstance(event, Notice)]


# In the session.


async def test_rules_for_the_session(house: House) -> None:
    """Rules are added, taken back and replaced at once, and written nowhere."""
    await update(house, add(NPM))
    assert house.verdict(house.run("npm test")) == "allow"
    await update(house, add(Rule("Bash", "npm publish *"), behavior="deny"))
    assert house.verdict(house.run("npm publish")) == "deny"
    await update(house, PermissionUpdate("replaceRules", "session", (Rule("Bash", "ls *"),), "allow"))
    assert house.verdict(house.run("npm test")) == "ask"
    await update(house, PermissionUpdate("removeRules", "session", (Rule("Bash", "ls *"),), "allow"))
    assert house.verdict(house.run("ls x")) == "ask"
    assert list(house.project.rglob("*")) == []


async def test_the_trail_names_a_grant_of_the_session(house: House) -> None:
    """A rule of the session says so."""
    await update(house, add(NPM))
    assert [vote.reason for _, vote in house.votes(house.run("npm test"))] == [
        "allow rule Bash(npm *) of this session"
    ]


async def test_the_mode_changes(house: House) -> None:
    """setMode puts the mode in force."""
    await update(house, PermissionUpdate("setMode", mode="acceptEdits"))
    assert house.session.mode == "acceptEdits"


async def test_bypass_only_where_it_was_available_at_launch(house: House) -> None:
    """setMode does not smuggle bypassPermissions in, even where something else set the mode already."""
    house.session.mode = "bypassPermissions"
    await update(house, PermissionUpdate("setMode", mode="bypassPermissions"))
    assert house.session.mode == "default"
    assert "not available" in notices(house)[0]
    house.session.mode = "acceptEdits"
    await update(house, PermissionUpdate("setMode", mode="bypassPermissions"))
    assert house.session.mode == "acceptEdits"
    house.session.options = FakeOptions({"allow-dangerously-skip-permissions": ()})
    await update(house, PermissionUpdate("setMode", mode="bypassPermissions"))
    assert house.session.mode == "bypassPermissions"


async def test_folders_for_the_session(house: House) -> None:
    """A folder is added, and taken away again; the project stays."""
    folder = house.user / "more"
    folder.mkdir()
    given = ("~/more", "~/none")
    await update(house, PermissionUpdate("addDirectories", directories=given))
    assert house.verdict(house.file("read", str(folder / "x")), "Read") == "allow"
    assert "not a folder" in notices(house)[0]
    await update(house, PermissionUpdate("removeDirectories", directories=("~/more", str(house.project))))
    assert house.verdict(house.file("read", str(folder / "x")), "Read") == "ask"
    assert house.verdict(house.file("read", "x"), "Read") == "allow"


# In files.


@pytest.mark.parametrize(
    ("destination", "path", "mode"),
    [
        ("localSettings", "proj/.claude/settings.local.json", 0o600),
        ("projectSettings", "proj/.claude/settings.json", 0o644),
        ("userSettings", "user/.gaff/settings.json", 0o600),
    ],
)
async def test_rules_that_last(house: House, tmp_path: Path, destination: str, path: str, mode: int) -> None:
    """Each destination has its file, and the rule is in force at once."""
    await update(house, add(NPM, destination=destination))
    file = tmp_path / path
    assert content(file) == {"permissions": {"allow": ["Bash(npm *)"]}}
    assert stat.S_IMODE(file.stat().st_mode) == mode
    assert house.verdict(house.run("npm test")) == "allow"


async def test_the_rest_of_a_file_is_kept(house: House) -> None:
    """Other keys, their order, the indentation and the file's mode stay as they are."""
    file = house.session.home / "settings.json"
    file.write_text(
        '{\n    "model": "x",\n    "permissions": {\n        "deny": ["A"]\n    },\n    "z": "é"\n}'
    )
    file.chmod(0o640)
    await update(house, add(NPM, destination="userSettings"))
    text = file.read_text()
    assert list(json.loads(text)) == ["model", "permissions", "z"]
    assert text.startswith('{\n    "model"')
    assert '"é"\n}' in text
    assert not text.endswith("\n")
    assert stat.S_IMODE(file.stat().st_mode) == 0o640


async def test_every_kind_of_update_of_a_file(house: House) -> None:
    """Rules, mode and folders are written and taken out; what is there already is not doubled."""
    user = "userSettings"
    folder = house.user / "d"
    folder.mkdir()
    await update(
        house,
        add(NPM, NPM, Rule("Read"), destination=user),
        add(NPM, destination=user),
        add(Rule("Bash", "rm *"), behavior="deny", destination=user),
        PermissionUpdate("setMode", user, mode="acceptEdits"),
        PermissionUpdate("addDirectories", user, directories=(str(folder),)),
    )
    kept = {"allow": ["Bash(npm *)", "Read"], "deny": ["Bash(rm *)"], "defaultMode": "acceptEdits"}
    assert content(house.session.home / "settings.json")["permissions"] == {
        **kept,
        "additionalDirectories": [str(folder)],
    }
    await update(
        house,
        PermissionUpdate("removeRules", user, (NPM,)),
        PermissionUpdate("replaceRules", user, (Rule("Bash", "mv *"),), "deny"),
        PermissionUpdate("removeDirectories", user, directories=(str(folder),)),
    )
    permissions = content(house.session.home / "settings.json")["permissions"]
    assert permissions == {
        "allow": ["Read"],
        "deny": ["Bash(mv *)"],
        "defaultMode": "acceptEdits",
        "additionalDirectories": [],
    }


@pytest.mark.parametrize(
    ("mode", "destination"),
    [("bypassPermissions", "userSettings"), ("auto", "localSettings"), ("auto", "projectSettings")],
)
async def test_modes_that_are_never_written(house: House, mode: PermissionMode, destination: str) -> None:
    """bypassPermissions is written nowhere, auto only where it would be read."""
    house.session.options = FakeOptions({"dangerously-skip-permissions": ()})
    await update(house, PermissionUpdate("setMode", destination, mode=mode))  # type: ignore[arg-type]
    assert house.session.mode == mode
    assert not any(
        path.is_file() for path in (*house.project.rglob("*.json"), *house.session.home.rglob("*.json"))
    )


async def test_a_rule_taken_out_of_a_file_is_out_of_force(house: House) -> None:
    """The settings in memory do not keep a rule alive that was just taken out of its file."""
    file = house.session.home / "settings.json"
    file.write_text('{"permissions": {"allow": ["Bash(npm *)"]}}')
    house.settings(path=str(file), allow=["Bash(npm *)"])
    assert house.verdict(house.run("npm test")) == "allow"
    await update(house, PermissionUpdate("removeRules", "userSettings", (NPM,)))
    assert house.verdict(house.run("npm test")) == "ask"
    house.session.settings = FakeSettings(house.session.settings.values)
    assert house.verdict(house.run("npm test")) == "allow"


async def test_a_grant_counts_where_the_folder_is_not_trusted(house: House) -> None:
    """The user's own grant holds for the session; the file's other rules are still held back."""
    file = house.project / ".claude" / "settings.local.json"
    file.parent.mkdir()
    file.write_text('{"permissions": {"allow": ["Bash(curl *)"]}}')
    house.settings(level="local", path=str(file), trusted=False, allow=["Bash(curl *)"])
    await update(house, add(NPM, destination="localSettings"))
    assert house.verdict(house.run("npm test")) == "allow"
    assert house.verdict(house.run("curl x")) == "ask"


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1,}',
        "[]",
        '{"a": NaN}',
        '{"permissions": []}',
        '{"permissions": {"allow": {}}}',
        '{"a": 1, "a": 2}',
        "\xff",
    ],
)
async def test_a_broken_file_is_not_overwritten(house: House, text: str) -> None:
    """What does not parse is left alone; the user is told, and the grant holds for the session."""
    file = house.session.home / "settings.json"
    file.write_bytes(text.encode("latin-1"))
    await update(house, add(NPM, destination="userSettings"))
    assert file.read_bytes() == text.encode("latin-1")
    assert str(file) in notices(house)[0]
    assert house.verdict(house.run("npm test")) == "allow"


async def test_a_project_cannot_have_another_file_written(house: House) -> None:
    """A link out of the project is refused."""
    own = house.session.home / "settings.json"
    own.write_text("{}")
    (house.project / ".claude").mkdir()
    (house.project / ".claude" / "settings.local.json").symlink_to(own)
    await update(house, add(NPM, destination="localSettings"))
    assert own.read_text() == "{}"
    assert "leads out of the project" in notices(house)[0]


async def test_the_users_own_link_is_followed(house: House) -> None:
    """Settings kept elsewhere and linked stay a link."""
    (house.user / "dotfiles.json").write_text("{}")
    link = house.session.home / "settings.json"
    link.symlink_to(house.user / "dotfiles.json")
    await update(house, add(NPM, destination="userSettings"))
    assert link.is_symlink()
    assert content(house.user / "dotfiles.json")["permissions"]["allow"] == ["Bash(npm *)"]


async def test_a_file_of_ours_is_preferred(house: House) -> None:
    """Where .gaff has the file already, that one is changed."""
    file = house.project / ".gaff" / "settings.json"
    file.parent.mkdir()
    file.write_text("{}")
    await update(house, add(NPM, destination="projectSettings"))
    assert content(file)["permissions"] == {"allow": ["Bash(npm *)"]}
    assert not (house.project / ".claude").exists()


# git.


async def test_only_a_new_local_file_is_kept_out_of_git(house: House) -> None:
    """Shared settings are for git, and whoever tracks local ones may."""
    exclude = house.project / ".git" / "info" / "exclude"
    exclude.parent.mkdir(parents=True)
    exclude.write_text("")
    await update(house, add(NPM, destination="projectSettings"))
    (house.project / ".claude" / "settings.local.json").write_text("{}")
    await update(house, add(NPM, destination="localSettings"))
    assert exclude.read_text() == ""


async def test_an_exclude_file_with_lines_is_continued(house: House) -> None:
    """A last line that ends is not followed by an empty one."""
    exclude = house.project / ".git" / "info" / "exclude"
    exclude.parent.mkdir(parents=True)
    exclude.write_text("*.o\n")
    await update(house, add(NPM, destination="localSettings"))
    assert exclude.read_text() == "*.o\n/.claude/settings.local.json\n"


async def test_local_settings_go_to_the_git_root_and_stay_out_of_git(house: House) -> None:
    """The file lies at the root of the work tree, and git ignores it."""
    git = house.project / ".git"
    (git / "info").mkdir(parents=True)
    (git / "info" / "exclude").write_text("*.o")
    house.session.project_dir = house.project / "sub"
    house.session.project_dir.mkdir()
    await update(house, add(NPM, destination="localSettings"))
    assert (house.project / ".claude" / "settings.local.json").exists()
    assert (git / "info" / "exclude").read_text() == "*.o\n/.claude/settings.local.json\n"


@pytest.fixture
def work_tree(house: House, tmp_path: Path) -> Path:
    """Return the exclude file of a repository whose linked work tree the session is in."""
    main, linked = tmp_path / "main", house.project / "linked"
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "GIT_CONFIG_NOSYSTEM": "1"}
    author = ["-c", "user.name=a", "-c", "user.email=a@b"]
    for words in (
        ["init", "-q", str(main)],
        ["-C", str(main), *author, "commit", "-q", "--allow-empty", "-m", "x"],
        ["-C", str(main), "worktree", "add", "-q", str(linked)],
    ):
        subprocess.run(["git", *words], check=True, env=environ, capture_output=True)
    house.session.project_dir = linked
    return main / ".git" / "info" / "exclude"


async def test_a_linked_work_tree_uses_its_repositorys_exclude_file(house: House, work_tree: Path) -> None:
    """Local settings of a linked work tree stay out of git, too."""
    await update(house, add(NPM, destination="localSettings"))
    assert "/.claude/settings.local.json" in lines(work_tree)


async def test_a_forged_work_tree_changes_no_other_repository(house: House, work_tree: Path) -> None:
    """A pointer that the repository does not point back to is not followed."""
    forged = house.project / "forged"
    forged.mkdir()
    (forged / ".git").write_text((house.project / "linked" / ".git").read_text())
    house.session.project_dir = forged
    await update(house, add(NPM, destination="localSettings"))
    assert (forged / ".claude" / "settings.local.json").exists()
    assert "/.claude/settings.local.json" not in lines(work_tree)


async def test_an_exclude_file_that_leads_elsewhere_is_left_alone(house: House) -> None:
    """A repository cannot have a line written into another file."""
    (house.project / ".git" / "info").mkdir(parents=True)
    (house.user / ".bashrc").write_text("")
    (house.project / ".git" / "info" / "exclude").symlink_to(house.user / ".bashrc")
    await update(house, add(NPM, destination="localSettings"))
    assert (house.user / ".bashrc").read_text() == ""


async def test_a_level_written_now_is_not_doubled(house: House) -> None:
    """A file that settings hold already is replaced by what was written, under its own name."""
    file = house.session.home / "settings.json"
    file.write_text("{}")
    house.session.settings = FakeSettings((FakeValue("user", str(file), house.user, {"permissions": {}}),))
    await update(house, add(NPM, destination="userSettings"))
    votes = house.votes(Action("run", "npm test", words=("npm", "test")))
    assert [vote.reason for _, vote in votes] == [
        "allow rule Bash(npm *) in ~/.gaff/settings.json (user settings)"
    ]
