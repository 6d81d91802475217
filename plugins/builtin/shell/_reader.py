"""The strict reader: what a shell text runs, or a refusal.

A permission may be granted on what this reader says, and on nothing else: it knows a subset of bash, lists
every simple command of it (those in substitutions too), and refuses all the rest. Wrong is only what it
lists short; a test lets bash itself say what it tries to run.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final

from ._builtins import assigned_by_read, exported_by, objection, refuses_assignment
from ._characters import first_hidden, name_of
from ._places import MOVERS, After, Places, moved, union
from ._tokens import Redirection, Tokens
from ._words import METACHARACTERS, Refused, Word
from ._wrappers import unwrap

#: Longer commands are not read. Source: code.claude.com/docs/en/permissions.
LONGEST: Final = 10_000
_DEEPEST: Final = 25

_ASSIGNMENT: Final = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)\+?=")
_SUBSCRIPT: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\[")


@dataclass(frozen=True, slots=True)
class Command:
    """One simple command; without words it is assignments or redirections alone.

    ``inherited`` are assignments made earlier in the text that programs may see.
    """

    assignments: tuple[str, ...]
    words: tuple[Word, ...]
    redirections: tuple[Redirection, ...]
    places: Places
    inherited: tuple[str, ...] = ()


def read_commands(
    text: str, cwd: str, home: str | None, exported: Container[str] | None = None
) -> tuple[Command, ...]:
    """Return every simple command that the text may run from ``cwd``, inner ones before outer ones.

    ``exported`` are the variables of the environment, through which programs see an assignment; where it
    is ``None``, any may be.

    Raises:
        Refused: the text holds something the reader does not know.
    """
    if len(text) > LONGEST:
        raise Refused(f"the command is longer than {LONGEST:,} characters", LONGEST)
    hidden = first_hidden(text)
    if hidden is not None:
        raise Refused(f"the command holds a character that cannot be seen, {name_of(text[hidden])}", hidden)
    return Reader(text, cwd, home, exported).read()


class Reader(Tokens):
    """Reads one text; a new one for each."""

    def __init__(self, text: str, cwd: str, home: str | None, exported: Container[str] | None) -> None:
        super().__init__(text, home)
        self._exported = exported
        self._commands: list[Command] = []
        self._places: Places = frozenset({cwd})
        self._inherited: list[str] = []
        self._depth = 0
        #: Compound commands, negations and background commands so far.
        self._joints = 0
        self._compounds: Final[dict[str, Callable[[], After]]] = {
            "{": self._group,
            "if": self._if,
            "for": self._for,
            "while": self._while,
            "until": self._while,
        }

    def read(self) -> tuple[Command, ...]:
        """Read the whole text."""
        self._list()
        if self.peek():
            raise self.refuse(f"`{self.peek()}` is not expected here")
        if self.awaits_document:
            raise self.refuse("a here-document has no body")
        return tuple(self._commands)

    # Lists, pipelines.

    def _list(self, *closers: str) -> After:
        """Read commands up to one of the closers, which is left ahead."""
        self.lines()
        after: After | None = None
        while not self._closes(closers):
            start = self._places
            after = self._and_or()
            separator = self._separator()
            if separator == "&":
                self._joints += 1
                after = After(start, start)
            self._places = after.either
            if not separator:
                break
            self.lines()
        if after is None:
            raise self.refuse("a command is missing")
        return after

    def _closes(self, closers: tuple[str, ...]) -> bool:
        ahead = self.peek()
        return not ahead or (ahead == ")" and ")" in closers) or self.reserved() in closers

    def _separator(self) -> str:
        self.blanks()
        ahead = self.peek()
        if ahead == "\n":
            self.newline()
        elif ahead in {";", "&"}:
            if self.peek(1) in {";", "&"}:
                raise self.refuse(f"`{ahead}{self.peek(1)}` is not expected here")
            self.position += 1
        else:
            return ""
        return ahead

    def _and_or(self) -> After:
        after = self._pipeline()
        while operator := self.take("&&") or self.take("||"):
            self.lines()
            self._places = after.succeeded if operator == "&&" else after.failed
            following = self._pipeline()
            if operator == "&&":
                after = After(following.succeeded, union(after.failed, following.failed))
            else:
                after = After(union(after.succeeded, following.succeeded), following.failed)
        return after

    def _pipeline(self) -> After:
        negated = self._negations()
        start = self._places
        after = self._command()
        while not self.ahead("||") and (self.take("|&") or self.take("|")):
            self.lines()
            self._places = start
            self._command()
            after = After(start, start)
        return After(after.failed, after.succeeded) if negated else after

    def _negations(self) -> bool:
        negated = False
        self.blanks()
        while (word := self.reserved()) in {"!", "time"}:
            negated ^= word == "!"
            self._joints += 1
            self.position += len(word)
            self.blanks()
            if word == "time" and self.text.startswith("-", self.position):
                raise self.refuse("options of `time` are not supported")
        return negated

    # Compound commands.

    def _command(self) -> After:
        self.blanks()
        start = self._places
        if self.peek() == "(":
            after = self._subshell()
        elif word := self.reserved():
            if word not in self._compounds:
                raise self.refuse(f"`{word}` is not supported here")
            self.position += len(word)
            with self._nested():
                after = self._compounds[word]()
        else:
            return self._simple()
        redirections = tuple(self.redirections())
        if redirections:
            self._commands.append(Command((), (), redirections, start, tuple(self._inherited)))
        return after

    def _subshell(self) -> After:
        if self.peek(1) == "(":
            raise self.refuse("arithmetic is not supported")
        start = self._places
        self.position += 1
        with self._nested():
            self._list(")")
            self.expect(")")
        self._places = start
        return After(start, start)

    def substitution(self) -> None:
        """Read the commands of ``$(...)``.

        A here-document is taken only where it belongs to the one simple command inside: bash writes the
        commands of a substitution anew before it runs them, and loses separators behind a here-document.
        """
        start, opened = self._places, self.position
        first, bodies = len(self._commands), self.bodies
        self.substitutions += 1
        with self._nested():
            joints = self._joints
            self._list(")")
            self.expect(")")
        if self.awaits_document:
            raise self.refuse("a here-document has no body")
        if self.bodies > bodies and (len(self._commands) > first + 1 or self._joints > joints):
            raise self.refuse(
                "a here-document among other commands of a substitution is not supported", opened
            )
        self.substitutions -= 1
        self._places = start

    def _group(self) -> After:
        after = self._list("}")
        self.expect("}")
        return after

    def _if(self) -> After:
        places: Places = frozenset()
        condition = self._list("then")
        while True:
            self.expect("then")
            self._places = condition.succeeded
            places = union(places, self._list("elif", "else", "fi").either)
            closer = self.reserved()
            self.expect(closer if closer in {"elif", "else"} else "fi")
            self._places = condition.failed
            if closer == "elif":
                condition = self._list("then")
                continue
            if closer == "else":
                places = union(places, self._list("fi").either)
                self.expect("fi")
            else:
                places = union(places, condition.failed)
            return After(places, places)

    def _while(self) -> After:
        with self._repeated() as after:
            self._list("do")
            self._body()
        return after()

    def _for(self) -> After:
        self.blanks()
        name = self.word() if self.peek() and self.peek() not in METACHARACTERS else None
        self._assigned(name.text if name else "", lasting=True)
        self.blanks()
        self.expect("in")
        self.blanks()
        while self.peek() and self.peek() not in METACHARACTERS:
            self.word()
            self.blanks()
        if self._separator() not in {";", "\n"}:
            raise self.refuse("`do` is expected on a new line or behind a semicolon")
        self.lines()
        with self._repeated() as after:
            self._body()
        return after()

    def _body(self) -> None:
        self.expect("do")
        self._list("done")
        self.expect("done")

    @contextmanager
    def _repeated(self) -> Generator[Callable[[], After], None, None]:
        """Read what may run again: each round finds the directory and the variables that the last one left."""
        start, first, assigned = self._places, len(self._commands), len(self._inherited)

        def after() -> After:
            return After(self._places, self._places)

        yield after
        commands = self._commands[first:]
        if self._places != start:
            self._places = None
            commands = [replace(command, places=None) for command in commands]
        if len(self._inherited) > assigned:
            inherited = tuple(self._inherited)
            commands = [replace(command, inherited=inherited) for command in commands]
        self._commands[first:] = commands

    # Simple commands.

    def _simple(self) -> After:
        assignments: list[str] = []
        words: list[Word] = []
        redirections: list[Redirection] = []
        while True:
            redirections += self.redirections()
            if not (ahead := self.peek()) or ahead in METACHARACTERS:
                break
            if not words and (assignment := _ASSIGNMENT.match(self.text, self.position)):
                self._assigned(assignment.group(1), lasting=False)
                assignments.append(self.word().text)
            else:
                words.append(self._argument(first=not words, bare=not assignments and not redirections))
        if not (assignments or words or redirections):
            raise self.refuse(f"`{ahead}` is not expected here" if ahead.strip() else "a command is missing")
        command = Command(
            tuple(assignments), tuple(words), tuple(redirections), self._places, tuple(self._inherited)
        )
        self._commands.append(command)
        return self._effect(command)

    def _argument(self, *, first: bool, bare: bool) -> Word:
        if first and (_SUBSCRIPT.match(self.text, self.position) or (not bare and self.reserved())):
            raise self.refuse("this is not supported in front of a command")
        start = self.position
        word = self.word()
        if self.peek() in {"<", ">"} and word.text.startswith("{"):
            raise self.refuse("a named descriptor is not supported", start)
        if first and not word.literal:
            raise self.refuse("which command runs is known only when it does", start)
        return word

    def _effect(self, command: Command) -> After:
        """Note what the command does to those after it, and return where they run."""
        if not command.words:
            for text in command.assignments:
                self._assigned(text.partition("=")[0].rstrip("+"), lasting=True, text=text)
            return After(self._places, self._places)
        wrappers, words = unwrap(command.words)
        if not words[0].literal:
            raise self.refuse("which command runs is known only when it does")
        reason = objection(words)
        if reason:
            raise self.refuse(reason)
        if words[0].literal == "export":
            self._inherited += exported_by(words[1:]) or ()
        elif words[0].literal == "read":
            for name in assigned_by_read(words[1:]) or ():
                self._assigned(name, lasting=True)
        if words[0].literal not in MOVERS:
            return After(self._places, self._places)
        plain = not wrappers and not command.assignments
        return After(moved(self._places, words, self._home) if plain else None, self._places)

    def _assigned(self, name: str, *, lasting: bool, text: str = "") -> None:
        """Note an assignment; ``text`` is the assignment as later commands show it."""
        if not name.isidentifier() or not name.isascii():
            raise self.refuse("a variable name is expected")
        if refuses_assignment(name, lasting=lasting):
            raise self.refuse(f"assigning to {name} can change what other commands mean")
        if lasting and (self._exported is None or name in self._exported):
            self._inherited.append(text or f"{name}=...")

    @contextmanager
    def _nested(self) -> Generator[None, None, None]:
        self._depth += 1
        self._joints += 1
        if self._depth > _DEEPEST:
            raise self.refuse("the command is nested too deeply")
        yield
        self._depth -= 1
