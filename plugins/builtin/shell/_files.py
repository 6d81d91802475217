"""The files that a simple command certainly reads, writes or deletes, as far as its arguments tell.

Where options are not known, every argument that is no option counts: too many files only make the
judgement stricter.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from ._forms import FORMS, sort_arguments
from ._sed import read_sed
from ._words import Word

FileKind: TypeAlias = Literal["read", "write", "delete"]


@dataclass(frozen=True, slots=True)
class FileUse:
    """A file a command uses; ``into`` names the file that appears in it where it is a directory."""

    kind: FileKind
    word: Word
    into: str = ""


#: Programs that run the command given in their arguments.
_LAUNCHERS: Final = frozenset(
    "sudo doas env xargs parallel watch setsid ionice flock chroot unshare nsenter busybox toybox nice timeout nohup "
    "stdbuf find time".split()
)
#: What ``find -exec`` puts names in for, and ends with.
_PLACEHOLDERS: Final = frozenset({"{}", ";", "+"})
_READERS: Final = frozenset(
    name for name, form in FORMS.items() if form.operands in {"files", "pattern", "one file"}
)


def _plain_operands(arguments: Sequence[Word]) -> list[Word]:
    """Return what is not an option, by name alone."""
    operands: list[Word] = []
    for index, word in enumerate(arguments):
        if word.value == "--":
            return [*operands, *arguments[index + 1 :]]
        if not word.shown.startswith("-"):
            operands.append(word)
    return operands


def _reads(name: str, arguments: Sequence[Word]) -> Iterator[FileUse]:
    sorted_out = sort_arguments(name, arguments)
    files = _plain_operands(arguments) if sorted_out is None else sorted_out.files
    for word in files:
        yield FileUse("read", word)


def _deletes(arguments: Sequence[Word]) -> Iterator[FileUse]:
    for word in _plain_operands(arguments):
        yield FileUse("delete", word)


def _writes(arguments: Sequence[Word]) -> Iterator[FileUse]:
    for word in _plain_operands(arguments):
        yield FileUse("write", word)


def _copies(arguments: Sequence[Word], source: FileKind) -> Iterator[FileUse]:
    """The last argument is written, or the one behind ``-t``; the others are sources."""
    operands = _plain_operands(arguments)
    targeted = any(word.shown.startswith(("-t", "--t")) for word in arguments)
    if targeted or len(operands) < 2:
        values = [_behind_option(word) for word in arguments if word.shown.startswith(("-t", "--t"))]
        for word in (*operands, *(value for value in values if value.text)):
            yield FileUse("write", word)
        return
    *sources, target = operands
    for word in sources:
        yield FileUse(source, word)
        yield FileUse("write", target, os.path.basename(word.shown.rstrip("/")))


def _behind_option(word: Word) -> Word:
    """Return the value of ``-tDIR`` and ``--target-directory=DIR`` as a word of its own."""
    text = word.shown.partition("=")[2] if word.shown.startswith("--") else word.shown[2:]
    return Word(text, None if word.value is None else text, word.glob)


def _sed(arguments: Sequence[Word]) -> Iterator[FileUse]:
    sed = read_sed(arguments)
    files = _plain_operands(arguments) if sed is None else sed.files
    edits = sed is None or sed.in_place
    for word in files:
        yield FileUse("write" if edits else "read", word)


def _find(arguments: Sequence[Word]) -> Iterator[FileUse]:
    """What ``-delete`` would delete: everything below the start."""
    if not any(word.value == "-delete" for word in arguments):
        return
    starts: list[Word] = []
    for word in arguments:
        if word.shown.startswith(("-", "(", "!")):
            if word.value in {"-H", "-L", "-P"}:
                continue
            break
        starts.append(word)
    for word in starts or [Word(".", ".")]:
        yield FileUse("delete", word)


_EFFECTS: Final[dict[str, Callable[[Sequence[Word]], Iterator[FileUse]]]] = {
    "rm": _deletes,
    "rmdir": _deletes,
    "unlink": _deletes,
    "shred": _deletes,
    "touch": _writes,
    "mkdir": _writes,
    "tee": _writes,
    "truncate": _writes,
    "cp": lambda arguments: _copies(arguments, "read"),
    "ln": lambda arguments: _copies(arguments, "read"),
    "mv": lambda arguments: _copies(arguments, "delete"),
    "sed": _sed,
    "find": _find,
}


def files_used(words: Sequence[Word]) -> Iterator[FileUse]:
    """Yield the files that the command of these words uses, wrappers taken off."""
    name = os.path.basename(words[0].shown)
    if name in _READERS:
        yield from _reads(name, words[1:])
    elif name in _EFFECTS:
        yield from _EFFECTS[name](words[1:])
    if name in _LAUNCHERS:
        inner = next(
            (at for at in range(1, len(words)) if os.path.basename(words[at].shown) in _EFFECTS), None
        )
        if inner is not None:
            yield from files_used([word for word in words[inner:] if word.shown not in _PLACEHOLDERS])
