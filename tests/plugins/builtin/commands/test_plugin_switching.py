"""Switching plugins in a settings file changes nothing else in it."""

from __future__ import annotations

import json
import string
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

from gaff.hooks import SettingsError
from gaff.plugins.builtin.commands._plugin.switching import switch, switched
from gaff.start import Start, start
from gaff.testing import Workspace

NAMES = st.text(string.ascii_lowercase + '."\\é', min_size=1, max_size=6)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)
SETTINGS = st.dictionaries(NAMES, VALUES, max_size=4)
LAYOUTS: list[dict[str, Any]] = [
    {},
    {"indent": 2},
    {"indent": "\t"},
    {"separators": (",", ":")},
    {"indent": 0},
]


def alike(one: str, other: str) -> int:
    """Return how many characters two texts begin with in common."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", '{\n  "plugins": {\n    "a.b": false\n  }\n}\n'),
        ("{}\n", '{\n  "plugins": {\n    "a.b": false\n  }\n}\n'),
        ('{"x": 1}', '{"x": 1, "plugins": {"a.b": false}}'),
        ('{\n\t"x": [1,2]\n}', '{\n\t"x": [1,2],\n\t"plugins": {\n\t\t"a.b": false\n\t}\n}'),
        ('{"plugins": {"a.b" : true , "c": 1}}', '{"plugins": {"a.b" : false , "c": 1}}'),
        ('{\n  "plugins": {},\n  "x": 1\n}', '{\n  "plugins": {\n    "a.b": false\n  },\n  "x": 1\n}'),
        ('{\r\n  "x": 1\r\n}\r\n', '{\r\n  "x": 1,\r\n  "plugins": {\r\n    "a.b": false\r\n  }\r\n}\r\n'),
    ],
)
def test_the_text_stays_as_it_was(before: str, after: str) -> None:
    """Indentation, line ends and spacing are the file's own."""
    assert switched(before, "a.b", False, "f") == after


@given(
    SETTINGS,
    st.dictionaries(NAMES, st.booleans(), max_size=3),
    NAMES,
    st.booleans(),
    st.sampled_from(LAYOUTS),
)
def test_exactly_one_value_changes(
    settings: dict[str, Any], plugins: dict[str, bool], name: str, on: bool, layout: dict[str, Any]
) -> None:
    """Whatever else is in the file, in whatever layout, and every line of it stays."""
    whole = {**settings, "plugins": plugins} if plugins else settings
    text = json.dumps(whole, **layout)
    edited = switched(text, name, on, "f")
    assert json.loads(edited) == {**whole, "plugins": {**plugins, name: on}}
    same = alike(text, edited) + alike(text[::-1], edited[::-1])
    assert same >= len(text) - (len("false") if name in plugins else 0)


@pytest.mark.parametrize(
    "text",
    ["{", "[]", '{"plugins": []}', '{"a": 1, "a": 2}', '{"plugins": {"x": true, "x": false}}', "nonsense"],
)
def test_a_file_that_is_not_understood_is_not_touched(workspace: Workspace, text: str) -> None:
    """One line that says so."""
    path = workspace.gaff_home / "settings.json"
    kernel = start(Start([], workspace.environ, workspace.project))
    path.write_text(text)
    with pytest.raises(SettingsError, match=r"settings\.json"):
        switch(kernel, "ui.keys", "user", on=False)
    assert path.read_text() == text


def test_mode_and_links_are_kept(workspace: Workspace, tmp_path: Path) -> None:
    """A user's file may be a link into a folder of dotfiles."""
    real = tmp_path / "dotfiles.json"
    real.write_text("{}")
    real.chmod(0o640)
    (workspace.gaff_home / "settings.json").symlink_to(real)
    kernel = start(Start([], workspace.environ, workspace.project))
    switch(kernel, "ui.keys", "user", on=False)
    assert json.loads(real.read_text()) == {"plugins": {"ui.keys": False}}
    assert real.stat().st_mode & 0o777 == 0o640
    assert (workspace.gaff_home / "settings.json").is_symlink()


def test_a_link_does_not_lead_out_of_the_project(workspace: Workspace, tmp_path: Path) -> None:
    """A repository must not have another file changed."""
    (tmp_path / "outside.json").write_text("{}")
    (workspace.project / ".gaff").mkdir()
    (workspace.project / ".gaff" / "settings.json").symlink_to(tmp_path / "outside.json")
    kernel = start(Start([], workspace.environ, workspace.project))
    with pytest.raises(SettingsError, match="leads out of the project"):
        switch(kernel, "ui.keys", "project", on=False)
    assert (tmp_path / "outside.json").read_text() == "{}"
