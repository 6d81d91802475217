"""The words of a shell command: as they are written, and as bash would pass them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from ._arithmetic import Expression
    from ._parameters import Parameter
    from ._tree import Node

#: Characters that end a word where they are not quoted.
METACHARACTERS: Final = frozenset(" \t\n|&;()<>")


class Refused(Exception):
    """A command that the strict reader does not understand: ``reason``, and where in the text."""

    def __init__(self, reason: str, position: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.position = position


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a command, expanded.

    ``value`` is what bash passes, with a pattern left as it is; ``None`` where that is known only
    when the command runs. ``splits`` marks an expansion outside quotes, which may become no word or
    many; with a known value it is a pattern whose matches, those of ``origin``, are split at their blanks.
    ``glob`` marks a pattern outside quotes, ``single`` one that stands for just one name; ``quoted`` any quoting, which makes it no reserved word;
    ``expanded`` a word that the text does not spell out.
    """

    text: str
    value: str | None
    glob: bool = False
    splits: bool = False
    quoted: bool = False
    expanded: bool = False
    single: bool = False
    #: A folder and a pattern in it.
    origin: tuple[str, str] | None = None
    #: Whether it is the name of a pipe that commands of the text write to.
    stream: bool = False
    #: How the value begins, as far as the text spells it out, where the whole is not known.
    begins: str = ""

    @property
    def shown(self) -> str:
        """What bash passes where that is known, else the word as written."""
        return self.text if self.value is None else self.value

    @property
    def literal(self) -> str | None:
        """The value where the word is exactly one known word; else ``None``."""
        return None if self.glob else self.value

    @property
    def is_one(self) -> bool:
        """Whether bash passes exactly one word, known or not."""
        return self.value is not None or not (self.glob or self.splits or self.stream)


# What a word is written with.


@dataclass(frozen=True, slots=True)
class Literal:
    """Text that means itself; unquoted, its pattern characters are a pattern."""

    text: str
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Home:
    """``~`` at the start of a word."""


@dataclass(frozen=True, slots=True)
class Braces:
    """``{a,b}`` or ``{1..3}``: the word once with each of these."""

    choices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Substitution:
    """``$(...)``."""

    body: Node
    quoted: bool


@dataclass(frozen=True, slots=True)
class Stream:
    """``<(...)``, all of a word: the name of a pipe that the commands write to."""

    body: Node


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """``$((...))``: a number."""

    expression: Expression


@dataclass(frozen=True, slots=True)
class Unknown:
    """Something that is known only when the command runs."""

    quoted: bool = False


Part: TypeAlias = "Literal | Home | Braces | Parameter | Substitution | Stream | Arithmetic | Unknown"


@dataclass(frozen=True, slots=True)
class Raw:
    """A word as written."""

    text: str
    parts: tuple[Part, ...]
    position: int
    quoted: bool = False

    @property
    def literal(self) -> str | None:
        """What the word means wherever it stands; ``None`` where it holds an expansion or a pattern."""
        texts = [part.text for part in self.parts if isinstance(part, Literal)]
        plain = len(texts) == len(self.parts) and not self.has_pattern
        return "".join(texts) if plain else None

    @property
    def has_pattern(self) -> bool:
        """Whether what is unquoted in the word, expansions apart, could be a pattern."""
        return has_pattern(
            "".join(part.text for part in self.parts if isinstance(part, Literal) and not part.quoted)
        )


def has_pattern(text: str) -> bool:
    """Whether the text, unquoted, could be a pattern."""
    return "*" in text or "?" in text or ("[" in text and "]" in text)
