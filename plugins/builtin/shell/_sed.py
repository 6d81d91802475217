"""What a call of sed does: scripts can write files and run commands."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from ._uses import renamed
from ._words import Word

_FLAGS: Final = frozenset("nErsuz")
_LONG_FLAGS: Final = frozenset(
    {
        "--quiet",
        "--silent",
        "--regexp-extended",
        "--separate",
        "--unbuffered",
        "--null-data",
        "--posix",
        "--sandbox",
    }
)
_DELIMITERS: Final = "/|#,@:!+%_;=~<>\"'"
#: Those of them, and other characters, that no dialect takes for a flag or for the end of a command.
_NO_FLAGS: Final = "/|,@:!+%_=~<>\"'\\]&"
_BLANKS: Final = re.compile(r"[ \t\n;]*")
#: Commands that work on the text in hand alone; those that add text do so up to the end of the line.
_SIMPLE: Final = re.compile(
    r"[ \t]*!?[ \t]*(?:[pPdDnNhHgGxl={}]|[qQ]\d*|[btT:][ \t]*\w*|[aic][ \t\\][^\n\\]*(?=\n|\Z))"
)


@dataclass(frozen=True, slots=True)
class Sed:
    """A call of sed that could be made out."""

    #: Whether the script only works on the text: no file is written, no command run.
    plain: bool
    in_place: bool
    files: tuple[Word, ...]
    #: Where files are kept as they were, by ``-i`` with a suffix.
    backups: tuple[Word, ...] = ()


def read_sed(words: Sequence[Word]) -> Sed | None:
    """Make out the arguments of sed (without its name); ``None`` where one of them is not known."""
    scripts: list[str] = []
    operands: list[Word] = []
    suffix: str | None = None
    left = list(words)
    while left:
        word = left.pop(0)
        value = word.value
        if value is None:
            return None
        if value == "--in-place" or value.startswith("--in-place="):
            suffix = value.partition("=")[2]
        elif value.startswith("--expression="):
            scripts.append(value.partition("=")[2])
        elif value == "--":
            operands += left
            break
        elif value in _LONG_FLAGS or value == "-" or not value.startswith("-"):
            operands += () if value in _LONG_FLAGS else (word,)
        elif (taken := _cluster(value[1:], left, scripts)) is None:
            return None
        elif taken[0]:
            suffix = taken[1]
    return _made_out(scripts, operands, suffix)


def _cluster(letters: str, left: list[Word], scripts: list[str]) -> tuple[bool, str] | None:
    """Read ``-nE``, ``-i.bak`` or ``-ne``: whether it edits in place, and the suffix; ``None`` where it is not known."""
    for index, letter in enumerate(letters):
        attached = letters[index + 1 :]
        if letter == "i":
            if not attached and left and left[0].value == "":
                del left[0]  # the empty suffix that sed of BSD and macOS wants
            return True, attached
        if letter == "e":
            script = attached or (left.pop(0).value if left else None)
            if script is None:
                return None
            scripts.append(script)
            return False, ""
        if letter not in _FLAGS:
            return None
    return False, ""


def _made_out(scripts: list[str], operands: list[Word], suffix: str | None) -> Sed | None:
    if not scripts:
        if not operands or operands[0].literal is None:
            return None
        scripts, operands = [operands[0].literal], operands[1:]
    if any(word.value is None for word in operands):
        return None
    plain = all(is_plain(script) for script in scripts)
    files = tuple(word for word in operands if word.value != "-")
    backups = tuple(_backup(word, suffix) for word in files if suffix)
    return Sed(plain, suffix is not None, files, backups)


def _backup(file: Word, suffix: str | None) -> Word:
    """Return where ``-i`` keeps a file as it was. A star stands for its name, and a slash leads elsewhere."""
    form = suffix if suffix and "*" in suffix else f"*{suffix}"
    folder, slash, name = file.shown.rpartition("/")
    path = form.replace("*", name)
    return renamed(file, path if "/" in path else f"{folder}{slash}{path}")


@cache
def _substitution(delimiter: str) -> re.Pattern[str]:
    """The ``s`` and ``y`` commands with this delimiter, which a bracket expression of ``s`` may hold bare."""
    end = re.escape(delimiter)
    part = rf"(?:[^{end}\\\n\[]|\\[^\n]|\[\^?\]?(?:\[:[a-z]+:\]|\\[^\n\[\]]|[^\\\n\[\]])*\])*"
    plain = rf"(?:[^{end}\\\n\[]|\\[^\n]|\[\^?\]?(?:\[:[a-z]+:\]|\\[^\n\[\]]|[^{end}\\\n\[\]])*\])*"
    replacement = rf"(?:[^{end}\\\n]|\\[^\n])*"
    return re.compile(
        rf"[ \t]*!?[ \t]*(?:s{end}(?P<text>{part}{end}{replacement}{end})[gpiIm0-9]*|y{end}{plain}{end}{plain}{end})"
    )


def _reads_alike(text: str, delimiter: str) -> bool:
    """Whether it does not matter that a delimiter in a bracket expression ends the pattern for some dialects.

    To them, what follows the second delimiter are flags: either that is the end, or a certain error.
    """
    end = re.escape(delimiter)
    naive = re.match(rf"(?:(?:[^{end}\\]|\\.)*{end}){{2}}", text, re.DOTALL)
    return naive is not None and (naive.end() == len(text) or text[naive.end()] in _NO_FLAGS)


_ADDRESS: Final = (
    r"(?:\d+(?:~\d+)?|\$|/(?:[^/\\\n\[]|\\[^\n]|\[\^?\]?(?:\[:[a-z]+:\]|\\[^\n\[\]]|[^/\\\n\[\]])*\])+/I?)"
)
_ADDRESSES: Final = re.compile(rf"{_ADDRESS}(?:,[ ]?(?:{_ADDRESS}|[+~]\d+))?")


def is_plain(script: str) -> bool:
    """Whether a script is made of commands that neither write a file nor run a program nor read one."""
    position = _after(_BLANKS, script, 0)
    while position < len(script):
        position = _after(_ADDRESSES, script, position)
        command = _SIMPLE.match(script, position) or _match_substitution(script, position)
        if command is None:
            return False
        position = command.end()
        following = _after(_BLANKS, script, position)
        if (
            following == position < len(script)
            and script[position] != "}"
            and not command.group().endswith("{")
        ):
            return False
        position = following
    return True


def _after(pattern: re.Pattern[str], text: str, position: int) -> int:
    found = pattern.match(text, position)
    return found.end() if found else position


def _match_substitution(script: str, position: int) -> re.Match[str] | None:
    opening = re.compile(r"[ \t]*!?[ \t]*[sy](.)").match(script, position)
    if opening is None or opening.group(1) not in _DELIMITERS:
        return None
    found = _substitution(opening.group(1)).match(script, position)
    alike = found is None or found["text"] is None or _reads_alike(found["text"], opening.group(1))
    return found if alike else None
