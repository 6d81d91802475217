"""What a shell text is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from ._arithmetic import Expression
from ._words import Raw


@dataclass(frozen=True, slots=True)
class Assignment:
    """``NAME=value`` or ``NAME+=value`` in front of a command; ``text`` is all of it as written."""

    name: str
    appends: bool
    value: Raw
    text: str


@dataclass(frozen=True, slots=True)
class RawRedirection:
    """A redirection as written; what follows the operator is a word, or the delimiter of a document."""

    operator: str
    target: Raw


@dataclass(frozen=True, slots=True)
class Simple:
    """A simple command; without words it is assignments or redirections alone."""

    assignments: tuple[Assignment, ...]
    words: tuple[Raw, ...]
    redirections: tuple[RawRedirection, ...]
    position: int


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Commands joined by ``|``, or by ``|&``, which ``merges`` errors into the output."""

    commands: tuple[Node, ...]
    negated: bool
    merges: bool = False


@dataclass(frozen=True, slots=True)
class AndOr:
    """Pipelines joined by ``&&`` and ``||``: ``rest`` holds the operators with what follows them."""

    first: Node
    rest: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class Sequence:
    """Commands one after the other; those marked run in the background."""

    items: tuple[tuple[Node, bool], ...]


@dataclass(frozen=True, slots=True)
class Subshell:
    """``( ... )``."""

    body: Node


@dataclass(frozen=True, slots=True)
class Redirected:
    """A compound command with redirections."""

    command: Node
    redirections: tuple[RawRedirection, ...]
    position: int


@dataclass(frozen=True, slots=True)
class If:
    """Conditions with what follows each, and what follows if none holds."""

    branches: tuple[tuple[Node, Node], ...]
    otherwise: Node | None


@dataclass(frozen=True, slots=True)
class Case:
    """A word, and patterns with what follows each."""

    word: Raw
    clauses: tuple[tuple[tuple[Raw, ...], Node], ...]
    position: int


@dataclass(frozen=True, slots=True)
class Loop:
    """What runs again: a ``condition`` and a body, or a body for each of the ``words``.

    ``assigned`` are the names that may be assigned in it, and whether only ever a number.
    """

    condition: Node | None
    body: Node
    assigned: tuple[tuple[str, bool], ...]
    position: int
    variable: str = ""
    words: tuple[Raw, ...] = ()


@dataclass(frozen=True, slots=True)
class Condition:
    """``[[ ... ]]``: all its words, and those of them that are evaluated as numbers."""

    words: tuple[Raw, ...]
    numbers: tuple[Raw, ...]
    position: int


@dataclass(frozen=True, slots=True)
class Calculation:
    """``((...))``."""

    expression: Expression
    position: int


Node: TypeAlias = (
    Simple | Pipeline | AndOr | Sequence | Subshell | Redirected | If | Case | Loop | Condition | Calculation
)


def is_pwd(node: Node) -> bool:
    """Whether the commands are ``pwd`` alone."""
    if isinstance(node, Sequence) and len(node.items) == 1:
        node, in_background = node.items[0]
        plain = isinstance(node, Simple) and not (node.assignments or node.redirections or in_background)
        return plain and isinstance(node, Simple) and [word.literal for word in node.words] == ["pwd"]
    return False
