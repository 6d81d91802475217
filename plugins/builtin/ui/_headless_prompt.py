"""What a headless run is asked: the words of the command line, what comes on stdin, or both."""

from __future__ import annotations

import asyncio
import os
import stat
import sys
from collections.abc import Callable
from typing import Final, TextIO

from gaff.hooks import UsageError

#: More than this cannot be meant as a prompt. Source: code.claude.com/docs/en/cli-reference.
LARGEST: Final = 10 * 1024 * 1024
#: Seconds to wait for a pipe that may never say anything, where the command line has a prompt already.
PATIENCE: Final = 3.0

NO_PROMPT: Final = "there is no prompt; give one as an argument or on stdin: gaff -p 'what to do'"

_CHUNK: Final = 1024 * 1024


async def read_prompt(
    words: str | None, tell: Callable[[str], None], *, needed: bool = True, patience: float = PATIENCE
) -> str:
    """Return the prompt: the words, then what stands on stdin.

    Raises:
        UsageError: there is none though one is ``needed``, or more than 10 MB.
    """
    waits = None if needed and not words else patience
    piped = (await _read_stdin(waits, tell)).decode("utf-8", "replace").rstrip("\n")
    prompt = "\n\n".join(part for part in (words or "", piped) if part.strip())
    if not prompt and needed:
        raise UsageError(NO_PROMPT)
    return prompt


async def _read_stdin(patience: float | None, tell: Callable[[str], None]) -> bytes:
    given: TextIO | None = sys.stdin
    if given is None:  # closed from the start, and something else may have the number by now
        return b""
    try:
        kind = os.fstat(0).st_mode
    except OSError:  # closed
        return b""
    if os.isatty(0):
        return b""
    if not (stat.S_ISFIFO(kind) or stat.S_ISSOCK(kind)):
        return _limited(_read_file())
    try:
        return await _read_pipe(patience)
    except TimeoutError:
        tell(f"nothing came on stdin in {patience:g} s; going on without it (< /dev/null skips the wait)")
        return b""


def _read_file() -> bytes:
    """Read a file or device: these never make a program wait."""
    pieces = bytearray()
    while len(pieces) <= LARGEST and (piece := os.read(0, _CHUNK)):
        pieces += piece
    return bytes(pieces)


async def _read_pipe(patience: float | None) -> bytes:
    """Read a pipe to its end, waiting in the event loop, so that a signal is heard meanwhile.

    Raises:
        TimeoutError: nothing came in time.
    """
    loop = asyncio.get_running_loop()
    pieces, news = bytearray(), asyncio.Event()
    loop.add_reader(0, news.set)
    try:
        while len(pieces) <= LARGEST:
            async with asyncio.timeout(None if pieces else patience):
                await news.wait()
            news.clear()
            piece = os.read(0, _CHUNK)
            if not piece:
                break
            pieces += piece
    finally:
        loop.remove_reader(0)
    return _limited(bytes(pieces))


def _limited(piped: bytes) -> bytes:
    if len(piped) > LARGEST:
        raise UsageError("stdin is larger than 10 MB; put it into a file and name the file in the prompt")
    return piped
