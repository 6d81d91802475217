"""Keeps foreign text from steering the terminal.

Whatever a model, a tool, a file or a server wrote passes through here before it is shown. The only
control sequences that reach the terminal are those that gaff makes itself.
"""

from __future__ import annotations

import re
import unicodedata
from enum import Enum, auto
from typing import Final

#: Anything that could start or be a control sequence; tab and line feed are text.
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_STRING_OPENERS: Final = frozenset("]PX^_")
_C1_STRING_OPENERS: Final = frozenset("\x9d\x90\x98\x9e\x9f")
#: A string sequence ends at its terminator, where terminals give it up, or at the end of the line:
#: an unfinished one then hides one line at most.
_STRING_END: Final = re.compile(r"[\x07\x18\x1a\x1b\x9c\n]")
#: Where a CSI sequence ends: its final byte, or anything that cannot be part of it.
_CSI_END: Final = re.compile(r"[^\x20-\x3f]")

#: Characters that reorder or hide text without being a control sequence.
_DECEPTIVE: Final = re.compile(
    "[\u00ad\u034f\u180e\u200b\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff"
    "\U000e0000-\U000e0fff]"
)
#: Characters without ink that Unicode does not class as such.
_BLANK: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_LONG_GAP: Final = re.compile(r" {24,}")


class _State(Enum):
    TEXT = auto()
    ESCAPE = auto()
    CSI = auto()
    STRING = auto()


class EscapeFilter:
    """Takes control sequences out of text that arrives in pieces, wherever the cuts fall."""

    def __init__(self) -> None:
        self._state = _State.TEXT
        self._carriage = False

    def feed(self, piece: str) -> str:
        """Return what may be shown of the next piece."""
        if self._state is _State.TEXT and not self._carriage and not _CONTROL.search(piece):
            return reveal(piece)
        out: list[str] = []
        position = 0
        while position < len(piece):
            position = self._step(piece, position, out)
        return reveal("".join(out))

    def _step(self, piece: str, position: int, out: list[str]) -> int:
        if self._state is _State.TEXT:
            return self._text(piece, position, out)
        if self._state is _State.ESCAPE:
            return self._escape(piece, position)
        if self._state is _State.CSI:
            return self._csi(piece, position)
        return self._string(piece, position)

    def _text(self, piece: str, position: int, out: list[str]) -> int:
        if self._carriage:
            self._carriage = False
            if piece[position] != "\n":
                out.append("\n")
        found = _CONTROL.search(piece, position)
        end = found.start() if found else len(piece)
        out.append(piece[position:end])
        if found:
            self._control(found.group())
            end += 1
        return end

    def _control(self, character: str) -> None:
        if character == "\x1b":
            self._state = _State.ESCAPE
        elif character == "\x9b":
            self._state = _State.CSI
        elif character in _C1_STRING_OPENERS:
            self._state = _State.STRING
        elif character == "\r":
            self._carriage = True

    def _escape(self, piece: str, position: int) -> int:
        character = piece[position]
        if character == "[":
            self._state = _State.CSI
        elif character in _STRING_OPENERS:
            self._state = _State.STRING
        elif not "\x20" <= character <= "\x2f":  # those only lengthen the sequence
            self._state = _State.TEXT
            return position if character < "\x20" or character > "\x7e" else position + 1
        return position + 1

    def _csi(self, piece: str, position: int) -> int:
        found = _CSI_END.search(piece, position)
        if not found:
            return len(piece)
        self._state = _State.TEXT
        return found.end() if "\x40" <= found.group() <= "\x7e" else found.start()

    def _string(self, piece: str, position: int) -> int:
        found = _STRING_END.search(piece, position)
        if not found:
            return len(piece)
        end = found.group()
        self._state = _State.ESCAPE if end == "\x1b" else _State.TEXT
        return found.start() if end == "\n" else found.end()


def reveal(text: str) -> str:
    """Show characters that reorder or hide text as ``<U+202E>``; joiners that scripts and emoji need stay."""
    return _DECEPTIVE.sub(_named, text) if not text.isascii() else text


def clean(text: str) -> str:
    """Return a whole text as it may be shown."""
    return EscapeFilter().feed(text)


def visible(text: str, keep: str = "\n") -> str:
    """Return a text with every character that cannot be seen spelt out, for what the user is to judge.

    Those in ``keep`` stay; everything else without ink, long runs of blanks included, is shown by name.
    """
    if text.isascii() and text.isprintable():
        shown = text
    else:
        shown = "".join(c if c in keep or not _is_invisible(c) else f"<U+{ord(c):04X}>" for c in text)
    return _LONG_GAP.sub(lambda gap: f"<{len(gap.group())} spaces>", shown)


def _is_invisible(character: str) -> bool:
    if character == " ":
        return False
    category = unicodedata.category(character)
    return category[0] in "CZ" or character in _BLANK or _is_selector(character)


def _is_selector(character: str) -> bool:
    return "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"


def _named(found: re.Match[str]) -> str:
    return f"<U+{ord(found.group()):04X}>"
