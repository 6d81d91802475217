"""Editing the text of a JSON object, so that a file that people keep by hand stays theirs.

Only what changes is written anew: order, indentation, spacing and line ends of the rest stay.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, cast

from .values import JsonObject, is_object

#: A list on one line stays on one up to this column.
_WIDTH: Final = 100
_SPACE: Final = re.compile(r"[ \t\r\n]*")
_decode: Final = json.JSONDecoder().raw_decode


def edit_json(text: str, wanted: JsonObject) -> str:
    """Return the text of a JSON object, changed where it has to be to hold ``wanted``.

    ``text`` is an object, or empty. Keys keep their places; new ones come last.

    Raises:
        ValueError: the text is not JSON.
    """
    if not text.strip():
        return json.dumps(wanted, indent=2, ensure_ascii=False) + "\n"
    edited = _edited(text, _skip(text, 0), json.loads(text), wanted)
    if json.loads(edited) != wanted:  # whatever was misread, the values are right
        return json.dumps(wanted, indent=2, ensure_ascii=False) + "\n"
    return edited


@dataclass(frozen=True)
class _Member:
    """A member of an object in a text: its key, and where key and value stand."""

    key: str
    start: int
    value: int
    end: int


def _edited(text: str, start: int, old: JsonObject, new: JsonObject) -> str:
    """Return the text with the object that begins at ``start`` changed."""
    if old.keys() - new.keys():
        end = _decode(text, start)[1]
        return text[:start] + _value(text, start, end, new) + text[end:]
    for member in reversed(list(_members(text, start))):
        before, after = old[member.key], new[member.key]
        if _same(before, after):
            continue
        if is_object(before) and is_object(after):
            text = _edited(text, member.value, before, after)
        else:
            value = _value(text, member.value, member.end, after)
            text = text[: member.value] + value + text[member.end :]
    for key in [key for key in new if key not in old]:
        text = _inserted(text, start, key, new[key])
    return text


def _same(one: object, other: object) -> bool:
    return json.dumps(one) == json.dumps(other)  # True == 1 to Python, not to JSON


def _members(text: str, start: int) -> Iterator[_Member]:
    """Yield the members of the object that begins at ``start``."""
    at = _skip(text, start + 1)
    while text[at] == '"':
        key, colon = cast("tuple[str, int]", _decode(text, at))
        value = _skip(text, _skip(text, colon) + 1)
        end = _decode(text, value)[1]
        yield _Member(key, at, value, end)
        at = _skip(text, end)
        at = _skip(text, at + 1) if text[at] == "," else at


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _inserted(text: str, start: int, key: str, value: object) -> str:
    """Return the text with one more member at the end of the object that begins at ``start``."""
    members = list(_members(text, start))
    if not members:
        end = text.index("}", start)
        outer = f"{_newline(text)}{_line_indent(text, start)}"
        member = f"{outer}{_step(text)}{_member(key, value, outer + _step(text), text)}{outer}"
        return f"{text[: start + 1]}{member}{text[end:]}"
    before = text[: members[-1].start]
    indent = before[len(before.rstrip(" \t\r\n")) :]
    end = members[-1].end
    return f"{text[:end]},{indent or ' '}{_member(key, value, indent, text)}{text[end:]}"


def _member(key: str, value: object, indent: str, text: str) -> str:
    """Return a member's text; over several lines where the members around it have lines of their own."""
    return f"{json.dumps(key, ensure_ascii=False)}: {_laid_out(value, indent, text)}"


def _value(text: str, start: int, end: int, value: object) -> str:
    """Return the text of a value that takes the place of another's."""
    line = json.dumps(value, ensure_ascii=False)
    column = start - text.rfind("\n", 0, start)
    if "\n" not in text[start:end] and column + len(line) <= _WIDTH:
        return line
    return _laid_out(value, f"{_newline(text)}{_line_indent(text, start)}" if "\n" in text else "", text)


def _laid_out(value: object, indent: str, text: str) -> str:
    """Return a value's text; ``indent`` is what its lines begin with, line end and all, empty for one line."""
    if "\n" not in indent:
        return json.dumps(value, ensure_ascii=False)
    return json.dumps(value, indent=_step(text), ensure_ascii=False).replace("\n", indent)


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _line_indent(text: str, at: int) -> str:
    line = text[text.rfind("\n", 0, at) + 1 : at]
    return line[: len(line) - len(line.lstrip(" \t"))]


def _step(text: str) -> str:
    """Return the white space that one level of a text is indented by."""
    found = re.search(r"\n([ \t]+)\"", text)
    return found[1] if found else "  "
