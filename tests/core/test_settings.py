"""Settings of all levels: merging, origin, and files that cannot be used."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gaff.hooks.errors import SettingsError
from gaff.settings import Places, load_settings

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


def test_unknown_keys_are_told_with_the_near_miss(place: Place) -> None:
    """A misspelt key is named; a documented one that nobody reads is told as such."""
    place.write("~/settings.json", '{"premissions": {}, "voice": 1, "vimInsertModeRemaps": {}}')

    notices = "\n".join(place.start().notices)

    assert "unknown setting 'premissions'; did you mean 'permissions'?" in notices
    assert "not used by this version of gaff: vimInsertModeRemaps" in notices


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
