"""Write makes files whole or not at all, and never over what the model has not seen."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gaff.hooks import ToolError

from .conftest import TOOLS, Files


async def test_makes_a_file_and_its_folders(files: Files) -> None:
    """A new file gets its folders, the mode the umask leaves, and the documented response."""
    response = await files.response("Write", file_path="a/b/c.txt", content="one\n")
    path = files.folder / "a/b/c.txt"
    assert path.read_text() == "one\n"
    expected = {"type": "create", "filePath": str(path), "content": "one\n"}
    assert response == {**expected, "structuredPatch": [], "originalFile": None}
    assert path.stat().st_mode & 0o777 == 0o644


async def test_replaces_a_file_it_has_read(files: Files) -> None:
    """The response tells what was there and what changed."""
    path = files.write("a.txt", "one\ntwo\n")
    await files.call("Read", file_path="a.txt")
    response = await files.response("Write", file_path="a.txt", content="one\nsix\n")
    hunk = {"oldStart": 1, "oldLines": 2, "newStart": 1, "newLines": 2, "lines": [" one", "-two", "+six"]}
    expected = {"type": "update", "filePath": str(path), "content": "one\nsix\n"}
    assert response == {**expected, "structuredPatch": [hunk], "originalFile": "one\ntwo\n"}


async def test_writes_again_what_it_wrote(files: Files) -> None:
    """Whoever wrote a file knows it."""
    await files.call("Write", file_path="a.txt", content="one\n")
    await files.call("Write", file_path="a.txt", content="two\n")
    assert (files.folder / "a.txt").read_text() == "two\n"


async def test_refuses_a_file_it_has_not_read(files: Files) -> None:
    """What is there and was never seen stays."""
    path = files.write("a.txt", "precious\n")
    with pytest.raises(ToolError, match=r"is there already\. Read it first"):
        await files.call("Write", file_path="a.txt", content="")
    assert path.read_text() == "precious\n"


async def test_refuses_a_file_that_changed(files: Files) -> None:
    """What others wrote since is not lost."""
    path = files.write("a.txt", "one\n")
    await files.call("Read", file_path="a.txt")
    path.write_text("theirs\n")
    with pytest.raises(ToolError, match="has changed since you read it"):
        await files.call("Write", file_path="a.txt", content="mine\n")
    assert path.read_text() == "theirs\n"


async def test_does_not_mind_time_stamps(files: Files) -> None:
    """A touched file is the same file: contents count."""
    path = files.write("a.txt", "one\n")
    await files.call("Read", file_path="a.txt")
    os.utime(path, (0, 0))
    await files.call("Write", file_path="a.txt", content="two\n")
    assert path.read_text() == "two\n"


async def test_fills_an_empty_file(files: Files) -> None:
    """Where nothing is, nothing can be lost."""
    path = files.write("a.txt", "")
    await files.call("Write", file_path="a.txt", content="one\n")
    assert path.read_text() == "one\n"


async def test_refuses_binary_files(files: Files) -> None:
    """A binary file cannot be read, so it cannot be known."""
    files.write("a.bin", b"\x7fELF\0\0")
    with pytest.raises(ToolError, match="remove it first if that is meant"):
        await files.call("Write", file_path="a.bin", content="text")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"one\r\ntwo\r\n", "néw\r\nlines\r\n".encode()),
        ("\ufeffone\r\n".encode(), "\ufeffnéw\r\nlines\r\n".encode()),
        ("\ufeffone\n".encode("utf-16-le"), "\ufeffnéw\nlines\n".encode("utf-16-le")),
        (b"caf\xe9\n", b"n\xe9w\nlines\n"),
    ],
)
async def test_keeps_encoding_and_line_endings(files: Files, before: bytes, after: bytes) -> None:
    """The mark, the encoding and the line endings of a file outlive its content."""
    path = files.write("a.txt", before)
    await files.call("Read", file_path="a.txt")
    await files.call("Write", file_path="a.txt", content="néw\nlines\n")
    assert path.read_bytes() == after


async def test_says_that_the_encoding_had_to_change(files: Files) -> None:
    """What Latin-1 cannot hold makes the file UTF-8, which is said."""
    path = files.write("a.txt", b"caf\xe9\n")
    await files.call("Read", file_path="a.txt")
    assert "It is UTF-8 now" in await files.text("Write", file_path="a.txt", content="5 €\n")
    assert path.read_bytes() == "5 €\n".encode()


async def test_refuses_what_no_file_can_hold(files: Files) -> None:
    """Half a surrogate pair is no text."""
    with pytest.raises(ToolError, match="cannot hold"):
        await files.call("Write", file_path="a.txt", content="\ud800")
    assert not (files.folder / "a.txt").exists()


async def test_keeps_the_mode(files: Files) -> None:
    """A script stays executable."""
    path = files.write("run.sh", "one\n")
    path.chmod(0o751)
    await files.call("Read", file_path="run.sh")
    await files.call("Write", file_path="run.sh", content="two\n")
    assert path.stat().st_mode & 0o777 == 0o751


async def test_writes_through_a_link(files: Files, tmp_path: Path) -> None:
    """A link stays a link; what it leads to is written, and is what was judged."""
    target = tmp_path / "outside.txt"
    (files.folder / "link").symlink_to(target)
    tool = TOOLS["Write"]
    asked = tool.input_model.model_validate({"file_path": "link", "content": "x"})
    (action,) = tool.actions(asked, files.context("Write", {}))
    assert (action.kind, action.resolved) == ("write", str(target.resolve()))
    await files.call("Write", file_path="link", content="one\n")
    assert target.read_text() == "one\n"
    assert (files.folder / "link").is_symlink()


async def test_breaks_hard_links(files: Files, tmp_path: Path) -> None:
    """Another name of the same file, outside, keeps its content."""
    outside = tmp_path / "outside.txt"
    outside.write_text("one\n")
    os.link(outside, files.folder / "a.txt")
    await files.call("Read", file_path="a.txt")
    await files.call("Write", file_path="a.txt", content="two\n")
    assert outside.read_text() == "one\n"


async def test_leaves_nothing_beside_the_file(files: Files) -> None:
    """The draft is gone once the file is there."""
    await files.call("Write", file_path="a.txt", content="one\n")
    assert os.listdir(files.folder) == ["a.txt"]


@pytest.mark.parametrize("path", ["", "a\0b", "a\nb", "a\x7f", "\ud800"])
async def test_refuses_odd_paths(files: Files, path: str) -> None:
    """Control characters and what no name can hold make the call invalid."""
    with pytest.raises(ValueError, match="path"):
        await files.call("Write", file_path=path, content="x")
