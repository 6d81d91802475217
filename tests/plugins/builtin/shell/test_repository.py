"""Which repositories have programs run by a git that merely looks."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from gaff.plugins.builtin.shell._repository import runs_programs


@pytest.fixture
def git(tmp_path: Path) -> Path:
    """A repository as ``git init`` makes it, with an index."""
    program = shutil.which("git")
    assert program is not None
    subprocess.run([program, "init", "-q", str(tmp_path)], check=True)
    (tmp_path / "a").write_text("a")
    subprocess.run([program, "-C", str(tmp_path), "add", "a"], check=True)
    return tmp_path / ".git"


def add(git: Path, settings: str) -> None:
    """Add lines to the settings of the repository."""
    with (git / "config").open("a") as config:
        config.write(settings + "\n")


@pytest.mark.parametrize(
    "settings",
    [
        "", '[remote "origin"]\n\turl = git@host:x.git\n\tfetch = +refs/heads/*:refs/remotes/origin/*', '[branch "main"]\n\tmerge = refs/heads/main',
        "[core]\n\tfsmonitor = true", "[core]\n\thooksPath = .husky/_", "[user]\n\tname = A # comment", '[filter "lfs"]\n\tclean = git-lfs clean -- %f',
        "[alias]\n\tst = status", "; comment\n[pull] rebase = true", '[diff "x"]\n\txfuncname = y', "[core]\n\tpager = less",
    ],
)  # fmt: skip
def test_ordinary_settings_run_nothing(git: Path, settings: str) -> None:
    """What git and its users write."""
    add(git, settings)
    assert not runs_programs(git)


@pytest.mark.parametrize(
    "settings",
    [
        "[core]\n\tfsmonitor = ./x", "[CORE] FSMonitor=./x", "[core] [core] fsmonitor = ./x", '[diff "x"]\n\ttextconv = ./x', "[diff]\n\texternal = ./x",
        '[diff "x"]\n\tcommand = ./x', '[filter "x"]\n\tclean = ./x', '[filter "lfs"]\n\tclean = ./git-lfs clean -- %f', '[filter "x"]\n\tprocess = ./x',
        "[include]\n\tpath = x", '[includeIf "gitdir:x"]\n\tpath = x', "[gpg]\n\tprogram = ./x", '[remote "o"]\n\tuploadpack = ./x', "[core]\n\tsshCommand = ./x",
        "[core]\n\tworktree = ..", "[core]\n\tx = a\\\n[remote]\n\tfsmonitor = ./x", "[diff.x]\n\ttextconv = ./x", "[unknown]\n\tx = y", "no section", "[core",
        "\ufeff[core]\n\tx = y", "[core]\n\thooksPath = x # y", '[core]\n\thooksPath = e"v"il', "[core]\n\thooksPath = a\\b", "[diff]\n\tsubmodule = diff",
        '[lfs "extension.x"]\n\tclean = ./x %f', '[lfs "customtransfer.x"]\n\tpath = ./x',
    ],
)  # fmt: skip
def test_settings_that_may_run_something(git: Path, settings: str) -> None:
    """Monitors, filters, converters, other files of settings, and whatever is not known."""
    add(git, settings)
    assert runs_programs(git)


def test_a_hook_that_runs_when_the_index_is_written(git: Path) -> None:
    """``git status`` writes the index anew and then runs this hook."""
    (git / "hooks").mkdir(exist_ok=True)
    (git / "hooks/pre-commit").touch()
    assert not runs_programs(git)
    (git / "hooks/post-index-change").touch()
    assert runs_programs(git)


def test_a_hook_in_another_folder(git: Path) -> None:
    """The folder of the hooks may lie in the project."""
    add(git, "[core]\n\thooksPath = hooks")
    assert not runs_programs(git)
    (git.parent / "hooks").mkdir()
    (git.parent / "hooks/post-index-change").touch()
    assert runs_programs(git)


def test_settings_of_a_work_tree_that_do_not_count(git: Path) -> None:
    """Another folder of hooks may be named where git does not look."""
    (git / "config.worktree").write_text("[core]\n\thooksPath = hooks\n")
    assert not runs_programs(git)
    (git / "hooks").mkdir(exist_ok=True)
    (git / "hooks/post-index-change").touch()
    assert runs_programs(git)


@pytest.mark.parametrize("text", ["gitdir: x \n", "gitdir:  x\n", "gitdir:x\n", "gitdir: x\n\n", "x"])
def test_a_file_that_names_another_folder_for_git(git: Path, text: str) -> None:
    """Git takes off no more than the end of the line."""
    git.rename(git.parent / "x")
    git.write_text("gitdir: x\n")
    assert not runs_programs(git)
    git.write_text(text)
    assert runs_programs(git)


def test_a_repository_within(git: Path) -> None:
    """A repository that the index names is looked into, whatever its own settings say."""
    subprocess.run(
        ["git", "-C", str(git.parent), "update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},sub"],
        check=True,
    )
    assert runs_programs(git)


def test_another_work_tree(git: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A work tree has the settings of the repository it belongs to."""
    other = tmp_path_factory.mktemp("other")
    (git / "worktrees/other").mkdir(parents=True)
    (git / "worktrees/other/commondir").write_text("../..\n")
    (other / ".git").write_text(f"gitdir: {git}/worktrees/other\n")
    assert not runs_programs(other / ".git")
    add(git, "[core]\n\tfsmonitor = ./x")
    assert runs_programs(other / ".git")
