"""Paths that are put back, and names that are taken for a while."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from gaff.plugins.builtin.sandbox._guard import Guard
from gaff.plugins.builtin.sandbox._placeholders import placeholders


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with something of each kind."""
    (tmp_path / "kept/below").mkdir(parents=True)
    (tmp_path / "kept/file").write_text("mine")
    (tmp_path / "kept/file").chmod(0o755)
    (tmp_path / "kept/below/file").write_text("mine")
    (tmp_path / "kept/link").symlink_to("file")
    return Path(os.path.realpath(tmp_path))


def state(folder: Path) -> dict[str, str]:
    """Return what is in a folder, what was put aside left out."""
    found = {path.relative_to(folder): path for path in folder.rglob("*") if "gaff-kept" not in str(path)}
    return {
        str(name): f"{path.lstat().st_mode:o} {os.readlink(path) if path.is_symlink() else ''}"
        + (path.read_text() if path.is_file() else "")
        for name, path in found.items()
    }


def replace_by_folder(project: Path) -> None:
    """Put a folder in the place of a file."""
    (project / "kept/file").unlink()
    (project / "kept/file/x").mkdir(parents=True)


def move_away(project: Path) -> None:
    """Move all of it, and make something else in its place."""
    (project / "kept").rename(project / "moved.gaff-kept")
    (project / "kept").mkdir()
    (project / "kept/evil").write_text("evil")


def lead_elsewhere(project: Path) -> None:
    """Put a link in the place of the folder."""
    (project / "kept").rename(project / "moved.gaff-kept")
    (project / "kept").symlink_to(project.parent)


CHANGES: list[Callable[[Path], object]] = [
    lambda project: (project / "kept/file").write_text("evil"),
    lambda project: (project / "kept/file").chmod(0o644),
    lambda project: (project / "kept/file").unlink(),
    lambda project: (project / "kept/new").write_text("evil"),
    lambda project: (project / "kept/link").unlink(),
    lambda project: (project / "kept/below/file").unlink(),
    replace_by_folder,
    move_away,
    lead_elsewhere,
]


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_put_back_and_told(project: Path, change: Callable[[Path], object]) -> None:
    """Everything is as it was, and there is a line for what was not."""
    before = state(project)
    guard = Guard([str(project / "kept")])
    change(project)
    assert list(guard.put_back())
    assert state(project) == before


def test_what_was_not_changed_is_not_touched(project: Path) -> None:
    """A new time stamp is no change."""
    guard = Guard([str(project / "kept"), str(project / "missing")])
    os.utime(project / "kept/file", (1, 1))
    assert list(guard.put_back()) == []


def test_what_was_missing_is_missing_again(project: Path) -> None:
    """What a command made of it is kept beside."""
    guard = Guard([str(project / "missing")])
    (project / "missing").write_text("evil")
    assert "removed again" in "".join(guard.put_back())
    assert not (project / "missing").exists()
    assert [path.read_text() for path in project.glob("missing.gaff-kept-*")] == ["evil"]


def test_nothing_is_written_through_a_link(project: Path) -> None:
    """Putting a file back does not follow what a command put on the way."""
    outside = project.parent / "outside"
    outside.mkdir()
    guard = Guard([str(project / "kept/below/file")])
    (project / "kept/below").rename(project / "moved")
    (project / "kept/below").symlink_to(outside)
    assert list(guard.put_back())
    assert list(outside.iterdir()) == []
    assert (project / "kept/below/file").read_text() == "mine"


def test_what_is_left_out_may_change(project: Path) -> None:
    """A work tree in a protected folder, for one."""
    guard = Guard([str(project / "kept")], but=[str(project / "kept/below")])
    (project / "kept/below/file").write_text("new")
    assert list(guard.put_back()) == []


def test_a_name_is_taken_until_the_last_command_is_done(tmp_path: Path) -> None:
    """Whoever ends last gives it back."""
    name = str(tmp_path / ".mcp.json")
    first, second = placeholders([name]), placeholders([name])
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert os.path.isdir(name)
    second.__exit__(None, None, None)
    assert not os.path.lexists(name)


def test_what_a_killed_session_left_is_cleared_away(tmp_path: Path) -> None:
    """Nobody keeps a folder under the name of that file."""
    (tmp_path / ".mcp.json").mkdir()
    with placeholders([str(tmp_path / ".mcp.json")]):
        pass
    assert list(tmp_path.iterdir()) == []


def test_what_was_filled_meanwhile_stays(tmp_path: Path) -> None:
    """It belongs to whoever filled it."""
    with placeholders([str(tmp_path / ".claude")]):
        (tmp_path / ".claude/settings.json").write_text("{}")
    assert (tmp_path / ".claude/settings.json").exists()


def test_a_folder_that_was_there_is_not_removed(tmp_path: Path) -> None:
    """An empty one of the user's neither."""
    (tmp_path / ".claude").mkdir()
    with placeholders([str(tmp_path / ".claude")]):
        pass
    assert (tmp_path / ".claude").is_dir()


def fill(folder: Path, count: int) -> None:
    """Make that many files."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        (folder / f"{number:05}").touch()


def test_folders_of_many_entries_neither_hide_nor_lose_anything(project: Path) -> None:
    """Files beside them are put back all the same, and none that was there is taken for new."""
    fill(project / "many/a", 2_100)
    (project / "many/settings").write_text("mine")
    guard = Guard([str(project / "many"), str(project / "kept")])
    assert list(guard.put_back()) == []
    (project / "many/settings").write_text("evil")
    (project / "kept/file").write_text("evil")
    assert len(list(guard.put_back())) == 2


def test_nothing_new_is_hidden_among_many_others(project: Path) -> None:
    """However much a command makes of it."""
    guard = Guard([str(project / "kept")])
    fill(project / "kept", 2_100)
    (project / "kept/zz").write_text("evil")
    list(guard.put_back())
    assert not (project / "kept/zz").exists()


@pytest.mark.parametrize("name", ["commondir", "config.worktree"])
def test_a_file_of_git_is_taken_by_one_that_says_nothing_new(tmp_path: Path, name: str) -> None:
    """git takes a folder there for broken. Another file of that name stays."""
    path = tmp_path / ".git" / name
    path.parent.mkdir()
    with placeholders([str(path)]):
        assert path.read_text() == {"commondir": "../.git\n"}.get(name, "")
    assert not path.exists()
    with placeholders([str(path)]):
        path.write_text("mine")
    assert path.read_text() == "mine"
