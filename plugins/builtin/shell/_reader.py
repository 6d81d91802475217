"""The strict reader: what a shell text runs, or a refusal.

A permission may be granted on what this reader says, and on nothing else: it knows a subset of bash, lists
every simple command of it (those in substitutions too), and refuses all the rest. A variable whose values
are known is replaced by them: a command in a loop over two names is listed twice. Wrong is only what it
lists short; a test lets bash itself say what it tries to run.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass, replace
from typing import Final

from ._builtins import (
    assigned_by_read,
    exported_by,
    objection,
    reaches_programs,
    refuses_assignment,
    unset_names,
)
from ._characters import first_hidden, name_of
from ._expansion import Case as Held, assigned_value, cases_of, expand, expand_one
from ._parameters import Parameter
from ._parser import Parser, expressions_in, substitutions_in
from ._places import MOVERS, Places, moved, union
from ._tree import (
    AndOr,
    Assignment,
    Calculation,
    Case,
    Condition,
    If,
    Loop,
    Node,
    Pipeline,
    RawRedirection,
    Redirected,
    Sequence as Commands,
    Simple,
    Subshell,
)
from ._variables import MOST_VARIABLES, NUMBER, UNKNOWN, UNSET, Text, Value, Variables, covers, either, one_of
from ._words import Raw, Refused, Word
from ._wrappers import unwrap

#: Longer commands are not read. Source: code.claude.com/docs/en/permissions.
LONGEST: Final = 10_000
#: Once so many commands are listed, variables with several values are taken for unknown.
_MANY: Final = 200
#: Texts of more commands, and of more words, are not read.
_MOST: Final = 500
_MOST_WORDS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Redirection:
    """A redirection: ``2>> log`` has the operator ``>>``."""

    operator: str
    target: Word


@dataclass(frozen=True, slots=True)
class Command:
    """One simple command; without words it is assignments or redirections alone.

    ``inherited`` are assignments made earlier in the text that programs may see; ``source`` is the command
    whose output it is given, where that is one simple command, and so is all in front of it.
    """

    assignments: tuple[str, ...]
    words: tuple[Word, ...]
    redirections: tuple[Redirection, ...]
    places: Places
    inherited: tuple[str, ...] = ()
    source: Command | None = None


@dataclass(frozen=True, slots=True)
class State:
    """What is known at a point of the text."""

    places: Places
    variables: Variables

    def joined(self, other: State) -> State:
        """Return what is known where it is not known which of the two is meant."""
        if self is other:
            return self
        return State(union(self.places, other.places), self.variables.joined(other.variables))

    def at(self, places: Places) -> State:
        """Return the state with the shell in one of these places."""
        pwd = UNKNOWN if places is None else Value(frozenset(map(Text, places)))
        return State(places, self.variables.with_value("PWD", pwd))

    def with_value(self, name: str, value: Value) -> State:
        """Return the state behind an assignment."""
        return State(self.places, self.variables.with_value(name, value))


@dataclass(frozen=True, slots=True)
class After:
    """The states behind a command, by how it ended."""

    succeeded: State
    failed: State

    @property
    def either(self) -> State:
        """The state where it is not known how the command ended."""
        return self.succeeded.joined(self.failed)


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
    if exported is not None and "POSIXLY_CORRECT" in exported:
        raise Refused("POSIXLY_CORRECT is set, which changes how bash reads commands", 0)
    return Reader(exported, home).read(Parser(text).parse(), cwd)


class Reader:
    """Lists the commands of one tree; a new one for each."""

    def __init__(self, exported: Container[str] | None, home: str | None) -> None:
        self._exported = exported
        self._home = home
        self._commands: list[Command] = []
        self._inherited: tuple[str, ...] = ()
        self._names: set[str] = set()
        self._words = 0

    def read(self, tree: Node, cwd: str) -> tuple[Command, ...]:
        """List the commands of the whole text."""
        start = State(None, Variables(self._exported, self._home, {})).at(frozenset({cwd}))
        self._after(tree, start)
        return tuple(self._commands)

    def _after(self, node: Node, state: State) -> After:
        """List the commands of a node that starts in ``state``; return the states behind it."""
        match node:
            case Simple():
                return self._simple(node, state)
            case Commands():
                return self._sequence(node, state)
            case AndOr():
                return self._and_or(node, state)
            case Pipeline():
                return self._pipeline(node, state)
            case Subshell():
                self._after(node.body, state)
                return After(state, state)
            case Redirected():
                return self._redirected(node, state)
            case If():
                return self._if(node, state)
            case Case():
                return self._case(node, state)
            case Loop():
                return self._loop(node, state)
            case Condition():
                return self._condition(node, state)
            case Calculation():
                return self._calculation(node, state)

    # Compound commands.

    def _sequence(self, node: Commands, state: State) -> After:
        after = After(state, state)
        for command, in_background in node.items:
            state = after.either
            after = self._after(command, state)
            if in_background:
                after = After(state, state)
        return after

    def _and_or(self, node: AndOr, state: State) -> After:
        after = self._after(node.first, state)
        for operator, command in node.rest:
            following = self._after(command, after.succeeded if operator == "&&" else after.failed)
            if operator == "&&":
                after = After(following.succeeded, after.failed.joined(following.failed))
            else:
                after = After(after.succeeded.joined(following.succeeded), following.failed)
        return after

    def _pipeline(self, node: Pipeline, state: State) -> After:
        if len(node.commands) == 1:
            after = self._after(node.commands[0], state)
        else:
            self._piped(node, state)
            after = After(state, state)
        return After(after.failed, after.succeeded) if node.negated else after

    def _piped(self, node: Pipeline, state: State) -> None:
        source: Command | None = None
        for command in node.commands:
            first = len(self._commands)
            self._after(command, state)
            alone = isinstance(command, Simple) and len(self._commands) == first + 1 and not node.merges
            if alone and source is not None:
                self._commands[-1] = replace(self._commands[-1], source=source)
            source = self._commands[-1] if alone and (source or command is node.commands[0]) else None

    def _redirected(self, node: Redirected, state: State) -> After:
        after = self._after(node.command, state)
        self._substitutions([one.target for one in node.redirections], state)
        for held in self._cases([one.target for one in node.redirections], state):
            self._add(Command((), (), self._targets(node.redirections, state, held), state.places))
        return after

    def _if(self, node: If, state: State) -> After:
        ends: list[State] = []
        for condition, body in node.branches:
            after = self._after(condition, state)
            ends.append(self._after(body, after.succeeded).either)
            state = after.failed
        ends.append(state if node.otherwise is None else self._after(node.otherwise, state).either)
        return _ended(ends)

    def _case(self, node: Case, state: State) -> After:
        self._substitutions([node.word], state)
        ends = [state]
        for patterns, body in node.clauses:
            self._substitutions(patterns, state)
            ends.append(self._after(body, state).either)
        return _ended(ends)

    def _loop(self, node: Loop, state: State) -> After:
        """List what may run again: each round finds the directory and the variables that the last one left."""
        first, inherited = len(self._commands), self._inherited
        self._substitutions(node.words, state)
        values = self._listed(node.words, state)
        entry = self._entry(node, state)
        inner = self._after(node.condition, entry) if node.condition else After(entry, entry)
        start = inner.either
        if node.variable:
            start = self._assigned(start, node.variable, values, node.position, f"{node.variable}=...")
        end = self._after(node.body, start).either
        for name, value in end.variables.values.items():
            if name != node.variable and not covers(entry.variables.get(name), value):
                raise Refused("what this loop assigns could not be followed", node.position)
        self._repeat(first, inherited, moves=end.places != state.places)
        left = end.joined(inner.either)
        if node.variable:
            left = left.with_value(node.variable, either(values, state.variables.get(node.variable)))
            if (node.variable, False) in node.assigned[1:]:
                left = left.with_value(node.variable, UNKNOWN)
        if end.places != state.places:
            left = left.at(None)
        return After(left, left)

    def _entry(self, node: Loop, state: State) -> State:
        """Return what is known at the start of any round."""
        state = state.with_value("PWD", UNKNOWN)
        for name, numeric in node.assigned:
            number = numeric and (name, False) not in node.assigned
            known = state.variables.get(name)
            state = state.with_value(name, NUMBER if number and known.has_digits else UNKNOWN)
        return state

    def _listed(self, words: Sequence[Raw], state: State) -> Value:
        """Return what a loop over the words assigns."""
        texts: set[Text] = set()
        for held in self._cases(words, state):
            for raw in words:
                for word in expand(raw, state.variables, held):
                    if word.value is None or word.splits or (word.glob and word.quoted):
                        return UNKNOWN
                    if word.glob and (state.places is None or len(state.places) > 1):
                        return UNKNOWN
                    origin = (next(iter(state.places or ())), word.value) if word.glob else None
                    texts.add(Text(word.value, word.glob, origin))
        return one_of(frozenset(texts))

    def _repeat(self, first: int, inherited: tuple[str, ...], *, moves: bool) -> None:
        """Let the commands from the first on be those of any round."""
        changed = self._inherited != inherited
        for index in range(first, len(self._commands)):
            command = self._commands[index]
            if moves:
                command = replace(command, places=None)
            if changed:
                command = replace(command, inherited=self._inherited)
            self._commands[index] = command

    def _condition(self, node: Condition, state: State) -> After:
        self._substitutions(node.words, state)
        for raw in node.numbers:
            if not self._holds_number(raw, state):
                raise Refused("this is evaluated, and may be more than a number", raw.position)
        words = tuple(_unsplit(raw, state) for raw in node.words)
        self._add(Command((), words, (), state.places))
        return After(state, state)

    def _holds_number(self, raw: Raw, state: State) -> bool:
        return all(assigned_value(raw, state.variables, held).is_number for held in self._cases([raw], state))

    def _calculation(self, node: Calculation, state: State) -> After:
        self._check_names(node.expression.names, state, node.position)
        if node.expression.assigns:
            for name in node.expression.names:
                former = state.variables.values.get(name, UNSET)
                value = NUMBER if node.expression.succeeds else either(former, NUMBER)
                state = self._assigned(state, name, value, node.position, f"{name}=...")
        return After(state, state)

    def _check_names(self, names: Sequence[str], state: State, position: int) -> None:
        for name in names:
            if not state.variables.counts(name):
                raise Refused(f"{name} is evaluated, and may hold more than a number", position)

    # Simple commands.

    def _simple(self, node: Simple, state: State) -> After:
        self._substitutions(node.words, state)
        inner = state
        for assignment in node.assignments:
            self._substitutions([assignment.value], inner)
            if refuses_assignment(assignment.name, lasting=not node.words):
                raise self._refuse_assignment(assignment.name, node.position)
            assigned = inner.with_value(assignment.name, self._value(assignment, inner))
            inner = assigned.joined(inner) if node.words else assigned
        # whether the targets of redirections see the assignments, bash decides by what follows
        behind = state.joined(inner)
        targets = [one.target for one in node.redirections]
        self._substitutions(targets, behind)
        afters: list[After] = []
        texts = tuple(one.text for one in node.assignments)
        assigned_names = {one.name for one in node.assignments}
        for held in self._cases([*node.words, *targets], state):
            words = tuple(word for raw in node.words for word in expand(raw, state.variables, held))
            left = {name: value for name, value in held.items() if name not in assigned_names}
            command = Command(texts, words, self._targets(node.redirections, behind, left), state.places)
            self._add(command)
            afters.append(self._effect(command, node, state))
        return After(
            _joined([after.succeeded for after in afters]), _joined([after.failed for after in afters])
        )

    def _value(self, assignment: Assignment, state: State) -> Value:
        value: Value | None = None
        for held in self._cases([assignment.value], state):
            one = UNKNOWN if assignment.appends else assigned_value(assignment.value, state.variables, held)
            value = one if value is None else either(value, one)
        return UNKNOWN if value is None else value

    def _effect(self, command: Command, node: Simple, state: State) -> After:
        """Note what the command does to those after it, and return where they run."""
        if not command.words:
            for one in node.assignments:
                value = self._value(one, state)
                state = self._assigned(state, one.name, value, node.position, one.text)
            return After(state, state)
        wrappers, words = unwrap(command.words)
        if not words[0].literal or words[0].expanded:
            raise Refused("which command runs is known only when it does", node.position)
        reason = objection(words)
        if reason:
            raise Refused(reason, node.position)
        if words[0].literal in {"read", "export", "unset"}:
            state = self._after_special(words, node, state)
        if words[0].literal not in MOVERS:
            return After(state, state)
        plain = not wrappers and not command.assignments
        places = moved(state.places, words, self._home) if plain else None
        return After(state.at(places), state)

    def _after_special(self, words: Sequence[Word], node: Simple, state: State) -> State:
        """Return what is known behind a command of bash itself that changes variables."""
        name = words[0].literal
        if name == "read":
            names = ("REPLY", *(assigned_by_read(words[1:]) or ()))
            return self._all_assigned(names, UNKNOWN, node, state)
        # what stands in front of these two may stay assigned
        state = self._all_assigned([one.name for one in node.assignments], UNKNOWN, node, state)
        if name == "unset":
            return self._all_assigned(unset_names(words[1:]) or (), UNSET, node, state)
        for text, value in exported_by(words[1:]) or ():
            self._inherited += (text,)
            if value is not None:
                state = self._named(state, text.partition("=")[0], value, node.position)
        return state

    def _all_assigned(self, names: Sequence[str], value: Value, node: Simple, state: State) -> State:
        for name in names:
            state = self._assigned(state, name, value, node.position, f"{name}=...")
        return state

    def _assigned(self, state: State, name: str, value: Value, position: int, text: str) -> State:
        """Note an assignment that lasts; ``text`` is the assignment as later commands show it."""
        if refuses_assignment(name, lasting=True):
            raise self._refuse_assignment(name, position)
        if self._exported is None or name in self._exported or reaches_programs(name):
            self._inherited += (text,)
        return self._named(state, name, value, position)

    def _named(self, state: State, name: str, value: Value, position: int) -> State:
        self._names.add(name)
        if len(self._names) > MOST_VARIABLES:
            raise Refused(f"more than {MOST_VARIABLES} variables are not followed", position)
        return state.with_value(name, value)

    def _refuse_assignment(self, name: str, position: int) -> Refused:
        return Refused(f"assigning to {name} can change what other commands mean", position)

    # Words.

    def _add(self, command: Command) -> None:
        self._words += len(command.words)
        if len(self._commands) >= _MOST or self._words > _MOST_WORDS:
            raise Refused(f"more than {_MOST} commands or {_MOST_WORDS:,} words are not read at once", 0)
        self._commands.append(replace(command, inherited=self._inherited))

    def _cases(self, raws: Sequence[Raw], state: State) -> list[Held]:
        """Return what the variables in the words may hold together."""
        if len(self._commands) > _MANY:
            names = (part.name for raw in raws for part in raw.parts if isinstance(part, Parameter))
            return [dict.fromkeys(names, UNKNOWN)]
        return list(cases_of(raws, state.variables))

    def _targets(
        self, redirections: Sequence[RawRedirection], state: State, held: Held
    ) -> tuple[Redirection, ...]:
        return tuple(
            Redirection(one.operator, expand_one(one.target, state.variables, held)) for one in redirections
        )

    def _substitutions(self, raws: Sequence[Raw], state: State) -> None:
        """List the commands that are run to expand the words, and check what is evaluated in them."""
        for raw in raws:
            for body in substitutions_in(raw):
                self._after(body, state)
            for expression in expressions_in(raw):
                self._check_names(expression.names, state, raw.position)


def _ended(ends: Sequence[State]) -> After:
    state = _joined(ends)
    return After(state, state)


def _joined(states: Sequence[State]) -> State:
    joined = states[0]
    for state in states[1:]:
        joined = joined.joined(state)
    return joined


def _unsplit(raw: Raw, state: State) -> Word:
    """Return a word of ``[[``, where nothing is split or matched."""
    texts = assigned_value(raw, state.variables, {}).texts
    known = next(iter(texts)) if texts is not None and len(texts) == 1 else None
    return Word(raw.text, known.text if known and not known.pattern else None, quoted=True)
