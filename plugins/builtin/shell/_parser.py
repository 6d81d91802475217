"""From a shell text to its tree, for the part of bash's grammar that is known."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from ._arithmetic import Expression, expression, expression_end
from ._conditions import Conditions
from ._tree import (
    AndOr,
    Assignment,
    Calculation,
    Case,
    If,
    Loop,
    Node,
    Pipeline,
    RawRedirection,
    Redirected,
    Sequence,
    Simple,
    Subshell,
)
from ._words import METACHARACTERS, Arithmetic, Raw, Refused, Stream, Substitution

_ASSIGNMENT: Final = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(\+?)=")
_SUBSCRIPT: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\[")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ASSIGNERS: Final = frozenset({"read", "export", "unset", "command", "builtin"})
_NAMED: Final = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(?:=|\Z)")


class Parser(Conditions):
    """Parses one text; a new one for each."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        #: Simple commands so far.
        self._simples = 0
        #: Names that were assigned so far, and whether a number was.
        self._assigned: list[tuple[str, bool]] = []
        self._compounds: Final[dict[str, Callable[[], Node]]] = {
            "{": self._group,
            "if": self._if,
            "for": self._for,
            "while": self._while,
            "until": self._while,
            "case": self._case,
            "[[": self.condition,
        }

    def parse(self) -> Node:
        """Parse the whole text."""
        tree = self._list()
        if self.peek():
            raise self.refuse(f"`{self.peek()}` is not expected here")
        if self.awaits_document:
            raise self.refuse("a here-document has no body")
        return tree

    # Lists, pipelines.

    def _list(self, *closers: str) -> Node:
        """Read commands up to one of the closers, which is left ahead."""
        self.lines()
        items: list[tuple[Node, bool]] = []
        while not self._closes(closers):
            command = self._and_or()
            separator = self._separator(closers)
            self.joints += separator == "&"
            items.append((command, separator == "&"))
            if not separator:
                break
            self.lines()
        if not items:
            raise self.refuse("a command is missing")
        return Sequence(tuple(items))

    def _closes(self, closers: tuple[str, ...]) -> bool:
        ahead = self.peek()
        if not ahead or (ahead == ")" and ")" in closers):
            return True
        return (";;" in closers and self.text.startswith(";;", self.position)) or self.reserved() in closers

    def _separator(self, closers: tuple[str, ...]) -> str:
        self.blanks()
        ahead = self.peek()
        if ahead == "\n":
            self.newline()
        elif ahead in {";", "&"}:
            if self.peek(1) in {";", "&"}:
                if ";;" in closers and self.text.startswith(";;", self.position):
                    return ""
                raise self.refuse(f"`{ahead}{self.peek(1)}` is not expected here")
            self.position += 1
        else:
            return ""
        return ahead

    def _and_or(self) -> Node:
        first = self._pipeline()
        rest: list[tuple[str, Node]] = []
        while operator := self.take("&&") or self.take("||"):
            self.lines()
            rest.append((operator, self._pipeline()))
        return AndOr(first, tuple(rest)) if rest else first

    def _pipeline(self) -> Node:
        negated = self._negations()
        commands = [self._command()]
        merges = False
        while not self.ahead("||") and (operator := self.take("|&") or self.take("|")):
            merges |= operator == "|&"
            self.lines()
            commands.append(self._command())
        return Pipeline(tuple(commands), negated, merges) if negated or len(commands) > 1 else commands[0]

    def _negations(self) -> bool:
        negated = False
        self.blanks()
        while (word := self.reserved()) in {"!", "time"}:
            negated ^= word == "!"
            self.joints += 1
            self.position += len(word)
            self.blanks()
            if word == "time" and self.text.startswith("-", self.position):
                raise self.refuse("options of `time` are not supported")
        return negated

    # Compound commands.

    def _command(self) -> Node:
        self.blanks()
        start = self.position
        if self.text.startswith("((", start):
            self.position += 2
            self.joints += 1
            command: Node = self._calculation(start)
        elif self.peek() == "(":
            command = self._subshell()
        elif word := self.reserved():
            if word not in self._compounds:
                raise self.refuse(f"`{word}` is not supported here")
            self.position += len(word)
            with self.nested():
                command = self._compounds[word]()
        else:
            return self._simple()
        redirections = tuple(self.redirections())
        return Redirected(command, redirections, start) if redirections else command

    def _calculation(self, start: int) -> Calculation:
        found = self.expression()
        self._assigned += ((name, True) for name in found.names if found.assigns)
        return Calculation(found, start)

    def _subshell(self) -> Node:
        self.position += 1
        with self.nested():
            body = self._list(")")
            self.expect(")")
        return Subshell(body)

    def substitution(self) -> Node:
        """Read the commands of ``$(...)``.

        A here-document is taken only where it belongs to the one simple command inside: bash writes the
        commands of a substitution anew before it runs them, and loses separators behind a here-document.
        """
        opened = self.position
        before, bodies = self._simples, self.bodies
        self.substitutions += 1
        with self.nested():
            joints = self.joints
            body = self._list(")")
            self.expect(")")
        if self.awaits_document:
            raise self.refuse("a here-document has no body")
        if self.bodies > bodies and (self._simples > before + 1 or self.joints > joints):
            raise self.refuse(
                "a here-document among other commands of a substitution is not supported", opened
            )
        self.substitutions -= 1
        return body

    def backquoted(self, content: str) -> Node:
        """Read the commands between the backquotes, the first of which is at ``position``."""
        inner = Parser(content)
        inner.depth, inner.substitutions = self.depth, self.substitutions + 1
        try:
            with inner.nested():
                body = inner.parse()
        except Refused as refusal:
            raise self.refuse(refusal.reason, self.position + 1 + refusal.position) from None
        if inner.bodies:
            raise self.refuse("a here-document in backquotes is not supported")
        self._simples += inner._simples
        self.joints += inner.joints
        return body

    def _stream(self) -> Raw:
        """Read ``<(...)``, which must be all of a word."""
        start = self.position
        if self.awaits_document:
            raise self.refuse("a substitution before a here-document is not supported")
        # An escaped blank belongs to a word, which the name of the stream then joins.
        blank, rest = self.text[start - 1], self.text[: start - 1]
        escaped = (len(rest) - len(rest.rstrip("\\"))) % 2
        if blank not in {" ", "\t"} or escaped:
            raise self.refuse("a process substitution inside a word is not supported")
        self.position += 2
        body = self.substitution()
        if self.peek() and self.peek() not in METACHARACTERS - {"(", "<", ">"}:
            raise self.refuse("text right behind a process substitution is not supported")
        return Raw(self.text[start : self.position], (Stream(body),), start)

    def _group(self) -> Node:
        body = self._list("}")
        self.expect("}")
        return body

    def _if(self) -> Node:
        branches: list[tuple[Node, Node]] = []
        otherwise: Node | None = None
        closer = "elif"
        while closer == "elif":
            condition = self._list("then")
            self.expect("then")
            branches.append((condition, self._list("elif", "else", "fi")))
            closer = self.reserved()
            self.expect(closer if closer in {"elif", "else"} else "fi")
        if closer == "else":
            otherwise = self._list("fi")
            self.expect("fi")
        return If(tuple(branches), otherwise)

    def _while(self) -> Node:
        start, assigned = self.position, len(self._assigned)
        condition = self._list("do")
        body = self._body()
        return Loop(condition, body, self._assigned_since(assigned), start)

    def _for(self) -> Node:
        start, assigned = self.position, len(self._assigned)
        self.blanks()
        if self.text.startswith("((", self.position):
            return self._counting_for(start)
        name = _NAME.match(self.text, self.position)
        if name is None or self.peek(name.end() - self.position) not in {" ", "\t"}:
            raise self.refuse("a variable name is expected")
        self.position = name.end()
        self._assigned.append((name.group(), False))
        self.blanks()
        self.expect("in")
        words = self._words()
        self._before_do()
        body = self._body()
        return Loop(None, body, self._assigned_since(assigned), start, name.group(), words)

    def _words(self) -> tuple[Raw, ...]:
        words: list[Raw] = []
        self.blanks()
        while self.peek() and self.peek() not in METACHARACTERS:
            words.append(self.word())
            self.blanks()
        return tuple(words)

    def _counting_for(self, start: int) -> Node:
        """Read ``for ((i = 0; i < 3; i++))``."""
        assigned = len(self._assigned)
        end = expression_end(self.text, self.position + 2)
        texts = self.text[self.position + 2 : end].split(";") if end is not None else []
        expressions = [expression(text) for text in texts]
        first, *others = expressions if len(expressions) == 3 else [None]
        if end is None or first is None or None in others:
            raise self.refuse("this arithmetic is not supported")
        calculations = [Calculation(one, start) for one in others if one is not None]
        self._assigned += ((name, True) for one in calculations for name in one.expression.names)
        self._assigned += ((name, True) for name in first.names)
        self.position = end + 2
        self._before_do(needed=False)
        body = Sequence(((self._body(), False), (calculations[1], False)))
        loop = Loop(calculations[0], body, self._assigned_since(assigned), start)
        return Sequence(((Calculation(first, start), False), (loop, False)))

    def _before_do(self, *, needed: bool = True) -> None:
        separator = self._separator(())
        if separator == "&" or (needed and not separator):
            raise self.refuse("`do` is expected on a new line or behind a semicolon")
        self.lines()

    def _body(self) -> Node:
        self.expect("do")
        body = self._list("done")
        self.expect("done")
        return body

    def _assigned_since(self, start: int) -> tuple[tuple[str, bool], ...]:
        return tuple(dict.fromkeys(self._assigned[start:]))

    def _case(self) -> Node:
        start = self.position
        if self.substitutions:
            raise self.refuse("`case` inside a substitution is not supported")
        self.blanks()
        if not self.peek() or self.peek() in METACHARACTERS:
            raise self.refuse("a word is expected")
        word = self.word()
        self.lines()
        self.expect("in")
        self.lines()
        clauses: list[tuple[tuple[Raw, ...], Node]] = []
        while self.reserved() != "esac":
            patterns = self._case_patterns()
            self.lines()
            empty = self._closes((";;", "esac"))
            body: Node = Sequence(()) if empty else self._list(";;", "esac")
            clauses.append((patterns, body))
            self.lines()
            if not self.take(";;"):
                break
            if self.peek() == "&":
                raise self.refuse("`;;&` is not supported")
            self.lines()
        self.expect("esac")
        return Case(word, tuple(clauses), start)

    def _case_patterns(self) -> tuple[Raw, ...]:
        self.take("(")
        patterns: list[Raw] = []
        while True:
            self.blanks()
            if not self.peek() or self.peek() in METACHARACTERS or self.reserved():
                raise self.refuse("a pattern is expected")
            patterns.append(self.word())
            if not self.take("|"):
                break
        if not self.take(")"):
            raise self.refuse("`)` is expected here")
        return tuple(patterns)

    # Simple commands.

    def _simple(self) -> Node:
        start = self.position
        assignments: list[Assignment] = []
        words: list[Raw] = []
        redirections: list[RawRedirection] = []
        while True:
            self.blanks()
            if words and self.text.startswith("<(", self.position):
                words.append(self._stream())
                continue
            redirections += self.redirections()
            if words and self.text.startswith("<(", self.position):
                continue
            if not (ahead := self.peek()) or ahead in METACHARACTERS:
                break
            if not words and (assignment := _ASSIGNMENT.match(self.text, self.position)):
                assignments.append(self._assignment(assignment))
            else:
                words.append(self._argument(first=not words, bare=not assignments and not redirections))
        if not (assignments or words or redirections):
            raise self.refuse(f"`{ahead}` is not expected here" if ahead.strip() else "a command is missing")
        self._simples += 1
        self._note_names(words)
        return Simple(tuple(assignments), tuple(words), tuple(redirections), start)

    def _assignment(self, found: re.Match[str]) -> Assignment:
        self.position = found.end()
        value = self.value()
        name, append = found.groups()
        self._assigned.append((name, not append and _is_number(value)))
        return Assignment(name, bool(append), value, found.group() + value.text)

    def _argument(self, *, first: bool, bare: bool) -> Raw:
        if first and (_SUBSCRIPT.match(self.text, self.position) or (not bare and self.reserved())):
            raise self.refuse("this is not supported in front of a command")
        start = self.position
        word = self.word()
        if self.peek() in {"<", ">"} and word.text.startswith("{"):
            raise self.refuse("a named descriptor is not supported", start)
        if first and not word.literal:
            raise self.refuse("which command runs is known only when it does", start)
        return word

    def _note_names(self, words: list[Raw]) -> None:
        """Note every argument that may name a variable to a command that assigns it."""
        if not words or words[0].literal not in _ASSIGNERS:
            return
        for word in words[1:]:
            if named := _NAMED.match(word.text):
                self._assigned.append((named.group(1), False))


def _is_number(value: Raw) -> bool:
    if len(value.parts) == 1 and isinstance(value.parts[0], Arithmetic):
        return True
    return re.fullmatch(r"-?[0-9]+", value.text) is not None


def substitutions_in(word: Raw) -> list[Node]:
    """Return the commands that are run to expand a word."""
    return [part.body for part in word.parts if isinstance(part, (Substitution, Stream))]


def expressions_in(word: Raw) -> list[Expression]:
    """Return what is evaluated to expand a word."""
    return [part.expression for part in word.parts if isinstance(part, Arithmetic)]
