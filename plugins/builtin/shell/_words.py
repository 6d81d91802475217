"""The words of a shell command, as bash would pass them.

The scanner knows a subset of bash's quoting and expansion and refuses everything else. Whatever it
accepts, bash must read the same way: a test holds it to bash itself.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

_END: Final = ""
#: Characters that end a word where they are not quoted.
METACHARACTERS: Final = frozenset(" \t\n|&;()<>")
_PLAIN_RUN: Final = re.compile(r"[^ \t\n|&;()<>\\'\"$`~*?\[{]+")
_SINGLE_QUOTED: Final = re.compile(r"'([^']*)'")
_DOUBLE_QUOTED_RUN: Final = re.compile(r"[^\"\\$`]+")
_PARAMETER: Final = re.compile(
    r"\$(?:[A-Za-z_][A-Za-z0-9_]*|[0-9@*#?$!-]|\{(?:[A-Za-z_][A-Za-z0-9_]*|[0-9]+)\})"
)
#: What may follow a dollar sign that means itself.
_AFTER_PLAIN_DOLLAR: Final = frozenset(" \t\n/.,:;%|&)<>=+~^]")
_BRACE_LIST: Final = re.compile(r",|\.\.")


class Refused(Exception):
    """A command that the strict reader does not understand: ``reason``, and where in the text."""

    def __init__(self, reason: str, position: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.position = position


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a command.

    ``value`` is what bash passes, with a pattern left as it is; ``None`` where that is known only
    when the command runs. ``splits`` marks an expansion outside quotes, which may become no word or
    many; ``glob`` a pattern outside quotes; ``quoted`` any quoting, which makes it no reserved word.
    """

    text: str
    value: str | None
    glob: bool = False
    splits: bool = False
    quoted: bool = False

    @property
    def shown(self) -> str:
        """What bash passes where that is known, else the word as written."""
        return self.text if self.value is None else self.value

    @property
    def literal(self) -> str | None:
        """The value where the word is exactly one known word; else ``None``."""
        return None if self.glob else self.value


@dataclass
class _Draft:
    """A word under construction."""

    pieces: list[str] = field(default_factory=list[str])
    dynamic: bool = False
    glob: bool = False
    splits: bool = False
    quoted: bool = False


