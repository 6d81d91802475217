"""Telling the user what a running command prints, in batches."""

from __future__ import annotations

import asyncio
import codecs
from collections.abc import Callable
from typing import Final

#: Seconds between two batches, and how much of one is told.
_INTERVAL: Final = 0.1
_MOST_BYTES: Final = 8_000


class Progress:
    """Hands text on to ``tell``, ten times a second at most, until it is closed."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._waiting = bytearray()
        self._timer: asyncio.TimerHandle | None = None
        self._open = True

    def add(self, data: bytes) -> None:
        """Take what is new."""
        if not self._open:
            return
        self._waiting += data[-_MOST_BYTES:]
        del self._waiting[:-_MOST_BYTES]
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_INTERVAL, self._flush)

    def _flush(self) -> None:
        self._timer = None
        text = self._decoder.decode(bytes(self._waiting)).replace("\0", "\ufffd")
        self._waiting.clear()
        if text and self._open:
            self._tell(text)

    def close(self) -> None:
        """Tell no more."""
        self._open = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
