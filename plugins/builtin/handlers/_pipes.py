"""The streams of a handler's process, as plain pipes.

Not those of asyncio's subprocesses: waiting for a process there also waits for whatever it left running
that holds its output, and a start that is cancelled may wait for ever.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from contextlib import suppress
from typing import Final

#: Bytes kept of each output; what follows is read and dropped.
LONGEST: Final = 1_000_000
#: Payloads up to this size fit into a pipe that nobody reads yet.
_PIPE: Final = 60_000
#: Seconds that output may still come in once the process has ended but something holds its output open.
_DRAIN: Final = 0.2
_CHUNK: Final = 65_536


class Outputs:
    """The pipes that a process writes to, read as they fill."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._texts = (bytearray(), bytearray())
        self._open: dict[int, bytearray] = {}
        self._done = asyncio.Event()

    def handles(self, stdin: bytes) -> Handles:
        """Make the pipes; use what this returns as a context manager, for the script's ends of them."""
        ends: list[int] = [_input(stdin)]
        for text in self._texts:
            reading, writing = os.pipe()
            os.set_blocking(reading, False)
            self._open[reading] = text
            self._loop.add_reader(reading, self._read, reading)
            ends.append(writing)
        return Handles(ends)

    def _read(self, handle: int) -> None:
        text = self._open[handle]
        try:
            data = os.read(handle, _CHUNK)
        except BlockingIOError:
            return
        text += data[: LONGEST - len(text)]
        if not data:
            self._forget(handle)

    def _forget(self, handle: int) -> None:
        self._loop.remove_reader(handle)
        os.close(handle)
        del self._open[handle]
        if not self._open:
            self._done.set()

    async def drained(self) -> None:
        """Take what is in the pipes; where something still holds them, wait a moment for more."""
        for handle in list(self._open):
            self._read(handle)  # the end of the script is often told before the loop looks at its pipes
            if handle in self._open:
                self._read(handle)
        if self._open:
            with suppress(TimeoutError):
                async with asyncio.timeout(_DRAIN):
                    await self._done.wait()

    def close(self) -> None:
        """Read no more."""
        for handle in list(self._open):
            self._forget(handle)

    def text(self, number: int) -> str:
        """Return what came: 0 for stdout, 1 for stderr."""
        return self._texts[number].decode("utf-8", "replace")


class Handles:
    """File descriptors for a script, closed here once it has them."""

    def __init__(self, handles: list[int]) -> None:
        self._handles = handles

    def __enter__(self) -> list[int]:
        return self._handles

    def __exit__(self, *exc: object) -> None:
        for handle in self._handles:
            os.close(handle)


def _input(data: bytes) -> int:
    """Return a descriptor that the payload can be read from: a pipe, or a file where no pipe holds it."""
    if len(data) <= _PIPE:
        reading, writing = os.pipe()
        os.write(writing, data)
        os.close(writing)
        return reading
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.flush()
        handle = os.dup(file.fileno())
    os.lseek(handle, 0, os.SEEK_SET)
    return handle
