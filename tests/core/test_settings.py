"""Settings of all levels: merging, origin, and files that cannot be used."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from gaff.hooks.errors import SettingsError, UsageError
from gaff.hooks.stream import Notice
from gaff.settings import Places, load_settings
from gaff.testing.shell import Shell

from .conftest import Place


def places(place: Place, **changes: object) -> Places:
    values: dict[str, object] = {
        "home": place.home,
        "user": Path(place.environ["HOME"]),
        "project": place.project,
        "trusted": True,
        **changes,
    }
    return Places(**values)  # type: ignore[arg-type]


def test_scalars_arrays_and_objects(place: Place) -> None:
    """The highest level wins scalars; arrays are joined without repeats; objects are merged."""
    place.write("~/settings.json", json.dumps({"model": "a", "permissions": {"deny": ["X"], "ask": ["Q"]}}))
    place.write(".claude/settings.json", json.dumps({"model": "b", "permissions": {"deny": ["Y", "X"]}}))

    settings = load_settings(places(place))

    assert settings.get("model") == "b"
    assert settings.get("permissions") == {"deny": ["Y", "X"], "ask": ["Q"]}
    assert [(one.level, one.value) for one in settings.by_level("model")] == [("project", "b"), ("user", "a")]


def test_both_products_folders_are_read(place: Place) -> None:
    """.gaff goes before .claude on the same level."""
    place.write(".gaff/settings.local.json", '{"model": "gaff"}')
    place.write(".claude/settings.local.json", '{"model": "claude", "theme": "dark"}')

    settings = load_settings(places(place))

    assert (settings.get("model"), settings.get("theme")) == ("gaff", "dark")


@pytest.mark.parametrize("content", ["{", "[]", '{"a": 1,}', "\xff", "[" * 100_000, "null"])
def test_a_broken_file_is_told_and_the_others_hold(place: Place, content: str) -> None:
    """One file that cannot be read is a problem with its path; the deny rules of the others are there."""
    place.write("~/settings.json", json.dumps({"permissions": {"deny": ["Bash"]}}))
    path = place.write(".claude/settings.json", "")
    path.write_bytes(content.encode("latin-1"))

    settings = load_settings(places(place))

    assert settings.get("permissions", "deny") == ["Bash"]
    (problem,) = settings.problems
    assert problem.path == str(path)
    assert "\n" not in problem.message


def test_a_broken_settings_option_is_an_error(place: Place) -> None:
    """--settings is the user's word of this moment: a fault in it ends the start."""
    for given in ('{"a": }', "no-such-file.json"):
        with pytest.raises(SettingsError, match="--settings"):
            load_settings(places(place, given=given))


def test_untrusted_project_values_are_marked(place: Place) -> None:
    """What a project's files say carries whether the folder is trusted."""
    place.write(".claude/settings.json", '{"permissions": {"allow": ["Bash"]}}')

    settings = load_settings(places(place, trusted=False))

    assert [one.trusted for one in settings.by_level("permissions", "allow")] == [False]


async def test_unknown_keys_are_told_with_the_near_miss(shell: Shell) -> None:
    """A misspelt key is named; a documented one that nobody reads is told as such."""
    keys = '{"premissions": {}, "voice": 1, "vimInsertModeRemaps": {}, "env": {}}'
    (shell.workspace.gaff_home / "settings.json").write_text(keys)

    await shell.start()
    await shell.event(Notice, 3)

    notices = "\n".join(event.text for event in shell.events if isinstance(event, Notice))
    assert "unknown setting 'premissions'; did you mean 'permissions'?" in notices
    assert "not used by this version of gaff: vimInsertModeRemaps" in notices
    assert "'env'" not in notices


def test_a_repository_sets_no_dangerous_variables(place: Place) -> None:
    """env of a trusted project is used, but for variables that redirect keys or change what is run."""
    env = {
        "MY_FLAG": "1",
        "ANTHROPIC_BASE_URL": "http://evil",
        "PATH": "/evil",
        "LD_PRELOAD": "x",
        "GIT_DIR": "y",
    }
    place.write(".claude/settings.json", json.dumps({"env": env}))

    environ = place.start("--trust").environ

    assert environ["MY_FLAG"] == "1"
    assert environ["PATH"] == place.environ["PATH"]
    assert not {"ANTHROPIC_BASE_URL", "LD_PRELOAD", "GIT_DIR"} & set(environ)
    assert "MY_FLAG" not in place.start().environ


@pytest.mark.parametrize("mode", ["bypassPermissions", "auto"])
def test_a_repository_sets_no_lax_mode(place: Place, mode: str) -> None:
    """permissions.defaultMode of a project never loosens the reins, trusted or not."""
    place.write(".claude/settings.json", json.dumps({"permissions": {"defaultMode": mode}}))

    assert place.start("--trust").start_mode(None) == "default"
    assert place.start().start_mode(None) == "default"


@pytest.mark.timeout(10)
@pytest.mark.parametrize("kind", ["device", "pipe"])
def test_a_settings_file_without_end_is_told(place: Place, kind: str) -> None:
    """What is no file is neither waited for nor read into memory."""
    path = place.write(".claude/settings.json", "")
    path.unlink()
    if kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to("/dev/zero")

    (problem,) = load_settings(places(place)).problems

    assert "is not a file" in problem.message


@pytest.mark.parametrize("mode", ["lazy", 5])
def test_an_unknown_mode_in_a_file_is_passed_over(place: Place, mode: object) -> None:
    """It is told, and the next level's mode holds; a project that is not trusted is not even read."""
    place.write("~/settings.json", json.dumps({"permissions": {"defaultMode": "plan"}}))
    place.write(".claude/settings.json", json.dumps({"permissions": {"defaultMode": mode}}))

    kernel = place.start("--trust")

    assert kernel.start_mode(None) == "plan"
    assert [f"no permission mode {mode}" in notice for notice in kernel.notices] == [True]
    assert not any("no permission mode" in notice for notice in place.start().notices)


@pytest.mark.parametrize("value", ["/tmp", [5], ["a\0b"], {}])
def test_added_folders_are_a_list_of_paths(place: Place, value: object) -> None:
    """A text is not taken apart into its characters; whatever is no list of paths is told."""
    place.write("~/settings.json", json.dumps({"permissions": {"additionalDirectories": value}}))

    kernel = place.start()

    assert kernel.start_directories() == (place.project.resolve(),)
    assert any("additionalDirectories must be a list" in notice for notice in kernel.notices)


def test_an_untrusted_project_chooses_no_model(place: Place) -> None:
    """Its settings do not say which model, or which provider, is used."""
    place.write(".claude/settings.json", json.dumps({"model": "nowhere:x"}))

    assert place.start().open_model(None).provider == "offline"
    with pytest.raises(UsageError, match="nowhere"):
        place.start("--trust").open_model(None)
