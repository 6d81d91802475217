"""Where the prompt comes from: arguments, stdin, or both."""

from __future__ import annotations

import os
import select
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from gaff.hooks import UsageError
from gaff.plugins.builtin.ui._headless_prompt import LARGEST, read_prompt

Feed = Callable[[bytes | int], None]


def ignore(line: str) -> None:
    """Say nothing."""


@pytest.mark.parametrize(
    ("words", "piped", "prompt"),
    [
        ("explain", b"", "explain"),
        (None, b"what is this?\n", "what is this?"),
        ("explain", b"def f(): pass\n\n", "explain\n\ndef f(): pass"),
        ("explain", b"  \n", "explain"),
        (None, b"caf\xe9 \xc3\xbc", "caf\ufffd ü"),
    ],
)
async def test_words_come_before_what_is_piped(
    feed: Feed, words: str | None, piped: bytes, prompt: str
) -> None:
    """Arguments say what to do with what stands on stdin."""
    feed(piped)
    assert await read_prompt(words, ignore) == prompt


async def test_file_on_stdin(feed: Feed, tmp_path: Path) -> None:
    """A redirected file is read as a pipe is."""
    path = tmp_path / "prompt"
    path.write_text("from a file\n")
    file = os.open(path, os.O_RDONLY)
    feed(file)
    os.close(file)
    assert await read_prompt(None, ignore) == "from a file"


async def test_no_prompt_is_refused(feed: Feed) -> None:
    """Without words and with nothing on stdin there is nothing to do."""
    feed(b"\n")
    with pytest.raises(UsageError, match="there is no prompt; give one as an argument or on stdin"):
        await read_prompt(None, ignore)


async def test_too_much_on_stdin_is_refused(feed: Feed, tmp_path: Path) -> None:
    """More than 10 MB is no prompt, and is not read to its end."""
    path = tmp_path / "prompt"
    with path.open("wb") as file:
        file.truncate(LARGEST + 1)
    with path.open("rb") as file:
        feed(file.fileno())
        with pytest.raises(UsageError, match="stdin is larger than 10 MB"):
            await read_prompt("explain", ignore)


async def test_silent_pipe_is_not_waited_for(feed: Feed) -> None:
    """A stdin that a parent left open and never uses costs a moment and a line, not the run."""
    reader, writer = os.pipe()
    feed(reader)
    told: list[str] = []
    assert await read_prompt("explain", told.append, patience=0.01) == "explain"
    os.close(reader)
    os.close(writer)
    assert told == ["nothing came on stdin in 0.01 s; going on without it (< /dev/null skips the wait)"]


async def test_slow_pipe_is_read_to_its_end(feed: Feed) -> None:
    """Once something came, the rest is waited for."""
    reader, writer = os.pipe()
    feed(reader)
    os.close(reader)
    os.write(writer, b"first ")

    def say_more() -> None:
        while select.select([0], [], [], 0)[0]:
            os.sched_yield()
        os.write(writer, b"second")
        os.close(writer)

    threading.Thread(target=say_more).start()
    assert await read_prompt("explain", ignore, patience=5.0) == "explain\n\nfirst second"


async def test_stdin_closed_from_the_start_is_not_touched(
    feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its number may belong to another file by now, which is no prompt."""
    feed(b"a transcript")
    monkeypatch.setattr(sys, "stdin", None)
    assert await read_prompt("explain", ignore) == "explain"


async def test_closed_stdin_is_empty(feed: Feed) -> None:
    """Services may run with no stdin at all."""
    os.close(0)
    assert await read_prompt("explain", ignore) == "explain"
