"""Arithmetic: which expressions can do no more than count.

bash evaluates the values of the names in an expression again, so that a value like ``a[$(id)]`` runs a
command. An expression is taken only where all its names are known to hold numbers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_ALLOWED: Final = frozenset(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_ \t+-*/%<>=!&|^~?:,()$"
)
_NAMES: Final = re.compile(r"(?<![0-9A-Za-z_])[A-Za-z_][A-Za-z0-9_]*")
_DOLLAR: Final = re.compile(r"\$(?![A-Za-z_])")
_TERM: Final = r"(?:0|[1-9][0-9]{0,15}|[A-Za-z_][A-Za-z0-9_]*)"
_STEP: Final = (
    rf"[ \t]*(?:[A-Za-z_]\w*[ \t]*[-+*|&^]?=[ \t]*{_TERM}(?:[ \t]*[-+*][ \t]+{_TERM}|[-+*]{_TERM})*"
    r"|[A-Za-z_]\w*(?:\+\+|--)|(?:\+\+|--)[A-Za-z_]\w*)[ \t]*"
)
_SURE: Final = re.compile(rf"{_STEP}(?:,{_STEP})*", re.ASCII)
_ASSIGNS: Final = re.compile(r"(?<![=!<>])=(?!=)|<<=|>>=|\+\+|--")


@dataclass(frozen=True, slots=True)
class Expression:
    """An arithmetic expression: the names in it, and whether it assigns any."""

    text: str
    names: tuple[str, ...]
    assigns: bool

    @property
    def succeeds(self) -> bool:
        """Whether it cannot fail, after which its variables would hold what they held before."""
        return _SURE.fullmatch(self.text) is not None


def expression_end(text: str, position: int) -> int | None:
    """Return where the ``))`` stands that closes an expression; ``None`` where it is not one for certain."""
    depth = 0
    while position < len(text) and text[position] in _ALLOWED | {";"}:
        if text[position] == "(":
            depth += 1
        elif text[position] == ")" and depth:
            depth -= 1
        elif text[position] == ")":
            return position if text.startswith("))", position) else None
        position += 1
    return None


def expression(text: str) -> Expression | None:
    """Return the expression that a text is; ``None`` where it holds more than numbers, names and operators."""
    if not _ALLOWED.issuperset(text) or _DOLLAR.search(text):
        return None
    return Expression(text, tuple(dict.fromkeys(_NAMES.findall(text))), bool(_ASSIGNS.search(text)))
