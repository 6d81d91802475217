"""Picking lines out of a text of any length without holding more of it than is shown."""

from __future__ import annotations

import codecs
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from ._encoding import SNIFFED, Encoding, marked
from ._ledger import new_digest

#: Bytes read at a time.
CHUNK: Final = 1 << 20

#: What a token costs in UTF-8 bytes, as a rule of thumb that suits English and code.
TOKEN_BYTES: Final = 4


@dataclass(frozen=True)
class Span:
    """What part of a text is wanted, and how much of it fits."""

    #: The first line, counted from 1, and the number of lines.
    start: int
    limit: int
    #: UTF-8 bytes that may be shown, and characters of a single line.
    budget: int
    width: int


@dataclass
class Lines:
    """The lines picked, and what was seen of the rest."""

    start: int
    lines: list[str] = field(default_factory=list[str])
    #: Lines the text has.
    total: int = 0
    #: Lines that were cut because they are too long.
    shortened: int = 0
    #: Whether the budget ended it.
    spent: bool = False
    digest: str = ""

    @property
    def end(self) -> int:
        """The number of the last line picked."""
        return self.start + len(self.lines) - 1


class Picker:
    """Takes a text in pieces and keeps the lines of a span."""

    def __init__(self, span: Span) -> None:
        self._span = span
        self._budget = span.budget
        #: The line under way: its number, its pieces as far as they are kept, its length.
        self._number = 1
        self._pieces: list[str] = []
        self._length = 0
        self.picked = Lines(span.start)

    @property
    def _wanted(self) -> bool:
        picked = self.picked
        return not picked.spent and self._number == picked.end + 1 and len(picked.lines) < self._span.limit

    def feed(self, text: str) -> None:
        """Take the next piece of the text."""
        breaks = text.count("\n")
        past = self._number > self._span.start and not self._wanted
        if past or self._number + breaks < self._span.start:
            self._skip(text, breaks)
            return
        # No more is taken apart than up to the last line wanted.
        left = min(self._span.start + self._span.limit - self._number, sys.maxsize)
        first, *rest = text.split("\n", left)
        beyond = rest.pop() if len(rest) == left else None
        self._extend(first)
        for piece in rest:
            self._end_line()
            self._extend(piece)
        if beyond is not None:
            self._end_line()
            self._skip(beyond, breaks - left)

    def _skip(self, text: str, breaks: int) -> None:
        self._number += breaks
        self._length = len(text) - text.rfind("\n") - 1 if breaks else self._length + len(text)

    def finish(self) -> Lines:
        """Return what was picked; the text is over."""
        if self._length:
            self._end_line()
        self.picked.total = self._number - 1
        return self.picked

    def _extend(self, piece: str) -> None:
        if self._wanted and self._length <= self._span.width:
            self._pieces.append(piece[: self._span.width + 1 - self._length])
        self._length += len(piece)

    def _end_line(self) -> None:
        if self._wanted:
            self._take("".join(self._pieces))
        self._number += 1
        self._pieces.clear()
        self._length = 0

    def _take(self, line: str) -> None:
        line = line.removesuffix("\r")
        if too_long := self._length > self._span.width + 1 or len(line) > self._span.width:
            left_out = self._length - self._span.width
            line = f"{line[: self._span.width]}... [{left_out:,} more characters in this line]"
        size = len(line) if line.isascii() else len(line.encode("utf-8", "replace"))
        self._budget -= size + 8
        if self._budget < 0 and self.picked.lines:
            self.picked.spent = True
            return
        self.picked.lines.append(line)
        self.picked.shortened += too_long


def pick_lines(descriptor: int, span: Span, stopped: Callable[[], bool]) -> Lines:
    """Read an open file through and pick lines; ``stopped`` says that nobody waits any longer.

    Raises:
        OSError: it cannot be read.
    """
    encoding = marked(os.pread(descriptor, SNIFFED, 0)) or Encoding()
    try:
        return _pick(descriptor, span, encoding, stopped)
    except UnicodeDecodeError:
        return _pick(descriptor, span, Encoding("latin-1"), stopped)


def _pick(descriptor: int, span: Span, encoding: Encoding, stopped: Callable[[], bool]) -> Lines:
    picker, digest = Picker(span), new_digest()
    decoder = codecs.getincrementaldecoder(encoding.name)()
    skip = len(encoding.mark)
    for chunk in _chunks(descriptor, stopped):
        digest.update(chunk)
        picker.feed(decoder.decode(chunk[skip:]))
        skip = 0
    picker.feed(decoder.decode(b"", final=True))
    picked = picker.finish()
    picked.digest = digest.hexdigest()
    return picked


def _chunks(descriptor: int, stopped: Callable[[], bool]) -> Iterator[bytes]:
    os.lseek(descriptor, 0, os.SEEK_SET)
    while not stopped() and (chunk := os.read(descriptor, CHUNK)):
        yield chunk
