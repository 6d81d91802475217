"""Somebody swaps a folder for a link while files in it are judged and used: what is judged is what is used.

``GAFF_RACE_SECONDS`` says how long each race lasts; a second unless told.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import suppress
from pathlib import Path

import pytest

from gaff.hooks import ToolError
from gaff.plugins.builtin.files import _beneath
from gaff.plugins.builtin.files._replacing import load, store

SECONDS = float(os.environ.get("GAFF_RACE_SECONDS", "1"))

#: Turns ``d`` into a link and back, for ever; a process of its own, so that it really runs meanwhile.
SWAPPING = """
import os
while True:
    os.rename("d", "e")
    os.symlink("../outside", "d")
    os.unlink("d")
    os.rename("e", "d")
"""

pytestmark = pytest.mark.timeout(SECONDS * 4 + 60)


@pytest.fixture(autouse=True, params=["openat2", "walk"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Open files in either way."""
    if request.param == "walk":
        monkeypatch.setattr(_beneath, "has_openat2", lambda: False)
    elif not _beneath.has_openat2():
        pytest.skip("this system has no openat2")


@pytest.fixture
def project(tmp_path: Path) -> Generator[Path]:
    """A project with a folder that somebody swaps, and a folder beside it."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/a.txt").write_text("secret")
    (tmp_path / "project/d").mkdir(parents=True)
    (tmp_path / "project/d/a.txt").write_text("harmless")
    with subprocess.Popen([sys.executable, "-c", SWAPPING], cwd=tmp_path / "project") as swapping:
        yield Path(os.path.realpath(tmp_path / "project"))
        swapping.kill()


def race(project: Path, name: str, use: Callable[[str], None]) -> int:
    """Judge a path and use it, again and again; return how often it was judged harmless."""
    judged, end = 0, time.monotonic() + SECONDS
    while time.monotonic() < end:
        # What the race itself brings about: a path that is not there, or leads elsewhere.
        with suppress(OSError, ToolError):
            resolved = os.path.realpath(project / name)
            if resolved.startswith(f"{project}/"):
                judged += 1
                use(resolved)
    return judged


def test_no_write_lands_outside(project: Path) -> None:
    """New files, and folders on the way to them, are made inside or not at all."""
    assert race(project, "d/new/b.txt", lambda path: store(path, b"x", None)) > 100
    assert race(project, "d/c.txt", lambda path: store(path, b"x", load(path, path))) > 100
    assert os.listdir(project.parent / "outside") == ["a.txt"]


def test_no_read_leads_outside(project: Path) -> None:
    """What is read is the judged file."""
    seen: set[bytes] = set()

    def read(path: str) -> None:
        found = load(path, path)
        if found is not None:
            seen.add(found.data)

    assert race(project, "d/a.txt", read) > 100
    assert seen == {b"harmless"}


def test_no_edit_changes_a_file_outside(project: Path) -> None:
    """A file that is replaced is the one that was loaded."""

    def edit(path: str) -> None:
        original = load(path, path)
        if original is not None:
            store(path, b"harmless", original)

    assert race(project, "d/a.txt", edit) > 10
    assert (project.parent / "outside/a.txt").read_text() == "secret"
