"""Parameters: ``$name`` and the forms of ``${...}`` that neither assign nor evaluate."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Change: TypeAlias = Literal["", ":-", "-", ":+", "+", "?", "%", "%%", "#", "##", "number", "unknown", "many"]

_NAME: Final = r"[A-Za-z_][A-Za-z0-9_]*"
#: What may stand behind an operator: nothing that is quoted, expanded or evaluated.
_DEFAULT: Final = r"[A-Za-z0-9_./ :,=@+%-]*"
_PATTERN: Final = r"[A-Za-z0-9_./:,=@+*?-]*"

_PLAIN: Final = re.compile(rf"\$(?:({_NAME})|([0-9?$#!-])|([@*]))")
_BRACED: Final = re.compile(
    rf"\$\{{(?:"
    rf"(?P<length>#)(?:{_NAME})"
    rf"|(?P<name>{_NAME}|[0-9]{{1,4}})(?:"
    rf"(?P<default>:?[-+]){'(?P<text>' + _DEFAULT + ')'}"
    rf"|(?P<demand>:?\?){_DEFAULT}"
    rf"|(?P<cut>%%|%|\#\#|\#)(?P<pattern>{_PATTERN})"
    rf"|(?P<other>//?[A-Za-z0-9_.,:=@+ -]+(?:/[A-Za-z0-9_.,:=@+ -]*)?|\^\^?|,,?|:[ ]?[0-9]{{1,6}}(?::[0-9]{{1,6}})?)"
    rf"|(?P<element>\[[0-9]{{1,6}}\])"
    rf"|(?P<all>\[[@*]\])"
    rf")?)\}}"
)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter and what is done to its value."""

    name: str
    change: Change = ""
    #: The default or the pattern.
    operand: str = ""
    quoted: bool = False


def match_parameter(text: str, position: int, *, quoted: bool) -> tuple[Parameter, int] | None:
    """Read the parameter at the dollar sign; ``None`` where it is of no known form."""
    if plain := _PLAIN.match(text, position):
        name, special, every = plain.groups()
        if name:
            return Parameter(name, quoted=quoted), plain.end()
        change: Change = "many" if every else "number" if special in "?$#" else "unknown"
        return Parameter(special or every, change, quoted=quoted), plain.end()
    braced = _BRACED.match(text, position)
    if braced is None:
        return None
    change, operand = _change(braced)
    return Parameter(braced["name"] or "", change, operand, quoted), braced.end()


def _change(braced: re.Match[str]) -> tuple[Change, str]:
    if braced["length"]:
        return "number", ""
    if default := braced["default"]:
        changes: dict[str, Change] = {":-": ":-", "-": "-", ":+": ":+", "+": "+"}
        return changes[default], braced["text"]
    if braced["cut"]:
        cuts: dict[str, Change] = {"%": "%", "%%": "%%", "#": "#", "##": "##"}
        return cuts[braced["cut"]], braced["pattern"]
    if braced["all"]:
        return "many", ""
    if braced["other"] or braced["element"]:
        return "unknown", ""
    return ("?" if braced["demand"] else ""), ""


def changed(text: str, change: Change, operand: str) -> set[str] | None:
    """Return what a known value may become; ``None`` where that cannot be said."""
    if change in {"", "?"}:
        return {text}
    if change == ":-":
        return {text or operand}
    if change == ":+":
        return {operand if text else ""}
    if change in {"-", "+"}:
        return {text, operand, ""}
    cut = _cut(text, change, operand)
    return None if cut is None else {cut}


def _cut(text: str, change: Change, pattern: str) -> str | None:
    """Take a piece off an end, as bash does, for patterns that are literal but for a star at their inner end."""
    literal = pattern.strip("*")
    if change not in {"%", "%%", "#", "##"} or not literal or "*" in literal or "?" in literal:
        return None
    if pattern == literal:
        return text.removesuffix(literal) if change[0] == "%" else text.removeprefix(literal)
    if (change[0], pattern) == ("%", literal + "*"):
        before, found, _ = text.rpartition(literal) if change == "%" else text.partition(literal)
        return before if found else text
    if (change[0], pattern) == ("#", "*" + literal):
        _, found, behind = text.partition(literal) if change == "#" else text.rpartition(literal)
        return behind if found else text
    return None


def changed_pattern(text: str, change: Change, operand: str) -> str | None:
    """Return a pattern for what the matches of a pattern become; ``None`` where none is known.

    A star never stands for a slash, so that the last slash of a pattern is the last one of its matches.
    """
    if change in {"", "?"}:
        return text
    if change in {"%", "%%"} and operand and not set(operand) & set("*?") and text.endswith(operand):
        return text.removesuffix(operand)
    if change == "##" and operand == "*/":
        return text.rpartition("/")[2]
    if change == "%" and operand == "/*" and "/" in text:
        return text.rpartition("/")[0]
    return None
