"""Server-sent events: cutting a byte stream into the data of its events.

Source: html.spec.whatwg.org, 9.2.6 "Interpreting an event stream". Only ``data`` matters here: the
Messages API and chat completions both repeat in it what ``event`` says. ``httpx2.EventSource`` takes
four times the time for the same stream, loses the first event behind a byte order mark, and refuses
the content types that some local servers send.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

#: The longest event taken, in bytes; tool results of server tools are the longest that occur.
LONGEST_EVENT: Final = 16 * 1024 * 1024

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


class EventTooLong(ValueError):
    """An event is longer than ``LONGEST_EVENT``: no sane server sends that."""


class EventReader:
    """Takes bytes in pieces of any size, and gives the data of each event once it is complete."""

    def __init__(self, longest: int = LONGEST_EVENT) -> None:
        self._longest = longest
        #: The line under way, and the data of the event under way.
        self._line: list[bytes] = []
        self._line_size = 0
        self._data: list[bytes] = []
        self._data_size = 0
        self._first = True
        self._after_return = False

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """Yield the data of the events that this piece completes.

        Raises:
            EventTooLong: an event without end.
        """
        if self._after_return and piece.startswith(b"\n"):  # the second half of a line end cut in two
            piece = piece[1:]
        if not piece:
            return
        self._after_return = piece.endswith(b"\r")
        for line in self._complete_lines(piece):
            if line.startswith(b"data:"):
                self._data.append(line[6:] if line.startswith(b"data: ") else line[5:])
                self._data_size += len(line)
            elif not line and self._data:
                yield self._end_event()
        if self._line_size + self._data_size > self._longest:
            raise EventTooLong(f"an event is longer than {self._longest} bytes")

    def flush(self) -> bytes:
        """Return the data of an event that the stream's end left without its empty line."""
        for _ in self.feed(b"\n" if self._line else b""):
            pass
        return self._end_event()

    def _complete_lines(self, piece: bytes) -> list[bytes]:
        """Return the lines that this piece completes, and keep what is left of it."""
        lines = piece.splitlines()
        rest = b"" if piece.endswith((b"\n", b"\r")) else lines.pop()
        if lines:
            if self._line:
                lines[0] = b"".join((*self._line, lines[0]))
                self._line.clear()
                self._line_size = 0
            if self._first:
                lines[0] = lines[0].removeprefix(_BYTE_ORDER_MARK)
                self._first = False
        if rest:
            self._line.append(rest)
            self._line_size += len(rest)
        return lines

    def _end_event(self) -> bytes:
        data = b"\n".join(self._data)
        self._data.clear()
        self._data_size = 0
        return data
