"""Switching plugins in a settings file touches nothing that is not theirs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gaff.hooks import SettingsError
from gaff.plugins.builtin.commands._plugin.switching import switch
from gaff.start import Start, start
from gaff.testing import Workspace


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
