"""Repositories that git finds, and a first look may not: what git then runs is not run unasked."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from gaff.plugins.builtin.shell._actions import Situation, actions_of

LOOK = "git show HEAD"


def _git(folder: Path, *arguments: str) -> str:
    program = shutil.which("git")
    assert program is not None
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.com")
    done = subprocess.run(
        [program, *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A folder of an ordinary project, and in it what makes up a repository that converts files by a program."""
    _git(tmp_path, "init", "-q", "-b", "main")
    source = tmp_path / "source"
    _git(tmp_path, "init", "-q", "-b", "main", "source")
    (source / "f").write_text("f")
    _git(source, "add", "f")
    _git(source, "commit", "-q", "-m", "f")
    _git(source, "pack-refs", "--all")
    _git(source, "config", "diff.x.textconv", "touch ../trace; cat")
    (source / ".git/info/attributes").write_text("* diff=x\n")
    _git(source, "config", "core.bare", "true")
    folder = tmp_path / "folder"
    (source / ".git").rename(folder)
    shutil.rmtree(source)
    return folder


def bare(folder: Path) -> None:
    """The folder is a repository without a work tree."""


def linked_head(folder: Path) -> None:
    """Its head is a link that leads nowhere: the branch is a line in another file."""
    (folder / "HEAD").unlink()
    (folder / "HEAD").symlink_to("refs/heads/main")


def common_folder(folder: Path) -> None:
    """All but the head lies in a common folder."""
    (folder / "x").mkdir()
    for name in ("config", "objects", "refs", "packed-refs", "info"):
        (folder / name).rename(folder / "x" / name)
    (folder / "commondir").write_text("x")


def empty_folder_first(folder: Path) -> None:
    """Where git looks first there is no repository."""
    (folder / ".git").mkdir()


def file_with_blank(folder: Path) -> None:
    """A file names a folder whose name ends in a blank."""
    inner = folder.parent / "inner "
    folder.rename(inner)
    folder.mkdir()
    inner.rename(folder / "inner ")
    (folder / ".git").write_text("gitdir: inner \n")


@pytest.mark.parametrize("own", [False, True], ids=["folder of a project", "project"])
@pytest.mark.parametrize("change", [bare, linked_head, common_folder, empty_folder_first, file_with_blank])
def test_what_git_runs_is_asked_for(hostile: Path, change: Callable[[Path], None], own: bool) -> None:
    """Git runs the program here, so that looking is no mere reading."""
    change(hostile)
    situation = Situation(hostile, hostile if own else hostile.parent, dict(os.environ))
    assert [action.read_only for action in actions_of(LOOK, situation) if action.kind == "run"] == [False]
    _git(hostile, *LOOK.split()[1:])
    assert (hostile.parent / "trace").exists()
