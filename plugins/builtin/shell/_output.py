"""What a command prints, in bounded memory: the beginning and the end here, all of it in a file."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

#: Bytes of the end that are kept in memory.
_TAIL: Final = 160_000
#: A character takes at most this many bytes.
_WIDEST: Final = 4


class Output:
    """Collects bytes. Beyond ``window`` characters, or once told to, it goes on in a file of its own.

    ``make_path`` is asked for the file's path when it is needed. Should the file not take any more, the
    rest is only counted and ``fault`` says why.
    """

    def __init__(self, make_path: Callable[[], Path], window: int) -> None:
        self._make_path = make_path
        self._room = window * _WIDEST
        self._start = bytearray()
        self._end = bytearray()
        self._file: int | None = None
        self.path: Path | None = None
        self.size = 0
        self.fault = ""

    def add(self, data: bytes) -> None:
        """Take the next bytes."""
        self.size += len(data)
        if self._file is None and self.size > self._room:
            self.keep()
        if len(self._start) < self._room:
            self._start += data[: self._room - len(self._start)]
        self._end += data
        if len(self._end) > 2 * _TAIL:
            del self._end[:-_TAIL]
        self._write(data)

    def keep(self) -> Path | None:
        """Have all output in a file from now on, and return its path; ``None`` where that cannot be."""
        if self.path is None and not self.fault:
            try:
                self.path = self._make_path()
                flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
                self._file = os.open(self.path, flags, 0o600)
            except OSError as error:
                self._fail(error)
            self._write(bytes(self._start))
        return self.path

    def close(self) -> None:
        """Close the file, if there is one; it stays."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    @property
    def text(self) -> str:
        """All of it, where it fits the window; else its beginning."""
        return decode(bytes(self._start))

    def fits(self, characters: int) -> bool:
        """Whether all of it is in memory and no longer than this."""
        return self.size <= self._room and len(self.text) <= characters

    def excerpt(self, characters: int) -> str:
        """Return all of it where it is no longer than this, else its head and tail and what is left out."""
        if self.fits(characters):
            return self.text
        head = self.text[: characters // 2].rstrip("\ufffd")
        tail = self.tail(characters - characters // 2)
        left_out = self.size - len(head.encode()) - len(tail.encode())
        return f"{head}\n\n... [{left_out:,} bytes left out] ...\n\n{tail}"

    def tail(self, characters: int) -> str:
        """Return the last characters."""
        return decode(bytes(self._end[-characters * _WIDEST :])).lstrip("\ufffd")[-characters:]

    def _write(self, data: bytes) -> None:
        try:
            while self._file is not None and data:
                data = data[os.write(self._file, data) :]
        except OSError as error:
            self.close()
            self._fail(error)

    def _fail(self, error: OSError) -> None:
        self.fault = f"the output could not all be saved: {error.strerror or error}"


def decode(data: bytes) -> str:
    """Return the text; bytes that are no UTF-8 and NUL show as replacement characters."""
    return data.decode("utf-8", "replace").replace("\0", "\ufffd")
