"""From the words as written to the words that bash would pass."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product, takewhile
from typing import Final

from ._parameters import Parameter, changed, changed_pattern
from ._tree import is_pwd
from ._variables import UNKNOWN, Text, Value, Variables, one_of
from ._words import (
    Arithmetic,
    Braces,
    Home,
    Literal,
    Part,
    Raw,
    Stream,
    Substitution,
    Unknown,
    Word,
    has_pattern,
)

_BLANKS: Final = re.compile(r"[ \t\n]+")
_MOST_COMBINATIONS: Final = 32
#: Words that braces may make of one.
_MOST_WORDS: Final = 64

#: What the variables of a command hold in one of the cases that are told apart.
Case = Mapping[str, Value]


def value_of(parameter: Parameter, variables: Variables, case: Case) -> Value:
    """Return what a parameter becomes."""
    if parameter.change == "number":
        return Value(None, number=True)
    if parameter.change in {"unknown", "many"} or parameter.name[0].isdigit():
        return UNKNOWN
    value = case.get(parameter.name) or variables.get(parameter.name)
    if value.texts is None:
        return value if parameter.change in {"", "?"} else UNKNOWN
    texts: set[Text] = set()
    for one in value.texts:
        if one.pattern:
            pattern = changed_pattern(one.text, parameter.change, parameter.operand)
            if pattern is None:
                return UNKNOWN
            texts.add(Text(pattern, True, one.origin))
        else:
            known = changed(one.text, parameter.change, parameter.operand)
            if known is None:
                return UNKNOWN
            texts |= {Text(text) for text in known}
    return one_of(frozenset(texts))


def place_of(part: Substitution, variables: Variables) -> str:
    """Return the directory that ``$(pwd)`` prints, where it is known and is no pattern nor split."""
    texts = variables.get("PWD").texts
    if not is_pwd(part.body) or texts is None or len(texts) != 1:
        return ""
    (text,) = texts
    return "" if set(text.text) & set("*?[]\\ \t\n") else text.text


def cases_of(raws: Sequence[Raw], variables: Variables) -> Iterator[Case]:
    """Yield what the variables in the words may hold together; one case where that is not followed."""
    several: dict[str, tuple[Text, ...]] = {}
    count = 1
    for raw in raws:
        for part in raw.parts:
            if not isinstance(part, Parameter) or part.name in several:
                continue
            texts = variables.get(part.name).texts
            if texts is not None and len(texts) > 1:
                count *= len(texts)
                several[part.name] = tuple(sorted(texts, key=lambda one: one.text))
    if count > _MOST_COMBINATIONS:
        yield dict.fromkeys(several, UNKNOWN)
        return
    for chosen in product(*several.values()):
        yield {name: Value(frozenset({text})) for name, text in zip(several, chosen, strict=True)}


def expand(raw: Raw, variables: Variables, case: Case) -> list[Word]:
    """Return the words that one becomes; a single unknown one where that is not known."""
    if isinstance(raw.parts[0], Stream):
        return [Word(raw.text, None, expanded=True, stream=True)]
    if any(isinstance(part, Braces) for part in raw.parts):
        return _expand_braces(raw, variables, case)
    return _Expansion(raw, variables, case).words()


def _beginning(raw: Raw) -> str:
    """Return what the text spells out at the start of a word."""
    literals = takewhile(lambda part: isinstance(part, Literal), raw.parts)
    return "".join(part.text for part in literals if isinstance(part, Literal))


def expand_one(raw: Raw, variables: Variables, case: Case) -> Word:
    """Expand a word where exactly one is wanted."""
    words = expand(raw, variables, case)
    return words[0] if len(words) == 1 else Word(raw.text, None, raw.has_pattern, splits=True, expanded=True)


def assigned_value(raw: Raw, variables: Variables, case: Case) -> Value:
    """Return what a variable holds once the word was assigned to it: nothing is split or matched there."""
    if len(raw.parts) == 1 and isinstance(raw.parts[0], Arithmetic):
        return Value(None, number=True)
    if len(raw.parts) == 1 and isinstance(raw.parts[0], Parameter):
        return value_of(raw.parts[0], variables, case)
    text, pattern, quoted = "", False, False
    origin: tuple[str, str] | None = None
    for part in raw.parts:
        known = _text_of(part, variables, case)
        if known is None:
            return UNKNOWN
        if known.pattern and pattern:
            return UNKNOWN
        pattern |= known.pattern
        origin = origin or known.origin
        quoted |= not known.pattern and bool(set(known.text) & set("*?[\\"))
        text += known.text
    return UNKNOWN if pattern and quoted else Value(frozenset({Text(text, pattern, origin)}))


def _text_of(part: Part, variables: Variables, case: Case) -> Text | None:
    if isinstance(part, Literal):
        return Text(part.text)
    if isinstance(part, Home):
        return Text(variables.home) if variables.home else None
    if isinstance(part, Parameter):
        texts = value_of(part, variables, case).texts
        return next(iter(texts)) if texts is not None and len(texts) == 1 else None
    return None


def _expand_braces(raw: Raw, variables: Variables, case: Case) -> list[Word]:
    """Expand the word once for each choice of its braces; no text between them has braces of its own."""
    choices = [part.choices if isinstance(part, Braces) else ("",) for part in raw.parts]
    total = 1
    for one in choices:
        total *= len(one)
    if total > _MOST_WORDS or any(isinstance(part, Unknown) for part in raw.parts):
        return [Word(raw.text, None, raw.has_pattern, splits=True, expanded=True)]
    words: list[Word] = []
    for chosen in product(*choices):
        parts = tuple(
            Literal(text) if isinstance(part, Braces) else part
            for part, text in zip(raw.parts, chosen, strict=True)
        )
        words += _Expansion(Raw(raw.text, parts, raw.position, raw.quoted), variables, case, True).words()
    return words


@dataclass
class _Expansion:
    """The expansion of one word without braces."""

    raw: Raw
    variables: Variables
    case: Case
    expanded: bool = False
    _fields: list[Word] = field(default_factory=list[Word])
    _text: str = ""
    #: The present field: whether it exists even if empty, and the pattern characters outside quotes in it.
    _begun: bool = False
    _active: str = ""
    _matches: bool = False
    _unsafe: bool = False
    _splits: bool = False
    _origin: tuple[str, str] | None = None
    _known: bool = True

    def words(self) -> list[Word]:
        for part in self.raw.parts:
            if not self._add(part):
                return [self._unknown(splits=True)]
        self._end_field()
        if not self._known:
            return [self._unknown(splits=len(self._fields) != 1 or self._fields[0].splits)]
        return self._fields

    def _unknown(self, *, splits: bool) -> Word:
        raw = self.raw
        glob = raw.has_pattern or any(one.glob for one in self._fields)
        begins = "" if splits or glob else _beginning(raw)
        return Word(raw.text, None, glob, splits, raw.quoted, expanded=True, begins=begins)

    def _add(self, part: Part) -> bool:
        """Add a part; false where it may become any words."""
        if isinstance(part, Literal):
            self._put(part.text, active=not part.quoted)
            self._begun |= part.quoted
        elif isinstance(part, Home):
            home = self.variables.home or "*"
            self._put(home, active=False)
            self._known &= not set(home) & set("*?[]\\")
        elif isinstance(part, Arithmetic):
            self._put_unknown()
        elif isinstance(part, Parameter):
            return self._add_parameter(part)
        elif isinstance(part, Substitution) and (place := place_of(part, self.variables)):
            self.expanded = True
            self._begun |= part.quoted
            self._put(place, active=False)
        elif isinstance(part, (Substitution, Unknown)) and part.quoted:
            self._put_unknown()
        else:
            return False
        return True

    def _put(self, text: str, *, active: bool) -> None:
        self._text += text
        self._begun |= bool(text)
        if active:
            self._active += "".join(character for character in text if character in "*?[]")
        else:
            self._unsafe |= bool(set(text) & set("*?[]\\"))

    def _put_unknown(self) -> None:
        self._known = False
        self._begun = True

    def _add_parameter(self, part: Parameter) -> bool:
        self.expanded = True
        value = value_of(part, self.variables, self.case)
        if value.texts is None or len(value.texts) != 1:
            if part.change == "many" or (not part.quoted and not value.is_number):
                return False
            self._put_unknown()
            return True
        (text,) = value.texts
        if part.quoted and text.pattern:
            self._begun = True
            self._text += text.text
        elif part.quoted:
            self._begun = True
            self._put(text.text, active=False)
        elif text.pattern:
            return self._put_split_pattern(text)
        else:
            return self._put_split(text.text)
        self._matches |= text.pattern
        return True

    def _put_split_pattern(self, text: Text) -> bool:
        if _BLANKS.search(text.text) or self._origin or text.origin is None:
            return False
        self._put(text.text, active=True)
        self._splits = self._matches = True
        self._origin = text.origin
        return True

    def _put_split(self, text: str) -> bool:
        """Add a value outside quotes: its blanks end fields."""
        if "\\" in text:
            return False
        pieces = _BLANKS.split(text)
        for index, piece in enumerate(pieces):
            if index:
                self._end_field()
            self._put(piece, active=True)
        return True

    def _end_field(self) -> None:
        if self._begun:
            glob = self._matches or has_pattern(self._active)
            text = self.raw.text
            if self.expanded and self._known and not glob:
                text = shlex.quote(self._text)
            self._fields.append(
                Word(
                    text,
                    self._text if self._known else None,
                    glob,
                    self._splits,
                    self._unsafe if self.expanded else self.raw.quoted,
                    self.expanded,
                    single=self._matches and not self._splits and not has_pattern(self._active),
                    origin=self._origin,
                )
            )
        self._origin = None
        self._text = self._active = ""
        self._begun = self._matches = self._unsafe = self._splits = False