class Scanner(ABC):
    """Reads words off a text, from ``position`` on. ``home`` is what ``~`` stands for, where known."""

    def __init__(self, text: str, home: str | None) -> None:
        self.text = text
        self.position: int = 0
        self._home = home
        self._in_word: Final[dict[str, Callable[[_Draft, int], None]]] = {
            "\\": self._escape,
            "'": self._single_quotes,
            '"': self._double_quotes,
            "$": self._dollar,
            "`": self._backtick,
            "~": self._tilde,
            "*": self._pattern,
            "?": self._pattern,
            "[": self._bracket,
            "{": self._brace,
        }

    @abstractmethod
    def substitution(self) -> None:
        """Read the commands of ``$(...)``; ``position`` is behind the opening parenthesis, then behind the closing."""

    def peek(self, offset: int = 0) -> str:
        """Return the character ahead; an empty text at the end."""
        position = self.position + offset
        return self.text[position] if position < len(self.text) else _END

    def refuse(self, reason: str, position: int | None = None) -> Refused:
        """Return the refusal to raise."""
        return Refused(reason, self.position if position is None else position)

    def word(self) -> Word:
        """Read the word that starts here; there must be one."""
        start, draft = self.position, _Draft()
        while (character := self.peek()) and character not in METACHARACTERS:
            plain = _PLAIN_RUN.match(self.text, self.position)
            if plain:
                draft.pieces.append(plain.group())
                self.position = plain.end()
            else:
                self._in_word[character](draft, start)
        if self.peek() == "(":
            raise self.refuse("a parenthesis right after a word is not supported")
        text = self.text[start : self.position]
        value = None if draft.dynamic else "".join(draft.pieces)
        return Word(text, value, draft.glob, draft.splits, draft.quoted)

    def _escape(self, draft: _Draft, start: int) -> None:
        following = self.peek(1)
        if following == "\n":
            raise self.refuse("a line continued inside a word is not supported")
        if not following:
            raise self.refuse("the command ends in a backslash")
        draft.pieces.append(following)
        draft.quoted = True
        self.position += 2

    def _single_quotes(self, draft: _Draft, start: int) -> None:
        quoted = _SINGLE_QUOTED.match(self.text, self.position)
        if quoted is None:
            raise self.refuse("a single quote is not closed")
        draft.pieces.append(quoted.group(1))
        draft.quoted = True
        self._moved_quoted(quoted.end())

    def _double_quotes(self, draft: _Draft, start: int) -> None:
        opened = self.position
        draft.quoted = True
        self.position += 1
        while (character := self.peek()) != '"':
            if not character:
                raise self.refuse("a double quote is not closed", opened)
            if character == "\\":
                self._quoted_escape(draft)
            elif character == "$":
                self._expansion(draft, quoted=True)
            elif character == "`":
                self._backtick(draft, start)
            else:
                self._quoted_run(draft)
        self.position += 1

    def _quoted_run(self, draft: _Draft) -> None:
        run = _DOUBLE_QUOTED_RUN.match(self.text, self.position)
        assert run is not None
        draft.pieces.append(run.group())
        self._moved_quoted(run.end())

    def _quoted_escape(self, draft: _Draft) -> None:
        following = self.peek(1)
        if following == "\n":
            raise self.refuse("a line continued inside quotes is not supported")
        draft.pieces.append(following if following and following in '$`"\\' else "\\" + following)
        self.position += 2

    def _moved_quoted(self, end: int) -> None:
        """Go on behind quoted text, which must not hold a newline while a here-document is to follow."""
        if self.awaits_document and "\n" in self.text[self.position : end]:
            raise self.refuse("a quoted line break before a here-document is not supported")
        self.position = end

    @property
    def awaits_document(self) -> bool:
        """Whether the body of a here-document is to follow the present line."""
        return False

    def _dollar(self, draft: _Draft, start: int) -> None:
        self._expansion(draft, quoted=False)

    def _expansion(self, draft: _Draft, *, quoted: bool) -> None:
        """Read what a dollar sign begins."""
        following = self.peek(1)
        if following == "(":
            self._substitution(draft, quoted=quoted)
        elif parameter := _PARAMETER.match(self.text, self.position):
            self.position = parameter.end()
            self._expanded(draft, quoted=quoted)
        elif not following or following in _AFTER_PLAIN_DOLLAR or (quoted and following == '"'):
            draft.pieces.append("$")
            self.position += 1
        else:
            raise self.refuse("this kind of $ expansion is not supported")

    def _substitution(self, draft: _Draft, *, quoted: bool) -> None:
        if self.peek(2) == "(":
            raise self.refuse("arithmetic is not supported")
        if self.awaits_document:
            raise self.refuse("a substitution before a here-document is not supported")
        self.position += 2
        self.substitution()
        self._expanded(draft, quoted=quoted)

    def _expanded(self, draft: _Draft, *, quoted: bool) -> None:
        draft.dynamic = True
        draft.splits = draft.splits or not quoted

    def _backtick(self, draft: _Draft, start: int) -> None:
        raise self.refuse("backquotes are not supported; use $(...)")

    def _tilde(self, draft: _Draft, start: int) -> None:
        before, following = self.text[self.position - 1 : self.position], self.peek(1)
        self.position += 1
        if self.position - 1 == start:
            if self._home is None or (following and following != "/" and following not in METACHARACTERS):
                draft.dynamic = True
            draft.pieces.append(self._home or "~")
        else:
            draft.dynamic = draft.dynamic or before in {"=", ":"}
            draft.pieces.append("~")

    def _pattern(self, draft: _Draft, start: int) -> None:
        draft.pieces.append(self.peek())
        draft.glob = True
        self.position += 1

    def _bracket(self, draft: _Draft, start: int) -> None:
        """A bracket opens a pattern only where one closes it; ``[`` alone is a command."""
        draft.glob = draft.glob or "]" in self._rest_of_word()
        draft.pieces.append("[")
        self.position += 1

    def _brace(self, draft: _Draft, start: int) -> None:
        """Braces expand only around a comma or two dots; ``{}`` and ``@{1}`` mean themselves."""
        if _BRACE_LIST.search(self._rest_of_word()):
            draft.dynamic = draft.splits = True
        draft.pieces.append("{")
        self.position += 1

    def _rest_of_word(self) -> str:
        """Return at least the rest of the word: to the end of the text where it holds quotes or expansions."""
        rest = self.text[self.position :]
        plain = re.match(r"[^ \t\n|&;()<>\\'\"$`]*", rest)
        assert plain is not None
        ended = plain.end() == len(rest) or rest[plain.end()] in METACHARACTERS
        return plain.group() if ended else rest
