"""Small pieces of Markdown that hold whatever text is put into them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

#: Characters of a line of code that are shown.
LINE_WIDTH: Final = 140


def code(text: str) -> str:
    """Return the text as inline code, whatever it holds."""
    text = " ".join(text.split("\n"))
    if not text.strip():
        return f"`{text}`" if text else "(nothing)"
    ticks = "`" * (_longest_run(text) + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{ticks}{pad}{text}{pad}{ticks}"


def snippet(text: str) -> str:
    """Return a line of a file as inline code, without its indentation, cut where it is long."""
    text = text.strip()
    return code(text if len(text) <= LINE_WIDTH else f"{text[:LINE_WIDTH]}…")


def fenced(text: str, tag: str) -> str:
    """Return the text as a code block that its own fences do not end."""
    fence = "`" * max(3, _longest_run(text) + 1)
    return f"{fence}{tag}\n{text.rstrip(chr(10))}\n{fence}"


def many(count: int, one: str, several: str = "") -> str:
    """Return a number with its noun: ``1 line``, ``2,000 lines``."""
    return f"{count:,} {one if count == 1 else several or one + 's'}"


def listed(items: Iterable[str]) -> str:
    """Return a bulleted list."""
    return "\n".join(f"- {item}" for item in items)


def numbered(items: Iterable[str], start: int = 1) -> str:
    """Return a numbered list, so that a later request can say *the second one*."""
    return "\n".join(f"{number}. {item}" for number, item in enumerate(items, start))


def paragraphs(*parts: str) -> str:
    """Return the parts that are not empty, a blank line between them."""
    return "\n\n".join(part for part in parts if part)


def quoted(text: str, limit: int = 60) -> str:
    """Return a request in quotation marks, on one line, cut where it is long."""
    text = " ".join(text.split())
    return f"“{text if len(text) <= limit else text[: limit - 1] + '…'}”"


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)
