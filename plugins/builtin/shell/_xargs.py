"""``xargs`` behind a command that names files: which files its own command is given.

The names lie below folders that are known where every command in front only lists or picks names. xargs
splits them at blanks and takes quotes off: that they hold none is looked up on the disk.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from ._files import FIND_OPTION
from ._forms import FORMS, sort_arguments
from ._git import only_looks
from ._read_only import is_read_only_command, only_finds
from ._reader import Command
from ._uses import HERE
from ._words import Word
from ._xargs_options import xargs_options

_MOST: Final = 20_000
_APART: Final = re.compile(r"[\s'\"\\]")
#: A name as good as any that the command may be given.
_NAME: Final = Word("./x", "./x")
#: Commands that must not be given a name that looks like an option.
_AFTER_FIND: Final = frozenset({"file", "zcat", "bzcat", "xzcat"})
#: Primaries of find that print anything but names alone.
_FIND_PRINTS: Final = frozenset({"-printf", "-ls"})
_GREP_PICKS: Final = frozenset("vEFiPexwaz") | {
    "invert-match",
    "extended-regexp",
    "fixed-strings",
    "ignore-case",
    "regexp",
    "null-data",
}
_SORTS: Final = frozenset("rufnVz") | {"zero-terminated"}
_PICKS: Final = {
    **dict.fromkeys(("grep", "egrep"), _GREP_PICKS),
    **dict.fromkeys(("sort", "uniq"), _SORTS),
    **dict.fromkeys(("head", "tail"), frozenset({"n", "lines", "z", "zero-terminated"})),
}
#: Options of what lists names: with any other, what is printed may be no name of a file.
_LISTS: Final = {
    "ls": frozenset("1rtSUpdA"),
    "rg": frozenset("l files files-with-matches i w F g glob t type T hidden 0".split()),
    **dict.fromkeys(
        ("grep", "egrep"),
        frozenset("lLrRiwxvEFPIseh")
        | {"files-with-matches", "files-without-match", "recursive", "ignore-case", "regexp", "fixed-strings"}
        | {"include", "exclude", "exclude-dir", "extended-regexp", "word-regexp", "null", "Z"},
    ),
}
#: With these, a filter takes names to end at null characters; a line break may then stand inside of one.
_NULL_PICKS: Final = frozenset({"z", "null-data", "zero-terminated"})
_LONGEST_CHAIN: Final = 8


@dataclass(frozen=True, slots=True)
class Fed:
    """What xargs runs, with a name in place, and the folders below which the names lie."""

    words: tuple[Word, ...]
    folders: tuple[Word, ...]
    #: Whether names end at null characters, so that nothing is split.
    null: bool
    #: Whether every name begins with that of a folder, so that none looks like an option.
    below: bool = False


def fed_by_source(command: Command) -> Fed | None:
    """Return what ``xargs`` with its options and its source comes to; ``None`` where that is not known."""
    words = command.words
    if not words or words[0].literal != "xargs" or command.redirections or command.source is None:
        return None
    taken = xargs_options(words)
    if taken is None:
        return None
    length, null, placeholder = taken
    folders, null_source, below = _folders(command.source)
    if not folders or null != null_source or length >= len(words):
        return None
    inner = words[length:]
    if placeholder:
        placed = tuple(_NAME if word.value == placeholder else word for word in inner)
        hidden = any(placeholder in word.shown for word in placed if word is not _NAME)
        return None if hidden or placed[0] is _NAME else Fed(placed, folders, null, below)
    return Fed((*inner, _NAME), folders, null, below)


def only_looks_at_names(fed: Fed) -> bool:
    """Whether the command changes nothing, whichever names it is given."""
    name = fed.words[0].shown
    if name in {"echo", "basename", "dirname"}:
        return True
    known = name in FORMS and FORMS[name].operands in {"files", "pattern", "names"}
    return (
        known
        and (FORMS[name].globs or (fed.below and name in _AFTER_FIND))
        and is_read_only_command(fed.words, ())
    )


def stay_whole(folders: Sequence[str], *, below: bool) -> bool:
    """Whether no name below the folders holds what xargs splits or takes off.

    ``below`` says that names begin with that of their folder; others must not look like options.
    """
    names = list(islice(_below(folders), _MOST + 1))
    options = not below and any(name.startswith("-") for name in names)
    return len(names) <= _MOST and not options and not any(map(_APART.search, names))


def _below(folders: Sequence[str]) -> Iterator[str]:
    for folder in folders:
        for parent, directories, files in os.walk(folder):
            yield os.path.relpath(parent, folder)
            yield from (*directories, *files)


def _folders(source: Command | None) -> tuple[tuple[Word, ...], bool, bool]:
    """Return the folders of the names that reach the end of a pipeline.

    Also whether the names end at null, and whether each begins with the name of its folder.
    """
    picked: set[bool] = set()
    for _ in range(_LONGEST_CHAIN):
        if source is None or not source.words or not _prints_names_alone(source):
            return (), False, False
        if source.source is None:
            break
        by_null = _picks(source.words)
        if by_null is None:
            return (), False, False
        picked.add(by_null)
        source = source.source
    else:
        return (), False, False
    named = _named(source.words[0].shown, source.words[1:])
    known = all(word.literal and not word.literal.startswith(("-", "~")) for word in named or ())
    null = any(word.value in {"-print0", "-z", "-0", "--null"} for word in source.words)
    known = known and (null or not any(_APART.search(word.shown) for word in named or ()))
    folders = tuple(named) if named and known and picked <= {null} else ()
    return folders, null, source.words[0].literal == "find"


def _prints_names_alone(command: Command) -> bool:
    if command.assignments or any(word.value is None or word.glob for word in command.words[:1]):
        return False
    return all(
        one.operator == ">" and one.target.literal == "/dev/null" for one in command.redirections
    ) and all(word.value is not None for word in command.words)


def _picks(words: Sequence[Word]) -> bool | None:
    """Return whether a filter takes names to end at null, where it passes on whole ones that it is given.

    ``None`` stands for one that may print anything else.
    """
    name = words[0].shown
    found = sort_arguments(name, words[1:]) if name in _PICKS else None
    if found is None or found.files or not found.options <= _PICKS[name]:
        return None
    return not found.options.isdisjoint(_NULL_PICKS)


def _named(name: str, arguments: Sequence[Word]) -> list[Word] | None:
    """Return the folders and files below which a command names files; ``None`` where it may name others."""
    values = [word.shown for word in arguments]
    if any(word.glob and name != "ls" for word in arguments):
        return None
    if name == "find":
        return (
            None if not only_finds(arguments) or not _FIND_PRINTS.isdisjoint(values) else _starts(arguments)
        )
    if name == "git":
        lists = values[:1] == ["ls-files"] or (values[:1] == ["diff"] and "--name-only" in values)
        plain = not any(
            ".." in value
            or _APART.search(value)
            or value.startswith(("/", ":", "-s", "--stage", "-t", "-v", "--eol"))
            for value in values
        )
        # What is not on the disk any more cannot be looked at for blanks.
        there = "-z" in values or (values[0] == "ls-files" and not {"-d", "--deleted"} & {*values})
        return [HERE] if lists and plain and there and only_looks(values) else None
    return _named_by_search(name, arguments)


def _starts(arguments: Sequence[Word]) -> list[Word]:
    starts: list[Word] = []
    for word in arguments:
        if FIND_OPTION.fullmatch(word.shown):
            continue
        if word.shown.startswith(("-", "(", "!")):
            break
        starts.append(word)
    return starts or [HERE]


def _named_by_search(name: str, arguments: Sequence[Word]) -> list[Word] | None:
    found = sort_arguments(name, arguments)
    if found is None or not found.options <= _LISTS.get(name, frozenset()):
        return None
    if name == "ls":
        names = [word for word in found.operands if not word.glob]
        if any(word.glob and (".." in word.shown or word.shown.startswith("/")) for word in found.operands):
            return None
        return [HERE, *names]
    lists = not found.options.isdisjoint({"l", "L", "files", "files-with-matches", "files-without-match"})
    if name in {"grep", "egrep", "rg"} and lists:
        files = list(found.operands if "files" in found.options else found.files)
        return files or [HERE]
    return None
