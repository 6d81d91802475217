"""What *it* and *the second one* mean: entries of the last answer, as far as that is certain."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from .grammar.words import is_path, is_pointer, pointer_number
from .plan import Reply, World

ENTRY: Final = re.compile(r"^(\d+)\. (`+) ?(.+?) ?\2", re.MULTILINE)
INLINE: Final = re.compile(r"(?<!`)(`{1,2}) ?([^`\n]+?) ?\1(?!`)")
PLACE: Final = re.compile(r"(.+?)(?::(\d+))?")
FENCED: Final = re.compile(r"^(`{3,}).*?^\1", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Reference:
    """A file, and a line in it where one was meant."""

    path: str
    line: int | None = None


def resolve(path: str, world: World) -> Reference | Reply:
    """Return what a path in a request means, or why that is not certain."""
    if not is_pointer(path):
        return Reference(path)
    answer = FENCED.sub("", world.last_answer)
    number = pointer_number(path)
    if number is not None:
        return _entry(answer, number)
    named = [_reference(text) for _, text in _last_list(answer)] or _mentioned(answer)
    files = list(dict.fromkeys(one.path for one in named if is_path(one.path)))
    if len(files) == 1:
        return Reference(files[0], named[0].line if len(named) == 1 else None)
    seen = f"my last answer names {len(files)} files" if files else "my last answer names no file"
    return Reply(f"I cannot tell what “{path}” is: {seen}. Please name it.", done=False)


def _last_list(answer: str) -> list[tuple[int, str]]:
    """Return the entries of the last numbered list in the answer."""
    found = [(int(match[1]), match[3]) for match in ENTRY.finditer(answer)]
    starts = [index for index, (number, _) in enumerate(found) if number == 1]
    return found[starts[-1] :] if starts else found


def _entry(answer: str, number: int) -> Reference | Reply:
    """Return an entry of the last numbered list in the answer, ``-1`` for its last."""
    entries = dict(_last_list(answer))
    wanted = max(entries, default=0) if number == -1 else number
    if wanted not in entries:
        has = f"lists only {len(entries)}" if entries else "holds no numbered list"
        return Reply(f"There is no number {wanted or 'one'}: my last answer {has}.", done=False)
    return _reference(entries[wanted])


def _mentioned(answer: str) -> list[Reference]:
    found = (_reference(match[2]) for match in INLINE.finditer(answer))
    return [reference for reference in found if is_path(reference.path)]


def _reference(text: str) -> Reference:
    match = PLACE.fullmatch(text)
    if match is None:
        return Reference(text)
    return Reference(match[1], int(match[2]) if match[2] else None)
