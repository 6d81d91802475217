"""When the system fails or others interfere, the original is intact and one line says why."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from gaff.hooks import ToolError
from gaff.plugins.builtin.files import _beneath, _opening, _replacing

from .conftest import TOOLS, Files


def failing(number: int) -> Callable[..., int]:
    """Return a function that fails as the system does."""

    def fail(*_: object, **__: object) -> int:
        raise OSError(number, os.strerror(number))

    return fail


@pytest.mark.parametrize(
    ("function", "number", "told"),
    [
        ("write", errno.ENOSPC, "the disk is full"),
        ("fsync", errno.EDQUOT, "the disk quota is used up"),
        ("rename", errno.EACCES, "permission denied"),
        ("fsync", errno.EIO, "input/output error"),
    ],
)
async def test_a_failed_write_changes_nothing(
    files: Files, monkeypatch: pytest.MonkeyPatch, function: str, number: int, told: str
) -> None:
    """A full disk cannot be had without mounting one, so the system calls are made to fail."""
    path = files.write("a.txt", "one\n")
    await files.call("Read", file_path="a.txt")
    monkeypatch.setattr(os, function, failing(number))
    with pytest.raises(ToolError, match=f"^Cannot edit {path}: {told}. Nothing was changed.$"):
        await files.call("Edit", file_path="a.txt", old_string="one", new_string="two")
    monkeypatch.undo()
    assert path.read_text() == "one\n"
    assert os.listdir(files.folder) == ["a.txt"]


async def test_a_file_that_can_still_be_edited_after_a_fault(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault leaves the ledger as it was: the next try works."""
    path = files.write("a.txt", "one\n")
    await files.call("Read", file_path="a.txt")
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", failing(errno.ENOSPC))
        with pytest.raises(ToolError):
            await files.call("Edit", file_path="a.txt", old_string="one", new_string="two")
    await files.call("Edit", file_path="a.txt", old_string="one", new_string="two")
    assert path.read_text() == "two\n"


async def test_a_short_write_is_gone_on_with(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system may write less than it was given."""
    write = os.write

    def write_little(descriptor: int, data: memoryview) -> int:
        return write(descriptor, data[:3])

    monkeypatch.setattr(os, "write", write_little)
    await files.call("Write", file_path="a.txt", content="more than three\n")
    assert (files.folder / "a.txt").read_text() == "more than three\n"


async def test_a_part_of_the_path_is_a_file(files: Files) -> None:
    """A file where a folder is needed is told in one line."""
    files.write("a.txt", "one\n")
    with pytest.raises(ToolError, match=r"^Cannot write .*: .* Nothing was changed\.$"):
        await files.call("Write", file_path="a.txt/b.txt", content="x")


UNPRIVILEGED = """
import os, sys
from gaff.plugins.builtin.files import _beneath, _opening, _replacing
os.setgroups([]); os.setgid(65534); os.setuid(65534)
original = _replacing.load(sys.argv[1], sys.argv[1])
try:
    _replacing.store(sys.argv[1], b"two", original)
except OSError as error:
    print(error.errno)
"""


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
@pytest.mark.parametrize(("folder_mode", "file_mode"), [(0o755, 0o666), (0o777, 0o444)])
def test_without_permission_nothing_changes(folder_mode: int, file_mode: int) -> None:
    """Neither a read-only folder nor a read-only file in an open folder is written, by another user."""
    with TemporaryDirectory() as name:
        path = Path(name).resolve() / "a.txt"
        path.write_text("one")
        path.chmod(file_mode)
        path.parent.chmod(folder_mode)
        command = [sys.executable, "-c", UNPRIVILEGED, str(path)]
        ended = subprocess.run(command, capture_output=True, text=True, check=True)
        assert ended.stdout == f"{errno.EACCES}\n"
        assert path.read_text() == "one"


async def test_a_file_changed_between_reading_and_writing(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody who writes while the edit is prepared does not lose what they wrote."""
    path = files.write("a.txt", "one\n")
    await files.call("Read", file_path="a.txt")
    prepared = _replacing._write  # pyright: ignore[reportPrivateUsage]

    def interfere(folder: int, draft: str, data: bytes, original: _replacing.Original | None) -> None:
        prepared(folder, draft, data, original)
        path.write_text("theirs\n")

    monkeypatch.setattr(_replacing, "_write", interfere)
    with pytest.raises(ToolError, match="changed by something else at this very moment"):
        await files.call("Edit", file_path="a.txt", old_string="one", new_string="mine")
    assert path.read_text() == "theirs\n"


async def test_a_file_that_comes_up_while_it_is_made(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new file never replaces one that appeared after the check."""
    path = files.folder / "a.txt"
    link = os.link

    def interfere(*names: str, **folders: int) -> None:
        path.write_text("theirs\n")
        link(*names, **folders)

    monkeypatch.setattr(os, "link", interfere)
    with pytest.raises(ToolError, match="changed by something else"):
        await files.call("Write", file_path="a.txt", content="mine\n")
    assert path.read_text() == "theirs\n"


async def test_a_file_system_without_links(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where hard links are not known a new file is renamed into place."""
    monkeypatch.setattr(os, "link", failing(errno.EPERM))
    await files.call("Write", file_path="a.txt", content="one\n")
    assert (files.folder / "a.txt").read_text() == "one\n"


@pytest.mark.parametrize("name", ["Read", "Write", "Edit", "Grep", "Glob", "LS"])
async def test_a_path_that_leads_elsewhere_than_judged(files: Files, tmp_path: Path, name: str) -> None:
    """A link put in place after the call was permitted does not take it elsewhere."""
    files.write("inside/a.txt", "one\n")
    files.write("../outside/a.txt", "secret\n")
    parameters = {
        "Read": {"file_path": "inside/a.txt"},
        "Write": {"file_path": "inside/a.txt", "content": "x"},
        "Edit": {"file_path": "inside/a.txt", "old_string": "secret", "new_string": "x"},
        "Grep": {"pattern": "secret", "path": "inside"},
        "Glob": {"pattern": "inside/*"},
        "LS": {"path": "inside"},
    }[name]
    tool, context = TOOLS[name], files.context(name, parameters)
    asked = tool.input_model.model_validate(parameters)
    tool.actions(asked, context)
    (files.folder / "inside").rename(files.folder / "moved")
    (files.folder / "inside").symlink_to(tmp_path / "outside")
    with pytest.raises(ToolError, match="when this call was permitted"):
        await tool.run(asked, context)


@pytest.mark.parametrize("has_openat2", [True, False])
async def test_a_folder_swapped_while_it_is_opened(
    files: Files, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, has_openat2: bool
) -> None:
    """A folder that becomes a link after the last check is not followed, whichever way files are opened."""
    files.write("inside/a.txt", "one\n")
    files.write("../outside/a.txt", "secret\n")

    def swap(path: str, mode: int) -> None:
        if not (files.folder / "inside").is_symlink():
            (files.folder / "inside").rename(files.folder / "moved")
            (files.folder / "inside").symlink_to(tmp_path / "outside")

    monkeypatch.setattr(_opening, "refuse_special", swap)
    monkeypatch.setattr(_beneath, "has_openat2", lambda: has_openat2 and sys.platform == "linux")
    with pytest.raises(ToolError, match="moved or replaced while it was being opened"):
        await files.call("Read", file_path="inside/a.txt")
