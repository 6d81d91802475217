"""From a file as it is and as it should be to the one edit that makes it so."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class TextEdit:
    """What the Edit tool takes: a text that stands there exactly once, unless all are meant, and its successor."""

    old: str
    new: str
    replace_all: bool = False

    def apply(self, text: str) -> str:
        """Return the text after the edit."""
        return text.replace(self.old, self.new, -1 if self.replace_all else 1)


def replaced(text: str, old: str, new: str, *, whole_words: bool) -> tuple[str, int]:
    """Return the text with ``old`` replaced, and how often; ``whole_words`` leaves longer words alone."""
    if not whole_words:
        return text.replace(old, new), text.count(old)
    return re.subn(rf"(?<!\w){re.escape(old)}(?!\w)", lambda _: new, text)


def replacing(text: str, old: str, new: str, *, whole_words: bool) -> TextEdit | None:
    """Return the edit that replaces ``old`` everywhere in the text, such that its reverse restores the text.

    Plain replacing of all does where ``old`` is never part of a longer word and ``new`` was not
    there before; else one edit spans all the places. ``None`` where there is nothing to replace.
    """
    after, count = replaced(text, old, new, whole_words=whole_words)
    if not count or after == text:
        return None
    if new and text.replace(old, new) == after and after.replace(new, old) == text:
        return TextEdit(old, new, replace_all=count > 1)
    return spanning(text, after)


def spanning(before: str, after: str) -> TextEdit | None:
    """Return one edit of whole lines that turns ``before`` into ``after``; ``None`` where they are equal.

    Both the old and the new text stand exactly once in their file, so the edit can be made and unmade.
    """
    if before == after:
        return None
    old, new = before.split("\n"), after.split("\n")
    shortest = min(len(old), len(new))
    head = next((i for i in range(shortest) if old[i] != new[i]), shortest)
    tail = next((i for i in range(shortest - head) if old[-1 - i] != new[-1 - i]), shortest - head)
    while True:
        edit = TextEdit("\n".join(old[head : len(old) - tail]), "\n".join(new[head : len(new) - tail]))
        if _once(edit.old, before) and _once(edit.new, after):
            return edit
        if head == 0 and tail == 0:
            return edit
        head, tail = max(0, head - 1), max(0, tail - 1)


def _once(part: str, text: str) -> bool:
    """Whether the part stands exactly once in the text, overlaps included."""
    first = text.find(part) if part else -1
    return first >= 0 and text.find(part, first + 1) < 0
