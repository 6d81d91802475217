"""The tokens of a shell text besides its words: blanks, operators, reserved words, redirections."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ._parameters import match_parameter
from ._scanner import Scanner
from ._tree import RawRedirection
from ._words import METACHARACTERS, Literal, Raw

_BLANKS: Final = re.compile(r"[ \t]+")
_OPERATOR: Final = re.compile(r"(\d{1,4})?(>>|>&|>\||<<<|<<-|<<|<&|<>|>|<)|(&>>|&>)")
_LONG_DESCRIPTOR: Final = re.compile(r"\d{5,}[<>]")
_DELIMITER: Final = re.compile(r"(?:'([\w.-]+)'|\"([\w.-]+)\"|\\([\w.-]+)|([\w.-]+))(?=[ \t\n|&;()<>]|\Z)")
_RESERVED: Final = re.compile(
    r"(?:if|then|elif|else|fi|for|while|until|do|done|case|esac|select|function|coproc|time|in|\{|\}|!|\[\[|\]\])"
    r"(?=[ \t\n|&;()<>]|\Z)"
)
_EXPANDED_IN_DOCUMENTS: Final = re.compile(r"[$`\\]")
#: What may follow a dollar sign or a backslash in a here-document so that neither does more than give text.
_AFTER_DOLLAR: Final = frozenset(' \t.,:;%/)"')


@dataclass(frozen=True, slots=True)
class _Document:
    """A here-document whose body is still to come."""

    delimiter: str
    quoted: bool
    strip_tabs: bool


class Tokens(Scanner):
    """Reads tokens off a text, here-documents with the line they belong to."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._documents: list[_Document] = []
        #: How many bodies of here-documents were read, and how many substitutions are open.
        self.bodies: int = 0
        self.substitutions: int = 0

    # Redirections and here-documents.

    def redirections(self) -> Iterator[RawRedirection]:
        """Read the redirections ahead, if any."""
        self.blanks()
        while operator := _OPERATOR.match(self.text, self.position):
            if self.text.startswith("<(", self.position):
                break
            self.position = operator.end()
            if self.peek() == "(":
                raise self.refuse("process substitution is not supported")
            yield self._redirection(operator.group(2) or operator.group(3))
            self.blanks()
        if _LONG_DESCRIPTOR.match(self.text, self.position):
            raise self.refuse("a descriptor this high is not supported")

    def _redirection(self, operator: str) -> RawRedirection:
        if operator in {">&", "<&"} and self.peek() == "-" and self.peek(1) not in METACHARACTERS | {""}:
            raise self.refuse("text right behind a closed descriptor is not supported")
        self.blanks()
        if operator in {"<<", "<<-"}:
            return self._document(operator)
        if not self.peek() or self.peek() in METACHARACTERS:
            raise self.refuse("a redirection has no target")
        target = self.word()
        if operator == "<&" and not re.fullmatch(r"\d+-?|-", target.text):
            raise self.refuse("what is read from is known only when the command runs")
        if operator == ">&" and (target.quoted or not target.literal):
            # bash takes the quotes off such a target twice
            raise self.refuse("only a plain target is supported here")
        return RawRedirection(operator, target)

    def _document(self, operator: str) -> RawRedirection:
        delimiter = _DELIMITER.match(self.text, self.position)
        if delimiter is None:
            raise self.refuse("the delimiter of a here-document must be a plain word")
        self.position = delimiter.end()
        plain = delimiter.group(4)
        word = next(group for group in delimiter.groups() if group)
        self._documents.append(_Document(word, plain is None, operator == "<<-"))
        target = Raw(
            delimiter.group(), (Literal(word, quoted=True),), delimiter.start(), quoted=plain is None
        )
        return RawRedirection(operator, target)

    @property
    def awaits_document(self) -> bool:
        """Whether the body of a here-document is to follow the present line."""
        return bool(self._documents)

    def newline(self) -> None:
        """Go past a newline, and past the bodies of here-documents behind it."""
        self.position += 1
        for document in self._documents:
            self.bodies += 1
            self._document_body(document)
        self._documents.clear()

    def _document_body(self, document: _Document) -> None:
        start = self.position
        while self.peek():
            end = self.text.find("\n", self.position)
            line = self.text[self.position : end if end >= 0 else len(self.text)]
            content = line.lstrip("\t") if document.strip_tabs else line
            if content == document.delimiter:
                self.position += len(line) + (end >= 0)
                return
            if content.startswith(document.delimiter):
                raise self.refuse("a line of a here-document begins with its delimiter")
            if not document.quoted and not _only_text(line):
                raise self.refuse("this expansion in a here-document is not supported; quote its delimiter")
            self.position += len(line) + 1
        raise self.refuse("a here-document is not closed", start)

    # Tokens.

    def reserved(self) -> str:
        """Return the reserved word ahead; empty where there is none."""
        ahead = _RESERVED.match(self.text, self.position)
        return ahead.group() if ahead else ""

    def expect(self, token: str) -> None:
        """Go past this reserved word or closing parenthesis; refuse where it is not ahead."""
        found = self.peek() if token == ")" else self.reserved()
        if found != token:
            raise self.refuse(f"`{token}` is expected here")
        self.position += len(token)

    def ahead(self, token: str) -> bool:
        """Whether the operator is ahead, blanks apart."""
        self.blanks()
        return self.text.startswith(token, self.position)

    def take(self, token: str) -> str:
        """Go past the operator and return it; an empty text where it is not ahead."""
        if not self.ahead(token):
            return ""
        self.position += len(token)
        return token

    def lines(self) -> None:
        """Go past blanks and newlines."""
        self.blanks()
        while self.peek() == "\n":
            self.newline()
            self.blanks()

    def blanks(self) -> None:
        """Go past blanks, continued lines and a comment."""
        while True:
            if blanks := _BLANKS.match(self.text, self.position):
                self.position = blanks.end()
            if not self.text.startswith("\\\n", self.position):
                break
            if self._documents or self.text[self.position - 1 : self.position] not in {" ", "\t", ""}:
                raise self.refuse("a line continued here is not supported")
            self.position += 2
        if self.peek() == "#":
            self._comment()

    def _comment(self) -> None:
        if self.substitutions:
            raise self.refuse("a comment inside a substitution is not supported")
        end = self.text.find("\n", self.position)
        self.position = end if end >= 0 else len(self.text)


def _only_text(line: str) -> bool:
    """Whether all that is expanded in a line of a here-document are plain parameters."""
    position = 0
    while found := _EXPANDED_IN_DOCUMENTS.search(line, position):
        position = found.start()
        following = line[position + 1 : position + 2]
        if found.group() == "`" or (found.group() == "\\" and not following):
            return False
        parameter = match_parameter(line, position, quoted=True) if found.group() == "$" else None
        if found.group() == "$" and not parameter and following and following not in _AFTER_DOLLAR:
            return False
        position = parameter[1] if parameter else position + (2 if found.group() == "\\" else 1)
    return True
