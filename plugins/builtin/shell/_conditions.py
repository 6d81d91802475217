"""Reads ``[[ ... ]]``.

Words are expanded in it, but neither split nor matched. Left out on purpose are the tests that evaluate an
array index (``-v``, ``-R``); those that compare numbers evaluate their words, which the reader checks.
"""

from __future__ import annotations

import re
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

from ._tokens import Tokens
from ._tree import Condition, Node
from ._words import METACHARACTERS, Literal, Raw

_DEEPEST: Final = 25
#: Tests of ``[[``: with one argument, with two, and with two that are evaluated as arithmetic.
_UNARY: Final = frozenset(f"-{letter}" for letter in "nzefdrwxsLhpSbcgukOGNa")
_BINARY: Final = frozenset({"=", "==", "!=", "-nt", "-ot", "-ef"})
_NUMERIC: Final = frozenset({"-eq", "-ne", "-lt", "-le", "-gt", "-ge"})
_REGEX: Final = re.compile(r"(?:[\w.^*+?\[\]{}:/,=@%~()|-]|\\[^\s\w]|\$(?=[)|\s]))+(?=[ \t])", re.ASCII)


class Conditions(Tokens):
    """Reads conditions off a text."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.depth: int = 0
        #: Compound commands, negations and background commands so far.
        self.joints: int = 0

    @contextmanager
    def nested(self) -> Generator[None, None, None]:
        """Count how deep what is read is nested, and refuse what is nested too deeply."""
        self.depth += 1
        self.joints += 1
        if self.depth > _DEEPEST:
            raise self.refuse("the command is nested too deeply")
        yield
        self.depth -= 1

    def condition(self) -> Node:
        """Read the rest of ``[[ ... ]]``, the opening brackets of which were read."""
        start = self.position - 2
        words: list[Raw] = [Raw("[[", (Literal("[["),), start)]
        numbers: list[Raw] = []
        self._alternatives(words, numbers)
        self.blanks()
        end = self.position
        self.expect("]]")
        return Condition((*words, Raw("]]", (Literal("]]"),), end)), tuple(numbers), start)

    def _alternatives(self, words: list[Raw], numbers: list[Raw]) -> None:
        self._term(words, numbers)
        while operator := self.take("&&") or self.take("||"):
            words.append(self._token(operator))
            self._term(words, numbers)

    def _token(self, operator: str) -> Raw:
        return Raw(operator, (Literal(operator, quoted=True),), self.position)

    def _term(self, words: list[Raw], numbers: list[Raw]) -> None:
        self.blanks()
        if self.take("("):
            words.append(self._token("("))
            with self.nested():
                self._alternatives(words, numbers)
            if not self.take(")"):
                raise self.refuse("`)` is expected here")
            words.append(self._token(")"))
            return
        first = self._operand()
        words.append(first)
        if first.text == "!":
            with self.nested():
                self._term(words, numbers)
        elif first.text in _UNARY:
            words.append(self._operand())
        elif first.text.startswith("-"):
            raise self.refuse("this test is not supported", first.position)
        else:
            self._comparison(first, words, numbers)

    def _operand(self) -> Raw:
        self.blanks()
        if not self.peek() or self.peek() in METACHARACTERS or self.reserved() == "]]":
            raise self.refuse("a word is expected")
        return self.word()

    def _comparison(self, first: Raw, words: list[Raw], numbers: list[Raw]) -> None:
        self.blanks()
        if self.peek() in {"<", ">"} and self.peek(1) in {" ", "\t"}:
            words += (self._token(self.peek()),)
            self.position += 1
            words.append(self._operand())
            return
        if not self.peek() or self.peek() in METACHARACTERS or self.reserved() == "]]":
            return
        operator = self._operand()
        words.append(operator)
        if operator.text == "=~":
            words.append(self._regex())
        elif operator.text in _BINARY:
            words.append(self._operand())
        elif operator.text in _NUMERIC:
            second = self._operand()
            words.append(second)
            numbers += (first, second)
        else:
            raise self.refuse("this test is not supported", operator.position)

    def _regex(self) -> Raw:
        """Read a regular expression, in which parentheses and bars need no quotes."""
        self.blanks()
        plain = _REGEX.match(self.text, self.position)
        if plain is None:
            return self._operand()
        text, depth = plain.group(), 0
        for character in text:
            depth += {"(": 1, ")": -1}.get(character, 0)
            if depth < 0:
                break
        if depth or "\\(" in text or "\\)" in text or "\\|" in text:
            raise self.refuse("this regular expression is not supported; put it into a variable")
        self.position = plain.end()
        return Raw(text, (Literal(text, quoted=True),), plain.start())
