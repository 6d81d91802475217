"""The arguments of commands that change nothing, sorted by what they are.

Only what the tables list is known: an option that is missing there makes the command an unknown one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ._form import Form
from ._system_forms import SYSTEM_FORMS
from ._text_forms import TEXT_FORMS
from ._words import Word

FORMS: Final[dict[str, Form]] = {**TEXT_FORMS, **SYSTEM_FORMS}


@dataclass(frozen=True, slots=True)
class Arguments:
    """Arguments by kind."""

    options: frozenset[str]
    #: Words that are files to read: operands, and values of options that name a file.
    files: tuple[Word, ...]
    operands: tuple[Word, ...]


#: Options whose value is a file that is read.
_FILE_VALUES: Final = frozenset({("grep", "f"), ("grep", "file"), ("rg", "f"), ("rg", "file")})
_PATTERN_OPTIONS: Final = frozenset({"e", "f", "regexp", "file", "files", "type-list"})


class _Parser:
    """Sorts the arguments of one command the way getopt does."""

    def __init__(self, name: str, form: Form, words: Sequence[Word]) -> None:
        self._name = "grep" if name in {"egrep", "fgrep"} else name
        self._form = form
        self._left = list(words)
        self._options: set[str] = set()
        self._files: list[Word] = []
        self._operands: list[Word] = []

    def parse(self) -> Arguments | None:
        while self._left:
            word = self._left.pop(0)
            if not word.is_one:
                return None
            if word.value == "--":
                self._operands += self._left
                break
            if not self._take(word, word.begins if word.value is None else word.value):
                return None
        if not all(word.is_one for word in self._operands):
            return None
        return self._sorted()

    def _take(self, word: Word, value: str) -> bool:
        """Take a word that begins with ``value``, or is that."""
        known = word.value is not None
        if value.startswith("--"):
            return (known or "=" in value) and self._take_long(value[2:])
        if value.startswith("-") and value != "-":
            numeric = known and self._form.numeric and value[1:].isdecimal()
            return numeric or self._take_cluster(value[1:], known=known)
        if known or (value and value != "-"):
            self._operands.append(word)
            return True
        return False

    def _take_long(self, text: str) -> bool:
        name, equals, _ = text.partition("=")
        long = self._form.long
        self._options.add(name)
        if f"{name}=" in long:
            return (bool(equals) and (self._name, name) not in _FILE_VALUES) or (
                not equals and self._value(name)
            )
        return f"{name}?" in long or (not equals and name in long)

    def _take_cluster(self, letters: str, *, known: bool) -> bool:
        for index, letter in enumerate(letters):
            self._options.add(letter)
            if letter in self._form.valued:
                # what may turn out empty would make the next word the value
                if index + 1 < len(letters):
                    return (self._name, letter) not in _FILE_VALUES
                return known and self._value(letter)
            if letter in self._form.optional:
                return True
            if letter not in self._form.flags:
                return False
        return known

    def _value(self, option: str) -> bool:
        """Take the next word as the option's value, whatever that is."""
        if not self._left or not self._left[0].is_one:
            return False
        word = self._left.pop(0)
        if (self._name, option) in _FILE_VALUES:
            self._files.append(word)
        return True

    def _sorted(self) -> Arguments | None:
        operands, kind = self._operands, self._form.operands
        texts = [word.begins if word.value is None else word.value for word in operands]
        if (kind == "none" and operands) or (kind == "one file" and len(operands) > 1):
            return None
        if kind == "format" and not all(text.startswith("+") for text in texts):
            return None
        if kind == "pattern" and (self._name == "jq" or self._options.isdisjoint(_PATTERN_OPTIONS)):
            self._files += operands[1:]
        elif kind in {"files", "pattern", "one file"}:
            self._files += operands
        files = tuple(word for word in self._files if word.value != "-")
        return Arguments(frozenset(self._options), files, tuple(operands))


def sort_arguments(name: str, words: Sequence[Word]) -> Arguments | None:
    """Sort a command's arguments (``words`` without its name); ``None`` where one of them is not known."""
    form = FORMS.get(name)
    return None if form is None else _Parser(name, form, words).parse()
