"""How a command uses a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from ._words import Word

FileKind: TypeAlias = Literal["read", "write", "delete"]

#: The current directory.
HERE: Final = Word(".", ".")


@dataclass(frozen=True, slots=True)
class FileUse:
    """A file a command uses; ``into`` names the file that appears in it where it is a directory.

    ``follows`` marks a folder whose links the command follows on its way through it.
    """

    kind: FileKind
    word: Word
    into: str = ""
    follows: bool = False
    #: Whether a relative path starts at the top of the git repository.
    from_top: bool = False


def plain_operands(arguments: Sequence[Word]) -> list[Word]:
    """Return what is not an option, by its look alone."""
    operands: list[Word] = []
    for index, word in enumerate(arguments):
        if word.value == "--":
            return [*operands, *arguments[index + 1 :]]
        if not word.shown.startswith("-"):
            operands.append(word)
    return operands


def renamed(word: Word, text: str) -> Word:
    """Return a part of a word, such as the value behind an equals sign, as a word of its own."""
    return Word(text, None if word.value is None else text, word.glob, word.splits)


def option_values(arguments: Sequence[Word]) -> Iterator[tuple[str, Word]]:
    """Yield every option with what may be its value: behind an equals sign, attached, or the next word."""
    for index, word in enumerate(arguments):
        text = word.shown
        if text.startswith("--"):
            name, equals, value = text.partition("=")
            if equals:
                yield name, renamed(word, value)
                continue
        elif text.startswith("-") and len(text) > 2:
            yield text[:2], renamed(word, text[2:])
            name = f"-{text[-1]}"
        else:
            name = text
        if name.startswith("-") and index + 1 < len(arguments):
            yield name, arguments[index + 1]
