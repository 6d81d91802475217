"""The parts of the status line."""

from __future__ import annotations

from pathlib import Path

import pytest

from gaff.plugins.builtin.ui import keys, status_line
from gaff.testing import Shell, say


def repository(folder: Path, head: str) -> Path:
    """Make a folder look like a work tree with this HEAD."""
    (folder / ".git").mkdir(parents=True)
    (folder / ".git" / "HEAD").write_text(head)
    return folder


@pytest.mark.parametrize(
    ("head", "branch"), [("ref: refs/heads/feature/x\n", "feature/x"), ("0123456789abcdef\n", "01234567")]
)
def test_the_branch_is_read_without_git(tmp_path: Path, head: str, branch: str) -> None:
    """From a folder below as well; a commit where no branch is checked out."""
    below = repository(tmp_path / "r", head) / "a" / "b"
    below.mkdir(parents=True)
    assert status_line.git_branch(below) == branch


def test_the_branch_of_a_worktree(tmp_path: Path) -> None:
    """Its .git is a file that points elsewhere."""
    repository(tmp_path / "main", "ref: refs/heads/main")
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / ".git").write_text("gitdir: ../main/.git\n")
    assert status_line.git_branch(tmp_path / "tree") == "main"


def test_no_branch_outside_a_repository(tmp_path: Path) -> None:
    """Nothing, rather than an error."""
    assert status_line.git_branch(tmp_path) == ""


async def test_items_of_a_session(shell: Shell) -> None:
    """Nothing is shown that is nothing yet."""
    session = await shell.start()
    assert (status_line.mode(session), status_line.context(session), status_line.cost(session)) == (
        "",
        "",
        "",
    )
    session.set_mode("plan")
    assert status_line.mode(session) == "plan mode"
    shell.add(say("Hello."))
    await shell.submit("hi")
    assert status_line.context(session).endswith("% context")
    assert status_line.model(session) == session.model.name


async def test_the_mode_key_goes_round(shell: Shell) -> None:
    """Asking, accepting edits, planning, auto; never into no questions at all by itself."""
    session = await shell.start()
    assert keys.cycle(session) == ["default", "acceptEdits", "plan", "auto"]


async def test_the_mode_key_reaches_what_the_start_allowed(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A start without questions can come back to it; tests may run as root."""
    monkeypatch.setenv("IS_SANDBOX", "1")
    shell.options("--permission-mode", "bypassPermissions")
    assert "bypassPermissions" in keys.cycle(await shell.start())
