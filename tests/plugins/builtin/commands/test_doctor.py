"""gaff doctor."""

from __future__ import annotations

import pytest

from gaff.testing import Workspace
from gaff.testing.pytest_plugin import RunGaff


def test_a_sound_installation(run_gaff: RunGaff) -> None:
    """It tells of versions, folders, sandboxes, programs and terminal, and finds nothing."""
    done = run_gaff("doctor", environ={"LANG": "C.UTF-8"})
    assert done.returncode == 0, done.stdout
    for title in ("gaff", "Python", "home", "cache", "plugins", "sandbox", "bash", "git", "rg", "terminal"):
        assert f"\n  {title} " in f"\n{done.stdout}"
    assert "bubblewrap:" in done.stdout
    assert "Nothing is wrong." in done.stdout


@pytest.mark.parametrize(
    ("settings", "told"), [("{", "not valid JSON"), ('{"sandbox": {"enabled": true}}', "✗ sandbox    none")]
)
def test_what_is_broken_is_a_fault(run_gaff: RunGaff, workspace: Workspace, settings: str, told: str) -> None:
    """A file that cannot be read; a sandbox that is wanted and not to be had."""
    (workspace.gaff_home / "settings.json").write_text(settings)
    done = run_gaff("--plugin", "no:sandbox.bubblewrap", "--plugin", "no:sandbox.landlock", "doctor")
    assert done.returncode == 1
    assert told in done.stdout


def test_a_broken_plugin_is_a_fault(run_gaff: RunGaff, workspace: Workspace) -> None:
    """With its name and the reason."""
    (workspace.gaff_home / "plugins").mkdir()
    (workspace.gaff_home / "plugins/bad.py").write_text('"""Bad."""\nimport not_there\n')
    done = run_gaff("doctor")
    assert done.returncode == 1
    assert "not_there" in done.stdout
