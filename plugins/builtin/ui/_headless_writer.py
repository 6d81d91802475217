"""Writes what a headless run says, without ever making the run wait for its reader."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Final, Self

#: Seconds in which what is written is gathered into one write.
_GATHER: Final = 0.01
#: Seconds a slow reader has to take what is left at the end. Source: code.claude.com/docs/en/headless.
_DRAIN: Final = 30.0


class Writer:
    """Writes to a file descriptor in a thread of its own.

    A reader that is slow fills a pipe, and a write to a full pipe waits; in a thread it does not keep
    signals and tools waiting too. ``gone`` is called, in the event loop, when nothing can be written any more.
    """

    def __init__(self, file: int, gone: Callable[[], None]) -> None:
        #: Why nothing can be written any more.
        self.fault: OSError | None = None
        self._file = file
        self._gone = gone
        self._gathered = bytearray()
        self._scheduled: asyncio.TimerHandle | None = None
        self._waiting = bytearray()
        self._closed = False
        self._news = threading.Condition()
        self._done = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._work, name="stdout", daemon=True)

    async def __aenter__(self) -> Self:
        self._thread.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wait until everything is written, up to half a minute."""
        self._hand_over()
        with self._news:
            self._closed = True
            self._news.notify()
        with suppress(TimeoutError):
            async with asyncio.timeout(_DRAIN):
                await self._done.wait()

    def write(self, data: bytes) -> None:
        """Write this, soon."""
        self._gathered += data
        if self._scheduled is None:
            self._scheduled = self._loop.call_later(_GATHER, self._hand_over)

    def _hand_over(self) -> None:
        if self._scheduled is not None:
            self._scheduled.cancel()
            self._scheduled = None
        with self._news:
            self._waiting += self._gathered
            self._news.notify()
        self._gathered.clear()

    def _work(self) -> None:
        try:
            while data := self._take():
                self._write_all(data)
        except OSError as fault:  # a closed pipe, a full disk: nobody gets this, so nobody gets what follows
            self.fault = fault
            self._in_loop(self._gone)
        self._in_loop(self._done.set)

    def _take(self) -> bytearray:
        """Wait for something to write; return nothing at the end."""
        with self._news:
            self._news.wait_for(lambda: self._waiting or self._closed)
            data, self._waiting = self._waiting, bytearray()
        return data

    def _in_loop(self, callback: Callable[[], object]) -> None:
        with suppress(RuntimeError):  # the run did not wait for its slow reader, and is over
            self._loop.call_soon_threadsafe(callback)

    def _write_all(self, data: bytearray) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self._file, rest) :]
