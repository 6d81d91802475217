"""Read shows text by lines, in every encoding, and never more than fits."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest

from gaff.hooks import JsonObject, Message, ToolError
from gaff.hooks.values import object_at
from gaff.plugins.builtin.files import read
from gaff.plugins.builtin.files._lines import Lines, Span

from .conftest import TOOLS, Files


async def test_numbers_lines(files: Files) -> None:
    """Each line has its number and a tab in front, as with cat -n."""
    files.write("a.txt", "one\ntwo\n")
    assert await files.text("Read", file_path="a.txt") == "     1\tone\n     2\ttwo"


async def test_gives_the_documented_response(files: Files) -> None:
    """Hooks get the documented object for text."""
    path = files.write("a.txt", "one\ntwo\nthree\n")
    file = {"filePath": str(path), "content": "two\nthree", "numLines": 2, "startLine": 2, "totalLines": 3}
    assert await files.response("Read", file_path="a.txt", offset=2) == {"type": "text", "file": file}


async def test_takes_home_and_relative_paths(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    """~ is the home folder, and .. is worked out."""
    files.write("a.txt", "found\n")
    monkeypatch.setenv("HOME", str(files.folder))
    assert "found" in await files.text("Read", file_path="~/x/../a.txt")


async def test_shows_a_first_page_of_many_lines(files: Files) -> None:
    """Without limits 2,000 lines come, and how to go on."""
    files.write("long.txt", "".join(f"line {number}\n" for number in range(1, 5_001)))
    text = await files.text("Read", file_path="long.txt")
    assert text.splitlines()[-2:] == [
        "  2000\tline 2000",
        "[PARTIAL view: lines 1-2,000 of 5,000. Go on with offset=2001, or find the place with Grep.]",
    ]


async def test_goes_on_where_it_was_told(files: Files) -> None:
    """offset and limit pick lines and tell how many there are."""
    files.write("long.txt", "".join(f"line {number}\n" for number in range(1, 5_001)))
    text = await files.text("Read", file_path="long.txt", offset=4_000, limit=2)
    assert text == "  4000\tline 4000\n  4001\tline 4001\n[Lines 4,000-4,001 of 5,000.]"


async def test_stops_at_the_token_cap(files: Files) -> None:
    """The cap of the environment variable cuts the first page and says with which limit to go on."""
    files.session.environ["CLAUDE_CODE_FILE_READ_MAX_OUTPUT_TOKENS"] = "100"
    files.write("wide.txt", "x" * 92 + "\n" + ("y" * 92 + "\n") * 9)
    output = await files.call("Read", file_path="wide.txt")
    assert "offset=5 and limit=4" in str(output.content)
    file = object_at(cast("JsonObject", output.response), "file")
    assert (file["numLines"], file["truncatedByTokenCap"]) == (4, True)


async def test_refuses_a_limit_over_the_cap(files: Files) -> None:
    """Who asks for more lines than fit is told how many do."""
    files.session.environ["CLAUDE_CODE_FILE_READ_MAX_OUTPUT_TOKENS"] = "100"
    files.write("wide.txt", ("y" * 92 + "\n") * 10)
    with pytest.raises(ToolError, match="Use limit=4 or less"):
        await files.call("Read", file_path="wide.txt", limit=10)


async def test_allow_large_lifts_the_limits(files: Files) -> None:
    """One call may read past lines, tokens and widths."""
    files.session.environ["CLAUDE_CODE_FILE_READ_MAX_OUTPUT_TOKENS"] = "100"
    files.write("large.txt", ("y" * 3_000 + "\n") * 3 + "z\n" * 2_500)
    output = await files.response("Read", file_path="large.txt", allow_large=True)
    assert output["file"]["content"] == "\n".join(["y" * 3_000] * 3 + ["z"] * 2_500)


async def test_allow_large_is_not_without_bounds(files: Files) -> None:
    """What fits no request is cut all the same."""
    files.write("huge.txt", "x" * 3_000_000)
    assert len(await files.text("Read", file_path="huge.txt", allow_large=True)) < 1_001_000


async def test_cuts_long_lines(files: Files) -> None:
    """A line of megabytes costs 2,000 characters, and how much was cut is said."""
    files.write("one.json", b"x" * 1_000_000)
    line, notice = (await files.text("Read", file_path="one.json")).split("\n")
    assert line == "     1\t" + "x" * 2_000 + "... [998,000 more characters in this line]"
    assert "1 lines were cut" in notice


async def test_says_that_a_file_is_empty(files: Files) -> None:
    """An empty file is told from one with a blank line."""
    path = files.write("empty", "")
    assert await files.text("Read", file_path="empty") == f"[{path} is empty.]"


async def test_says_that_the_offset_is_beyond_the_end(files: Files) -> None:
    """An offset after the last line says how many there are."""
    path = files.write("a.txt", "one\n")
    assert (
        await files.text("Read", file_path="a.txt", offset=9) == f"[{path} has 1 lines; there is no line 9.]"
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "latin-1"])
async def test_reads_encodings(files: Files, encoding: str) -> None:
    """Marks tell the encoding; what is neither marked nor UTF-8 is Latin-1."""
    mark = b"\xfe\xff" if encoding == "utf-16-be" else b""
    files.write("a.txt", mark + "déjà\r\nvu\r\n".encode(encoding))
    assert await files.text("Read", file_path="a.txt") == "     1\tdéjà\n     2\tvu"


async def test_reads_latin_1_far_behind(files: Files) -> None:
    """A byte that is no UTF-8 is found wherever it is."""
    files.write("a.txt", b"x\n" * 2_000_000 + b"caf\xe9\n")
    assert "café" in await files.text("Read", file_path="a.txt", offset=2_000_001)


@pytest.mark.parametrize(
    ("head", "kind"), [(b"\x7fELF\0", "ELF"), (b"PK\x03\x04\0", "ZIP"), (b"a\0b", "binary data")]
)
async def test_refuses_binary_files(files: Files, head: bytes, kind: str) -> None:
    """Binary files are refused with what they look like."""
    files.write("thing", head)
    with pytest.raises(ToolError, match=f"is binary .* looks like .*{kind}"):
        await files.call("Read", file_path="thing")


async def test_refuses_folders(files: Files) -> None:
    """A folder is for LS."""
    with pytest.raises(ToolError, match=r"is a folder\. LS lists it"):
        await files.call("Read", file_path=".")


async def test_suggests_names_for_missing_files(files: Files) -> None:
    """The nearest names come with the error, and with the folder that is wrong."""
    files.write("src/settings.py", "")
    with pytest.raises(ToolError, match=r"Did you mean .*/src/settings.py\?"):
        await files.call("Read", file_path="src/setings.py")
    with pytest.raises(ToolError, match=r"has no 'scr'. Did you mean .*/src\?"):
        await files.call("Read", file_path="scr/settings.py")


def opening_refused(*_: object, **__: object) -> int:
    """Stand in for the system where nothing may be opened."""
    raise AssertionError("it was opened")


async def test_never_opens_what_is_no_file(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    """FIFOs, sockets and devices are refused at once, without waiting for the other end."""
    os.mkfifo(files.folder / "pipe")
    monkeypatch.chdir(files.folder)  # socket paths must be short
    monkeypatch.setattr(os, "open", opening_refused)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")
        for path, kind in (("pipe", "FIFO"), ("socket", "socket"), ("/dev/zero", "device")):
            with pytest.raises(ToolError, match=kind):
                await files.call("Read", file_path=path)


@pytest.mark.parametrize(
    "path", ["/proc/self/environ", "/proc/self/../self/environ", "/proc/1/mem", "/proc/kcore"]
)
async def test_never_opens_processes(files: Files, path: str) -> None:
    """Environments hold keys: whatever way leads there is refused."""
    with pytest.raises(ToolError, match="never opened"):
        await files.call("Read", file_path=path)


async def test_never_opens_processes_through_links(files: Files) -> None:
    """A link changes nothing about it."""
    (files.folder / "link").symlink_to("/proc/self/environ")
    with pytest.raises(ToolError, match="never opened"):
        await files.call("Read", file_path="link")


async def test_says_that_a_file_is_unchanged(files: Files) -> None:
    """The same part of an unchanged file is not sent twice."""
    path = files.write("a.txt", "one\ntwo\n")
    await files.call("Read", file_path="a.txt")
    again = await files.response("Read", file_path="a.txt")
    assert again == {"type": "file_unchanged", "file": {"filePath": str(path)}}


async def test_reads_other_parts_and_changed_files_again(files: Files) -> None:
    """Another part is sent, and so is the same part once a byte changed."""
    path = files.write("a.txt", "one\ntwo\n")
    await files.call("Read", file_path="a.txt")
    assert "two" in await files.text("Read", file_path="a.txt", offset=2)
    path.write_text("one\nsix\n")
    assert "six" in await files.text("Read", file_path="a.txt")


async def test_reads_again_what_the_conversation_lost(files: Files) -> None:
    """A result that was compacted away does not count as still there."""
    files.write("a.txt", "one\n")
    await files.call("Read", file_path="a.txt")
    files.session.messages = [Message.user("a summary")]
    assert await files.text("Read", file_path="a.txt") == "     1\tone"


async def test_says_why_a_file_cannot_be_read(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault of the system is one line. Root may read anything, so the fault is made up."""
    path = files.write("a.txt", "one\n")

    def refuse(*_: object, **__: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(ToolError, match=f"^Cannot read {path}: permission denied.$"):
        await files.call("Read", file_path="a.txt")


async def test_cancelling_ends_the_reading(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    """The thread that reads a large file is told that nobody waits for it any longer."""
    files.write("large.txt", b"x" * (1 << 19))
    began, ended = threading.Event(), threading.Event()

    def read_for_ever(descriptor: int, span: Span, stopped: Callable[[], bool]) -> Lines:
        began.set()
        while not stopped():
            os.sched_yield()
        ended.set()
        return Lines(span.start)

    monkeypatch.setattr(read, "pick_lines", read_for_ever)
    task = asyncio.create_task(files.call("Read", file_path="large.txt"))
    assert await asyncio.to_thread(began.wait, 10)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await asyncio.to_thread(ended.wait, 10)


async def test_pages_are_for_documents(files: Files) -> None:
    """pages on a text file says what to use instead."""
    files.write("a.txt", "one\n")
    with pytest.raises(ToolError, match="Use offset and limit"):
        await files.call("Read", file_path="a.txt", pages="1-2")


async def test_keeps_a_large_file_out_of_memory(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    """A part of a sparse file of 64 MB is picked from chunks, none larger than a megabyte."""
    path = files.folder / "sparse"
    with path.open("wb") as file:
        file.write(b"first\n")
        file.truncate(64 << 20)
        file.seek(64 << 20)
        file.write(b"\nlast\n")
    sizes: list[int] = []
    read = os.read

    def watched(descriptor: int, size: int) -> bytes:
        sizes.append(size)
        return read(descriptor, size)

    monkeypatch.setattr(os, "read", watched)
    path_head = b"x" * 8_192 + b"\n"
    with path.open("r+b") as file:
        file.write(path_head)
    assert (await files.text("Read", file_path="sparse", offset=3, limit=1)).startswith("     3\tlast")
    assert max(sizes) <= 1 << 20


def test_reading_is_read_only_and_judged_as_given(files: Files, tmp_path: Path) -> None:
    """The action has the path as given and where it leads; a saved rule covers the folder."""
    (files.folder / "link").symlink_to(tmp_path / "secret")
    tool = TOOLS["Read"]
    asked = tool.input_model.model_validate({"file_path": "link"})
    context = files.context("Read", {})
    (action,) = tool.actions(asked, context)
    assert tool.is_read_only(asked, context)
    assert (action.kind, action.target) == ("read", f"{files.folder}/link")
    assert action.resolved == str((tmp_path / "secret").resolve())
    assert action.suggestion == f"/{files.folder}/**"
    assert tool.hook_input(asked, context) == {"file_path": f"{files.folder}/link"}
