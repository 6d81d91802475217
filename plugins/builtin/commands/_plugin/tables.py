"""Tables of text that fit the terminal."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Sequence
from typing import Final

_GAP: Final = "  "
#: Characters a last column keeps, however narrow the terminal.
_LEAST: Final = 24
#: Characters of a line where it goes into a file.
_WIDE: Final = 1000


def width() -> int:
    """Return the characters a line may have on standard output."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else _WIDE


def clean(text: str) -> str:
    """Return text of strangers as one line without control characters."""
    return "".join(character if character.isprintable() else "�" for character in " ".join(text.split()))


def table(rows: Sequence[Sequence[str]], columns: int, *, right: Sequence[int] = ()) -> str:
    """Return rows as lines: columns as wide as their cells, the last one wrapped; ``right`` ones end together."""
    cells = [[clean(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    before = sum(size + len(_GAP) for size in widths[:-1])
    rest = max(_LEAST, columns - before)
    lines: list[str] = []
    for row in cells:
        *fitted, last = (
            cell.rjust(size) if number in right else cell.ljust(size)
            for number, (cell, size) in enumerate(zip(row, widths, strict=True))
        )
        first, *more = textwrap.wrap(last, rest, drop_whitespace=False) if len(last) > rest else [last]
        lines.append(_GAP.join([*fitted, first]).rstrip())
        lines += [" " * before + line.strip() for line in more if line.strip()]
    return "\n".join(lines)
