"""Cuts streaming Markdown into blocks that can be shown for good.

A block is finished when no further text could change how it looks; only the last, unfinished one is
drawn again and again. List items are blocks of their own, and long code is finished in parts. The
sources of all blocks, joined, are the whole text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_FENCE: Final = re.compile(r"( {0,3})(`{3,}(?=[^`\n]*$)|~{3,})(.*)")
_ITEM: Final = re.compile(r"( {0,3}(?:[-*+]|\d{1,9}[.)]))([ \t]+(?=\S)|\s*$)")
_HEADING: Final = re.compile(r" {0,3}#{1,6}(?:\s|$)")
_LINE: Final = re.compile(r"[^\n]*\n|[^\n]+")
#: Lines of code after which a blank line finishes a part, and after which any line does.
_CODE_PART: Final = 24
_CODE_LIMIT: Final = 200


@dataclass(frozen=True)
class Block:
    """A piece of Markdown."""

    #: The exact source, line ends included.
    source: str
    #: Whether it goes on with the list or the code of the block before: no blank line belongs between.
    continues: bool = False
    #: The language where this is code, the empty string where none is named; ``None`` for other Markdown.
    language: str | None = None
    #: The code, fences taken off.
    code: str = ""


@dataclass
class _Fence:
    marker: str
    indent: int
    language: str
    #: Whether a part of the code is finished already.
    started: bool = False

    def closes(self, line: str) -> bool:
        """Whether this line ends the code."""
        mark = line.strip()
        return len(mark) >= len(self.marker) and not mark.strip(self.marker[0]) and _indent(line) <= 3


class BlockSplitter:
    """Takes text as it streams and gives back blocks as they are finished."""

    def __init__(self) -> None:
        self._rest = ""  # the line under way
        self._lines: list[str] = []  # whole lines of the block under way
        self._fence: _Fence | None = None
        self._offset = 0  # where the text of the list item under way starts; 0 outside lists
        self._continues = False

    @property
    def tail(self) -> Block:
        """What is not finished yet."""
        return self._block("".join((*self._lines, self._rest)))

    def feed(self, text: str) -> list[Block]:
        """Take more text and return the blocks it finished."""
        lines = (self._rest + text).split("\n")
        self._rest = lines.pop()
        return [block for line in lines for block in self._take(line + "\n")]

    def finish(self) -> list[Block]:
        """Return what is left; the next text starts anew."""
        last, self._rest = self._rest, ""
        blocks = [*(self._take(last) if last else ()), *self._flush()]
        self._fence, self._offset, self._continues = None, 0, False
        return blocks

    def _take(self, line: str) -> Iterator[Block]:
        if self._fence is not None:
            yield from self._take_code(line, self._fence)
        elif not line.strip():
            self._lines.append(line)
            if not self._offset and any(kept.strip() for kept in self._lines):
                yield from self._flush()
        elif self._offset:
            yield from self._take_in_list(line)
        else:
            yield from self._take_text(line)

    def _take_in_list(self, line: str) -> Iterator[Block]:
        item = _ITEM.match(line)
        if _indent(line) >= self._offset:
            self._lines.append(line)
        elif item:
            yield from self._flush()
            self._continues = True
            self._start_item(line, item)
        elif self._lines[-1].strip() and not _FENCE.match(line) and not _HEADING.match(line):
            self._lines.append(line)  # a paragraph of the item goes on without being indented
        else:
            yield from self._flush()
            self._offset, self._continues = 0, False
            yield from self._take_text(line)

    def _take_text(self, line: str) -> Iterator[Block]:
        fence, item, heading = _FENCE.match(line), _ITEM.match(line), _HEADING.match(line)
        if item and any(kept.strip() for kept in self._lines) and not _interrupts(item):
            item = None
        if fence or item or heading:
            yield from self._flush()
        if fence:
            words = fence.group(3).split()
            self._fence = _Fence(fence.group(2), len(fence.group(1)), words[0] if words else "")
        if item:
            self._start_item(line, item)
            return
        self._lines.append(line)
        if heading:
            yield from self._flush()

    def _start_item(self, line: str, item: re.Match[str]) -> None:
        self._lines.append(line)
        blanks = len(item.group(2).expandtabs(4))
        self._offset = len(item.group(1)) + (blanks if 1 <= blanks <= 4 and item.end() < len(line) else 1)

    def _take_code(self, line: str, fence: _Fence) -> Iterator[Block]:
        self._lines.append(line)
        if fence.closes(line):
            yield from self._flush()
            self._fence = None
        elif len(self._lines) > (_CODE_LIMIT if line.strip() else _CODE_PART):
            yield from self._flush()
            fence.started = True

    def _flush(self) -> Iterator[Block]:
        if self._lines:
            block = self._block("".join(self._lines))
            self._lines = []
            yield block

    def _block(self, source: str) -> Block:
        fence = self._fence
        if fence is None:
            return Block(source, self._continues)
        lines = _LINE.findall(source)
        if not fence.started:
            del lines[:1]
        if lines and fence.closes(lines[-1]):
            lines.pop()
        code = "".join(line[min(fence.indent, _indent(line)) :] for line in lines)
        return Block(source, fence.started, fence.language, code)


def _interrupts(item: re.Match[str]) -> bool:
    """Whether this list item ends a paragraph right above it: numbered ones only from 1 on, empty ones never."""
    return item.group(1).strip()[:-1] in ("", "1") and bool(item.group(2)) and item.end() < len(item.string)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" ")) if not line.startswith("\t") else 4
