"""What the renderers of tool calls share."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from gaff.hooks import ToolOutcome
from gaff.hooks.messages import content_text

from .ansi import BOLD, DIM, RED, clip, paint
from .escape import clean
from .words import plural, short_path


def title(name: str, detail: str, width: int) -> str:
    """Return the line that says what a call does: the tool, and what it is about in parentheses."""
    name = clip(clean(name), width)
    room = width - len(name) - 2
    if not detail.strip() or room < 4:
        return paint(name, BOLD)
    return f"{paint(name, BOLD)}({clip(clean(detail).strip(), room)})"


def shown_path(path: str) -> str:
    """Return a path as people write it, relative to where gaff runs."""
    try:
        return short_path(path, Path(os.getcwd()))
    except OSError:
        return path


def bounded(lines: Sequence[str], head: int, tail: int, *, full: bool) -> list[str]:
    """Return the first and the last lines, and between them how many there are more; all where ``full``."""
    left_out = len(lines) - head - tail
    if full or left_out <= 1:
        return list(lines)
    more = paint(f"… {plural(left_out, 'more line')} (ctrl+o shows all)", DIM)
    return [*lines[:head], more, *lines[len(lines) - tail :]]


def content_lines(outcome: ToolOutcome, width: int, *, full: bool) -> list[str]:
    """Return the lines the model reads, cut to the width unless ``full``."""
    lines = clean(content_text(outcome.output.content)).rstrip("\n").expandtabs(4).split("\n")
    return lines if full else [clip(line, width) for line in lines]


def failure(outcome: ToolOutcome, width: int, *, full: bool) -> str:
    """Return what went wrong."""
    lines = bounded(content_lines(outcome, width, full=full), 3, 2, full=full)
    return "\n".join(line if "\x1b" in line else paint(line, RED) for line in lines)
