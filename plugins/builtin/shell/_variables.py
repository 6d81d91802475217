"""What is known of the variables at a point of a shell text."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import Final

_MOST_TEXTS: Final = 32
#: More variables than this are not followed.
MOST_VARIABLES: Final = 100
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,15})?")
#: Names that bash never gives a meaning of its own.
_FREE: Final = re.compile(r"(?!histchars\Z|auto_resume\Z|\w*_proxy\Z)[a-z][a-z0-9_]*")
_NUMBERS: Final = frozenset("RANDOM SECONDS LINENO UID EUID PPID BASHPID EPOCHSECONDS".split())


@dataclass(frozen=True, slots=True)
class Text:
    """A value: a text, or a ``pattern`` that stands for itself or for one of the names it matches."""

    text: str
    pattern: bool = False
    #: The folder and the pattern whose matches these are, or are made of.
    origin: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Value:
    """What a variable may hold: one of the texts; without them anything, or any number where it is one."""

    texts: frozenset[Text] | None
    number: bool = False

    @property
    def is_number(self) -> bool:
        """Whether it holds a number, or nothing, for certain."""
        if self.texts is None:
            return self.number
        return all(not one.pattern and _NUMBER.fullmatch(one.text) for one in self.texts)

    @property
    def has_digits(self) -> bool:
        """Whether it holds a number for certain."""
        return self.is_number and (self.texts is None or all(one.text for one in self.texts))


UNKNOWN: Final = Value(None)
NUMBER: Final = Value(None, number=True)
UNSET: Final = Value(frozenset({Text("")}))


def one_of(texts: frozenset[Text]) -> Value:
    """Return the value that is one of the texts, where they are few enough to follow."""
    return Value(texts) if len(texts) <= _MOST_TEXTS else UNKNOWN


def either(first: Value, second: Value) -> Value:
    """Return what is known where it is one value or the other."""
    if first == second:
        return first
    if first.texts is not None and second.texts is not None:
        joined = one_of(first.texts | second.texts)
        if joined.texts is not None:
            return joined
    return NUMBER if first.has_digits and second.has_digits else UNKNOWN


def covers(general: Value, special: Value) -> bool:
    """Whether everything that the special value may be is something the general one may be."""
    return either(general, special) == general


@dataclass(frozen=True, slots=True)
class Variables:
    """The variables assigned so far. ``exported`` are those of the environment, ``None`` if not known."""

    exported: Container[str] | None
    home: str | None
    values: Mapping[str, Value]

    def get(self, name: str) -> Value:
        """Return what the variable may hold here."""
        known = self.values.get(name)
        if known is not None and name != "_":  # bash assigns that one itself
            return known
        if name in _NUMBERS:
            return NUMBER
        if name == "HOME" and self.home:
            return Value(frozenset({Text(self.home)}))
        return UNKNOWN

    def counts(self, name: str) -> bool:
        """Whether the variable, evaluated as arithmetic, is a number: one that was never set is zero."""
        unset = self.exported is not None and name not in self.exported and _FREE.fullmatch(name)
        return bool(unset and name not in self.values) or self.get(name).is_number

    def with_value(self, name: str, value: Value) -> Variables:
        """Return the variables behind an assignment."""
        return Variables(self.exported, self.home, {**self.values, name: value})

    def joined(self, other: Variables) -> Variables:
        """Return what is known where it is not known which of the two is meant."""
        if self is other or self.values == other.values:
            return self
        names = {**self.values, **other.values}
        return Variables(
            self.exported, self.home, {name: either(self.get(name), other.get(name)) for name in names}
        )
