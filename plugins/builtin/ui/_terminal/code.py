"""Colours for source code, from pygments' lexers and as few control bytes as will do."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from .ansi import BLUE, CYAN, DIM, GREEN, MAGENTA

if TYPE_CHECKING:
    from pygments.lexer import Lexer

#: Longer code is shown without colours, in characters: pygments takes about a second for a megabyte.
LIMIT: Final = 20_000

#: By the name of a token type or of the nearest type above it.
_COLOURS: Final = {
    "Comment": DIM,
    "Keyword": BLUE,
    "Literal.String": GREEN,
    "Name.Function": CYAN,
    "Name.Class": CYAN,
    "Name.Tag": BLUE,
    "Name.Decorator": MAGENTA,
    "Generic.Deleted": "31",
    "Generic.Inserted": GREEN,
    "Generic.Subheading": MAGENTA,
}


def highlight(code: str, language: str) -> str:
    """Return ``code`` with colours; as it is where the language is unknown or the code is long."""
    lexer = _lexer(language) if language and len(code) <= LIMIT else None
    if lexer is None:
        return code
    out: list[str] = []
    current = ""
    for kind, text in lexer.get_tokens(code):
        colour = current if text.isspace() else _colour(kind)
        if colour != current and current:
            out.append("\x1b[m")
        if colour != current and colour:
            out.append(f"\x1b[{colour}m")
        current = colour
        out.append(text)
    return "".join(out) + ("\x1b[m" if current else "")


@lru_cache(maxsize=32)
def _lexer(language: str) -> Lexer | None:
    from pygments.lexers import get_lexer_by_name  # pyright: ignore[reportUnknownVariableType]
    from pygments.util import ClassNotFound

    try:
        return get_lexer_by_name(language.strip("{}.").lower(), stripnl=False, ensurenl=False)
    except ClassNotFound:
        return None


@lru_cache(maxsize=256)
def _colour(kind: object) -> str:
    name = str(kind).removeprefix("Token").removeprefix(".")
    while name:
        if name in _COLOURS:
            return _COLOURS[name]
        name = name.rpartition(".")[0]
    return ""
