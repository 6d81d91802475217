"""Reads words off a shell text.

The scanner knows a subset of bash's quoting and expansion and refuses everything else. Whatever it
accepts, bash must read the same way: a test holds it to bash itself.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from ._arithmetic import Expression, expression, expression_end
from ._parameters import Parameter, match_parameter
from ._words import (
    METACHARACTERS,
    Arithmetic,
    Braces,
    Home,
    Literal,
    Part,
    Raw,
    Refused,
    Substitution,
    Unknown,
)

if TYPE_CHECKING:
    from ._tree import Node

_END: Final = ""
_PLAIN_RUN: Final = re.compile(r"[^ \t\n|&;()<>\\'\"$`~{}]+")
_SINGLE_QUOTED: Final = re.compile(r"'([^']*)'")
_ESCAPED_QUOTED: Final = re.compile(r"\$'((?:[^'\\]|\\[ntr\\'])*)'")
_ESCAPES: Final = {"\\n": "\n", "\\t": "\t", "\\r": "\r", "\\\\": "\\", "\\'": "'"}
_DOUBLE_QUOTED_RUN: Final = re.compile(r"[^\"\\$`]+")
#: What may follow a dollar sign that means itself.
_AFTER_PLAIN_DOLLAR: Final = frozenset(" \t\n/.,:;%|&)<>=+~^]")

_BRACE_ITEM: Final = r"[A-Za-z0-9_./+=@%:-]*"
_BRACE_LIST: Final = re.compile(rf"\{{({_BRACE_ITEM}(?:,{_BRACE_ITEM})+)\}}")
_BRACE_NUMBERS: Final = re.compile(r"\{(0|-?[1-9]\d{0,3})\.\.(0|-?[1-9]\d{0,3})\}")
_BRACE_LETTERS: Final = re.compile(r"\{([a-z])\.\.([a-z])\}")
_BRACE_EXPANDS: Final = re.compile(r",|\.\.")
_REST: Final = re.compile(r"[^ \t\n|&;()<>\\'\"$`]*")
_MOST_CHOICES: Final = 64


@dataclass
class _Draft:
    """A word under construction."""

    parts: list[Part] = field(default_factory=list["Part"])
    quoted: bool = False
    #: Whether a brace stands in the word that is part of no list.
    stray_brace: bool = False

    @property
    def has_braces(self) -> bool:
        return any(isinstance(part, Braces) for part in self.parts)

    def add(self, text: str, *, quoted: bool = False) -> None:
        self.parts.append(Literal(text, quoted))
        self.quoted |= quoted


class Scanner(ABC):
    """Reads words off a text, from ``position`` on."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position: int = 0
        #: Up to where it was looked for what makes braces expand, and where that stands.
        self._looked_until = 0
        self._expands_at = -1
        self._in_word: Final[dict[str, Callable[[_Draft, int], None]]] = {
            "\\": self._escape,
            "'": self._single_quotes,
            '"': self._double_quotes,
            "$": self._dollar,
            "`": self._backtick,
            "~": self._tilde,
            "{": self._brace,
            "}": self._closing_brace,
        }

    @abstractmethod
    def substitution(self) -> Node:
        """Read the commands of ``$(...)``; ``position`` is behind the opening parenthesis, then behind the closing."""

    @abstractmethod
    def backquoted(self, content: str) -> Node:
        """Read the commands between the backquotes, the first of which is at ``position``."""

    @property
    def awaits_document(self) -> bool:
        """Whether the body of a here-document is to follow the present line."""
        return False

    def peek(self, offset: int = 0) -> str:
        """Return the character ahead; an empty text at the end."""
        position = self.position + offset
        return self.text[position] if position < len(self.text) else _END

    def refuse(self, reason: str, position: int | None = None) -> Refused:
        """Return the refusal to raise."""
        return Refused(reason, self.position if position is None else position)

    def word(self) -> Raw:
        """Read the word that starts here; there must be one."""
        start, draft = self.position, _Draft()
        self._parts(draft, start)
        parts = draft.parts
        if draft.stray_brace and draft.has_braces:
            parts = [*parts, Unknown()]
        return Raw(self.text[start : self.position], tuple(parts), start, draft.quoted)

    def value(self) -> Raw:
        """Read what is assigned to a variable, which may be empty; braces mean themselves there."""
        start, draft = self.position, _Draft()
        self._parts(draft, start)
        parts = (Unknown(quoted=True) if isinstance(part, Braces) else part for part in draft.parts)
        return Raw(self.text[start : self.position], tuple(parts), start, draft.quoted)

    def _parts(self, draft: _Draft, start: int) -> None:
        while (character := self.peek()) and character not in METACHARACTERS:
            plain = _PLAIN_RUN.match(self.text, self.position)
            if plain:
                draft.add(plain.group())
                self.position = plain.end()
            else:
                self._in_word[character](draft, start)
        if self.peek() == "(":
            raise self.refuse("a parenthesis right after a word is not supported")

    # Quotes.

    def _escape(self, draft: _Draft, start: int) -> None:
        following = self.peek(1)
        if following == "\n":
            raise self.refuse("a line continued inside a word is not supported")
        if not following:
            raise self.refuse("the command ends in a backslash")
        draft.add(following, quoted=True)
        self.position += 2

    def _single_quotes(self, draft: _Draft, start: int) -> None:
        quoted = _SINGLE_QUOTED.match(self.text, self.position)
        if quoted is None:
            raise self.refuse("a single quote is not closed")
        draft.add(quoted.group(1), quoted=True)
        self._moved_quoted(quoted.end())

    def _double_quotes(self, draft: _Draft, start: int) -> None:
        opened = self.position
        draft.add("", quoted=True)
        self.position += 1
        while (character := self.peek()) != '"':
            if not character:
                raise self.refuse("a double quote is not closed", opened)
            if character == "\\":
                self._quoted_escape(draft)
            elif character == "$":
                self._expansion(draft, quoted=True)
            elif character == "`":
                self._backquote(draft, quoted=True)
            else:
                self._quoted_run(draft)
        self.position += 1

    def _quoted_run(self, draft: _Draft) -> None:
        run = _DOUBLE_QUOTED_RUN.match(self.text, self.position)
        assert run is not None
        draft.add(run.group(), quoted=True)
        self._moved_quoted(run.end())

    def _quoted_escape(self, draft: _Draft) -> None:
        following = self.peek(1)
        if following == "\n":
            raise self.refuse("a line continued inside quotes is not supported")
        draft.add(following if following and following in '$`"\\' else "\\" + following, quoted=True)
        self.position += 2

    def _moved_quoted(self, end: int) -> None:
        """Go on behind quoted text, which must not hold a newline while a here-document is to follow."""
        if self.awaits_document and "\n" in self.text[self.position : end]:
            raise self.refuse("a quoted line break before a here-document is not supported")
        self.position = end

    # Expansions.

    def _dollar(self, draft: _Draft, start: int) -> None:
        if escaped := _ESCAPED_QUOTED.match(self.text, self.position):
            decoded = re.sub(r"\\.", lambda found: _ESCAPES[found.group()], escaped.group(1))
            draft.add(decoded, quoted=True)
            self._moved_quoted(escaped.end())
        else:
            self._expansion(draft, quoted=False)

    def _expansion(self, draft: _Draft, *, quoted: bool) -> None:
        """Read what a dollar sign begins."""
        following = self.peek(1)
        if following == "(":
            draft.parts.append(self._parenthesis(quoted=quoted))
        elif parameter := match_parameter(self.text, self.position, quoted=quoted):
            draft.parts.append(parameter[0])
            self.position = parameter[1]
        elif not following or following in _AFTER_PLAIN_DOLLAR or (quoted and following == '"'):
            draft.add("$")
            self.position += 1
        else:
            raise self.refuse("this kind of $ expansion is not supported")

    def _parenthesis(self, *, quoted: bool) -> Part:
        if self.peek(2) == "(":
            opened = self.position
            self.position += 3
            found = self.expression()
            if found.assigns:
                raise self.refuse("an assignment inside a word is not supported", opened)
            return Arithmetic(found)
        if self.awaits_document:
            raise self.refuse("a substitution before a here-document is not supported")
        self.position += 2
        return Substitution(self.substitution(), quoted)

    def expression(self) -> Expression:
        """Read an arithmetic expression and the ``))`` behind it."""
        end = expression_end(self.text, self.position)
        found = None if end is None else expression(self.text[self.position : end])
        if end is None or found is None:
            raise self.refuse("this arithmetic is not supported")
        self.position = end + 2
        return found

    def _backtick(self, draft: _Draft, start: int) -> None:
        self._backquote(draft, quoted=False)

    def _backquote(self, draft: _Draft, *, quoted: bool) -> None:
        """Read a substitution in backquotes, which holds no quoting that these would change."""
        end = self.text.find("`", self.position + 1)
        content = self.text[self.position + 1 : end]
        if end < 0 or "\\" in content or (quoted and '"' in content) or self.awaits_document:
            raise self.refuse("these backquotes are not supported; use $(...)")
        draft.parts.append(Substitution(self.backquoted(content), quoted))
        self.position = end + 1

    def _tilde(self, draft: _Draft, start: int) -> None:
        before, following = self.text[self.position - 1 : self.position], self.peek(1)
        if self.position == start and (not following or following == "/" or following in METACHARACTERS):
            draft.parts.append(Home())
        elif self.position == start or before in {"=", ":"} or draft.has_braces:
            draft.parts.append(Unknown(quoted=True))
        else:
            draft.add("~")
        self.position += 1

    # Braces.

    def _brace(self, draft: _Draft, start: int) -> None:
        """Braces expand only around a comma or two dots; ``{}`` and ``@{1}`` mean themselves."""
        # bash expands braces first: behind a parameter they lengthen its name
        after_name = bool(draft.parts) and isinstance(draft.parts[-1], Parameter)
        for pattern in (_BRACE_LIST, _BRACE_NUMBERS, _BRACE_LETTERS):
            if found := pattern.match(self.text, self.position):
                draft.parts.append(Unknown() if after_name else _choices(found))
                self.position = found.end()
                return
        if self._may_expand():
            draft.parts.append(Unknown())
        self._stray(draft)

    def _closing_brace(self, draft: _Draft, start: int) -> None:
        self._stray(draft)

    def _stray(self, draft: _Draft) -> None:
        draft.stray_brace = True
        draft.add(self.peek())
        self.position += 1

    def _may_expand(self) -> bool:
        """Whether the brace ahead may expand: the rest of the word is looked at, of the text if it holds quotes."""
        if self.position < self._looked_until:
            return self.position <= self._expands_at
        rest = _REST.match(self.text, self.position)
        assert rest is not None
        end = rest.end()
        if end < len(self.text) and self.text[end] not in METACHARACTERS:
            end = len(self.text)
        found = _BRACE_EXPANDS.search(self.text, self.position, end)
        self._expands_at = found.start() if found else -1
        self._looked_until = found.start() + 1 if found else end
        return found is not None


def _choices(found: re.Match[str]) -> Part:
    if found.re is _BRACE_LIST:
        choices = found.group(1).split(",")
    elif found.re is _BRACE_LETTERS:
        first, last = ord(found.group(1)), ord(found.group(2))
        choices = [chr(one) for one in _range(first, last)]
    else:
        choices = [str(one) for one in _range(int(found.group(1)), int(found.group(2)))]
    return Braces(tuple(choices)) if len(choices) <= _MOST_CHOICES else Unknown()


def _range(first: int, last: int) -> range:
    return range(first, last + 1) if first <= last else range(first, last - 1, -1)
