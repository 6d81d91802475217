"""Edit replaces exactly what it is told, in the file the model knows."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gaff.hooks import Message, ToolError

from .conftest import Files


async def edit(files: Files, old: str, new: str, **parameters: bool) -> bytes:
    """Edit ``a.txt`` and return what it holds then."""
    await files.call("Edit", file_path="a.txt", old_string=old, new_string=new, **parameters)
    return (files.folder / "a.txt").read_bytes()


async def known(files: Files, content: str | bytes) -> Path:
    """Make ``a.txt`` and read it."""
    path = files.write("a.txt", content)
    await files.call("Read", file_path="a.txt")
    return path


async def test_replaces_one_place(files: Files) -> None:
    """The response is the documented one."""
    path = await known(files, "one\ntwo\nthree\n")
    response = await files.response("Edit", file_path="a.txt", old_string="two", new_string="2")
    assert path.read_text() == "one\n2\nthree\n"
    lines = [" one", "-two", "+2", " three"]
    assert response == {
        "filePath": str(path),
        "oldString": "two",
        "newString": "2",
        "originalFile": "one\ntwo\nthree\n",
        "structuredPatch": [{"oldStart": 1, "oldLines": 3, "newStart": 1, "newLines": 3, "lines": lines}],
        "userModified": False,
        "replaceAll": False,
    }


async def test_replaces_every_place(files: Files) -> None:
    """replace_all takes each, from the first on, and tells the lines."""
    await known(files, "a b a\na\n")
    text = await files.text("Edit", file_path="a.txt", old_string="a", new_string="aa", replace_all=True)
    assert (files.folder / "a.txt").read_text() == "aa b aa\naa\n"
    assert text.endswith("lines 1, 1, 2.")


async def test_refuses_several_places(files: Files) -> None:
    """More than one place is an error that tells how many and where."""
    await known(files, "x = 1\ny = 2\nx = 1\n")
    with pytest.raises(ToolError, match=r"2 times, on lines 1, 3\. Give more"):
        await edit(files, "x = 1", "x = 2")


async def test_refuses_places_that_overlap(files: Files) -> None:
    """Two places that share a letter are two places."""
    await known(files, "aaa\n")
    with pytest.raises(ToolError, match="2 times"):
        await edit(files, "aa", "b")


async def test_refuses_a_change_of_nothing(files: Files) -> None:
    """Equal strings are a mistake."""
    await known(files, "one\n")
    with pytest.raises(ToolError, match="are the same"):
        await edit(files, "one", "one")


async def test_refuses_a_file_it_has_not_read(files: Files) -> None:
    """A file is read before it is edited."""
    files.write("a.txt", "one\n")
    with pytest.raises(ToolError, match="first: a file is edited only as you know it"):
        await edit(files, "one", "two")


async def test_a_failed_edit_is_no_reading(files: Files) -> None:
    """An edit that was refused does not make the file known."""
    path = files.write("a.txt", "one\n")
    asked = {"type": "tool_use", "id": "t", "name": "Edit", "input": {"file_path": str(path)}}
    told = {"type": "tool_result", "tool_use_id": "t", "content": "Read it first", "is_error": True}
    files.session.messages = [Message("assistant", (asked,)), Message("user", (told,))]
    with pytest.raises(ToolError, match="first: a file is edited only"):
        await edit(files, "one", "two")


@pytest.mark.parametrize(
    "command", ["cat a.txt", "head -n 5 a.txt", "sed -n 1,5p a.txt", "grep -n one 'a.txt'"]
)
async def test_a_file_shown_by_the_shell_is_known(files: Files, command: str) -> None:
    """Documented: a plain look at one file through Bash counts as reading it."""
    files.write("a.txt", "one\n")
    asked = {"type": "tool_use", "id": "t", "name": "Bash", "input": {"command": command}}
    told = {"type": "tool_result", "tool_use_id": "t", "content": "one"}
    files.session.messages = [Message("assistant", (asked,)), Message("user", (told,))]
    assert await edit(files, "one", "two") == b"two\n"


@pytest.mark.parametrize(
    "command", ["cat a.txt | wc", "cat a.txt b.txt", "sed -i s/a/b/ a.txt", "ls a.txt", "cat '"]
)
async def test_other_commands_do_not_count(files: Files, command: str) -> None:
    """Pipes, several files and other programs show something else."""
    files.write("a.txt", "one\n")
    asked = {"type": "tool_use", "id": "t", "name": "Bash", "input": {"command": command}}
    told = {"type": "tool_result", "tool_use_id": "t", "content": "one"}
    files.session.messages = [Message("assistant", (asked,)), Message("user", (told,))]
    with pytest.raises(ToolError, match="first: a file is edited only"):
        await edit(files, "one", "two")


async def test_a_resumed_session_knows_what_it_read(files: Files) -> None:
    """The conversation outlives the process: what it shows may be edited where it still fits."""
    await known(files, "one\ntwo\n")
    resumed = Files(files.folder, files.session.scratch_dir)
    resumed.session.messages = files.session.messages
    assert await edit(resumed, "two", "2") == b"one\n2\n"


async def test_applies_to_a_changed_file_where_it_fits_once(files: Files) -> None:
    """A formatter that came in between is no reason to fail, but the rest is not known any more."""
    path = await known(files, "one\ntwo\n")
    path.write_text("zero\none\ntwo\n")
    text = await files.text("Edit", file_path="a.txt", old_string="two", new_string="2")
    assert path.read_text() == "zero\none\n2\n"
    assert "read it again" in text
    with pytest.raises(ToolError, match="has changed since you read it"):
        await files.call("Write", file_path="a.txt", content="")


@pytest.mark.parametrize("content", ["two\ntwo\n", "three\n"])
async def test_refuses_a_changed_file_otherwise(files: Files, content: str) -> None:
    """Where the old string is gone or ambiguous, the file must be read again."""
    path = await known(files, "one\ntwo\n")
    path.write_text(content)
    with pytest.raises(ToolError, match="has changed since you read it"):
        await edit(files, "two", "2", replace_all=True)
    assert path.read_text() == content


async def test_does_not_mind_time_stamps(files: Files) -> None:
    """A touched file is the same file."""
    path = await known(files, "a a\n")
    os.utime(path, (0, 0))
    assert await edit(files, "a", "b", replace_all=True) == b"b b\n"


async def test_an_empty_old_string_makes_a_file(files: Files) -> None:
    """A file that is not there, or empty, is made."""
    assert await edit(files, "", "one\n") == b"one\n"
    files.write("b.txt", "")
    await files.call("Edit", file_path="b.txt", old_string="", new_string="two\n")
    assert (files.folder / "b.txt").read_text() == "two\n"


async def test_an_empty_old_string_overwrites_nothing(files: Files) -> None:
    """A file with content is not replaced that way."""
    await known(files, "one\n")
    with pytest.raises(ToolError, match="is there and not empty"):
        await edit(files, "", "two\n")


async def test_a_missing_file_is_not_made(files: Files) -> None:
    """With an old string there must be a file, and near names are told."""
    files.write("a.text", "")
    with pytest.raises(ToolError, match="Did you mean"):
        await edit(files, "one", "two")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"one\r\ntwo\r\nthree\r\n", b"one\r\n2\r\n2b\r\nthree\r\n"),
        (b"one\ntwo\nthree\r\n", b"one\n2\n2b\nthree\r\n"),
        (b"one\r\ntwo\nthree\n", b"one\n2\n2b\nthree\n".replace(b"one\n", b"one\r\n", 1)),
        ("\ufeffone\r\ntwo\r\n".encode(), "\ufeffone\r\n2\r\n2b\r\n".encode()),
        ("\ufeffé\ntwo\n".encode("utf-16-le"), "\ufeffé\n2\n2b\n".encode("utf-16-le")),
        (b"\xe9\ntwo\n", b"\xe9\n2\n2b\n"),
    ],
)
async def test_keeps_encodings_and_line_endings(files: Files, content: bytes, expected: bytes) -> None:
    """Only what was to be replaced changes, in the endings around it."""
    await known(files, content)
    assert await edit(files, "two\n", "2\n2b\n") == expected


async def test_refuses_what_the_encoding_cannot_hold(files: Files) -> None:
    """A Latin-1 file takes no euro sign, and is left as it was."""
    path = await known(files, b"caf\xe9\n")
    with pytest.raises(ToolError, match=r"latin-1 text, which cannot hold '\\u20ac'"):
        await edit(files, "caf", "€")
    assert path.read_bytes() == b"caf\xe9\n"


@pytest.mark.parametrize(
    ("old", "told"),
    [
        (
            "def f():\n\treturn 1",
            r"Lines 1-2 are alike but for indentation:\n  2 has \"    return 1\"\n  you gave \"\\treturn",
        ),
        ("return  1", "Line 2 is alike but for whitespace:"),
        ("    return 1 \nx", "Lines 2-3 are alike but for whitespace at the ends of lines"),
        ("DEF F", "alike but for upper and lower case"),
        ("say(“hi”)", "alike but for typographic quotes"),
        ("     1\tdef f():", "holds the line numbers that Read shows"),
        ("def g():\n    return 2", r"Lines 1-2 are \d+% alike"),
        ("completely else", "Nothing in it is much like it"),
    ],
)
async def test_tells_near_misses(files: Files, old: str, told: str) -> None:
    """What was not found is told with where something like it is and what differs."""
    await known(files, 'def f():\n    return 1\nx = 2\nsay("hi")\n')
    with pytest.raises(ToolError, match=told):
        await edit(files, old, "x")


async def test_keeps_the_mode(files: Files) -> None:
    """A script stays executable."""
    path = await known(files, "one\n")
    path.chmod(0o755)
    await edit(files, "one", "two")
    assert path.stat().st_mode & 0o777 == 0o755


async def test_refuses_binary_files(files: Files) -> None:
    """There is no text to edit in a binary file, read or not."""
    await known(files, "text\n")
    files.write("a.txt", b"\x7fELF\0")
    with pytest.raises(ToolError, match="Only text can be edited"):
        await edit(files, "ELF", "elf")
