"""Text of others, as it may be printed."""

from __future__ import annotations

from typing import Final

_LONGEST: Final = 300


def quoted(text: str) -> str:
    """Return a text in one line that steers no terminal, cut where it is very long."""
    plain = text.isascii() and text.isprintable()
    shown = text if plain else text.encode("unicode_escape").decode("ascii")
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}... ({len(text)} characters)"
