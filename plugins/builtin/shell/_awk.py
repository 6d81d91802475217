"""What a call of awk does: programs can write files, run commands and read what is not named."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ._words import Word

#: Words and signs with which a program reaches beyond its input, or names its input itself.
_BEYOND: Final = re.compile(
    r"system|getline|close|fflush|ENVIRON|PROCINFO|ARG[CV]|@|\\\n|extension|include|load"
)
#: ``getline`` alone, a statement of its own, which reads the next line of the input.
_NEXT_LINE: Final = re.compile(r"(?<=[{;])[ \t]*getline[ \t]*(?=[;}])")
_REDIRECTION: Final = re.compile(r">|(?<!\|)\|(?!\|)|\|\|\|")
_VARIABLE: Final = re.compile(
    r"(?!ARG|ENV|PROC)[A-Za-z_]\w*=(?:[^\\]|\\[tnrvf0-7\"/\\])*", re.ASCII | re.DOTALL
)
_ASSIGNMENT: Final = re.compile(r"[A-Za-z_]\w*=", re.ASCII)


@dataclass(frozen=True, slots=True)
class Awk:
    """A call of awk that could be made out."""

    #: Whether the program only works on its input.
    plain: bool
    files: tuple[Word, ...]


def read_awk(words: Sequence[Word]) -> Awk | None:
    """Make out the arguments of awk (without its name); ``None`` where one of them is not known."""
    left = list(words)
    while left and left[0].shown.startswith("-") and left[0].shown != "-":
        option = left.pop(0).literal
        if option == "--":
            break
        if option is None or option[:2] not in {"-F", "-v"}:
            return None
        if len(option) == 2 and not left:
            return None
        value = left.pop(0) if len(option) == 2 else Word(option, option[2:])
        if not value.is_one or (option[:2] == "-v" and not _VARIABLE.fullmatch(_known(value))):
            return None
    if not left or left[0].literal is None or any(word.value is None for word in left):
        return None
    program, *operands = left
    assigned = any(_ASSIGNMENT.match(word.shown) and not _VARIABLE.fullmatch(word.shown) for word in operands)
    files = (word for word in operands if word.value != "-" and not _ASSIGNMENT.match(word.shown))
    return Awk(is_plain_program(program.shown) and not assigned, tuple(files))


def _known(value: Word) -> str:
    """Return what is known of an option's value: all, or the beginning up to a variable."""
    return value.begins if value.value is None else value.value


def is_plain_program(program: str) -> bool:
    """Whether a program neither writes files nor runs commands nor chooses what it reads.

    A greater-than sign or a bar behind a ``print`` may name a file or a command, wherever it stands.
    """
    program = _NEXT_LINE.sub(" ", program)
    _, _, behind = program.partition("print")
    return not _BEYOND.search(program) and not _REDIRECTION.search(behind)
