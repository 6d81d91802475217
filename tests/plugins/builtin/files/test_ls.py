"""LS lists a folder with kinds and sizes."""

from __future__ import annotations

import os

import pytest

from gaff.hooks import ToolError

from .conftest import Files


async def test_lists_kinds_and_sizes(files: Files) -> None:
    """Folders, files, links and others are told apart."""
    files.write("b/c.txt", "")
    files.write("a.txt", "12345")
    (files.folder / "link").symlink_to("b/c.txt")
    os.mkfifo(files.folder / "pipe")
    assert await files.text("LS", path=".") == "a.txt 5\nb/\nlink -> b/c.txt\npipe (FIFO)"
    response = await files.response("LS", path=".")
    assert response["path"] == str(files.folder)
    assert response["entries"][0] == {"name": "a.txt", "kind": "file", "size": 5}
    assert response["entries"][2] == {"name": "link", "kind": "link", "target": "b/c.txt"}


async def test_leaves_out_what_is_ignored(files: Files) -> None:
    """Globs name what is left out."""
    for name in ("a.pyc", "b.py", "node_modules/x"):
        files.write(name, "")
    assert await files.text("LS", path=".", ignore=["*.pyc", "node_modules"]) == "b.py 0"
    assert "no entries left" in await files.text("LS", path=".", ignore=["*"])


async def test_is_bounded(files: Files) -> None:
    """The first thousand come, and how many there are is said."""
    for number in range(1_005):
        files.write(f"{number:04}", "")
    text = await files.text("LS", path=".")
    assert len(text.split("\n")) == 1_001
    assert "The first 1,000 of 1,005" in text
    assert (await files.response("LS", path="."))["truncated"]


async def test_refuses_what_is_no_folder(files: Files) -> None:
    """A file is for Read, and a missing folder has near names."""
    files.write("folder/a.txt", "")
    with pytest.raises(ToolError, match="is no folder"):
        await files.call("LS", path="folder/a.txt")
    with pytest.raises(ToolError, match=r"Did you mean .*/folder\?"):
        await files.call("LS", path="foldr")
