"""Text with colours: the few codes gaff uses, and measuring, cutting and wrapping by screen cells."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

BOLD: Final = "1"
DIM: Final = "2"
ITALIC: Final = "3"
RED: Final = "31"
GREEN: Final = "32"
YELLOW: Final = "33"
BLUE: Final = "34"
MAGENTA: Final = "35"
CYAN: Final = "36"

_SGR: Final = re.compile(r"\x1b\[([0-9;]*)m")
#: Weights around nothing but blanks. gaff uses no backgrounds and no underlined blanks.
_PAINTED_BLANKS: Final = re.compile(r"\x1b\[[0-9;]+m( +)\x1b\[0?m")
_COLOUR: Final = re.compile(r"3[0-8]|39|4[0-9]|9[0-7]|10[0-7]")


def paint(text: str, *codes: str) -> str:
    """Return ``text`` in these colours and weights."""
    return f"\x1b[{';'.join(codes)}m{text}\x1b[m" if text else ""


def plain(text: str) -> str:
    """Return text without its colours and weights."""
    return _SGR.sub("", text) if "\x1b" in text else text


def tidy(text: str) -> str:
    """Return the same picture in fewer bytes: no painted blanks, none at the end of a line."""
    text = _PAINTED_BLANKS.sub(r"\1", text).replace("\x1b[0m", "\x1b[m")
    return "\n".join(line.rstrip() for line in text.split("\n"))


def without_colour(text: str) -> str:
    """Return text that keeps bold, dim and underline but no colour, as ``NO_COLOR`` asks."""
    return _SGR.sub(_weights_only, text) if "\x1b" in text else text


def _weights_only(found: re.Match[str]) -> str:
    kept: list[str] = []
    codes = iter(found.group(1).split(";"))
    for code in codes:
        if code in ("38", "48"):
            for _ in range(1 if next(codes, "") == "5" else 3):
                next(codes, "")
        elif not _COLOUR.fullmatch(code):
            kept.append(code)
    return f"\x1b[{';'.join(kept)}m" if kept else ""


def _width_of(character: str) -> int:
    from prompt_toolkit.utils import get_cwidth  # the prompt has loaded it; lists of plugins need not

    return get_cwidth(character)


def cells(text: str) -> int:
    """Return how many screen cells ``text`` takes, colours not counted."""
    bare = plain(text)
    return len(bare) if bare.isascii() else sum(map(_width_of, bare))


def clip(text: str, width: int, ellipsis: str = "…") -> str:
    """Return one line without colours, cut to ``width`` cells, an ellipsis where something was left out."""
    line = text.replace("\n", " ")
    if cells(line) <= width:
        return line
    return _fit(line, max(0, width - cells(ellipsis))) + (ellipsis if width >= cells(ellipsis) else "")


def _fit(line: str, width: int) -> str:
    if line.isascii():
        return line[:width]
    used = 0
    for place, character in enumerate(line):
        used += _width_of(character)
        if used > width:
            return line[:place]
    return line


def wrap(line: str, width: int) -> Iterator[str]:
    """Yield a line without colours in pieces of at most ``width`` cells: broken after blanks, else anywhere."""
    width = max(1, width)
    while len(piece := _fit(line, width) or line[:1]) < len(line):
        blank = piece.rfind(" ") + 1
        if blank > len(piece) // 2:
            piece = piece[:blank]
        yield piece
        line = line[len(piece) :]
    yield line


def fold(text: str, width: int) -> list[str]:
    """Return text without colours as lines that fit; what a line is indented by holds for all its pieces."""
    lines: list[str] = []
    for line in text.expandtabs(4).split("\n"):
        blanks = line[: len(line) - len(line.lstrip(" "))][: width // 2]
        lines += [blanks + piece for piece in wrap(line[len(blanks) :], width - len(blanks))]
    return lines


def folded(text: str, width: int, *codes: str) -> str:
    """Return text in these colours, broken to fit."""
    return "\n".join(paint(line, *codes) for line in fold(text, width))


def indent(text: str, first: str, rest: str) -> str:
    """Return text with ``first`` before its first line and ``rest`` before the others."""
    lines = text.split("\n")
    return "\n".join((first if place == 0 else rest) + line for place, line in enumerate(lines))
