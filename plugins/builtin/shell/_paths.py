"""From a word of a command to the files it means."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from fnmatch import fnmatchcase
from itertools import islice
from typing import Final

from gaff.hooks import Action

from ._links import leads_out
from ._places import Places
from ._uses import FileKind, FileUse
from ._words import Word

_DEVICES: Final = re.compile(r"/dev/(?:null|zero|stdin|stdout|stderr|tty|u?random|fd/\d+)")
_NETWORK: Final = ("/dev/tcp/", "/dev/udp/")
#: More matches of a pattern than this are not judged one by one.
_MOST_MATCHES: Final = 200

#: A path that is not known is shown without its quotes, and without the texts of other commands.
_SUBSTITUTION: Final = re.compile(r"\$\(.*\)", re.DOTALL)
_PLAIN: Final = str.maketrans({**dict.fromkeys("'\"", ""), **dict.fromkeys("\n\t\r", " ")})

_BRACKETS: Final = re.compile(r"\[[^/]*\]")

_UNKNOWN_PATH: Final = "which file this is is known only when the command runs"
_UNKNOWN_PLACE: Final = "the directory this path starts from is known only when the command runs"
_HOME_TARGET: Final = "a target that starts with ~ is asked for"
_LEADS_OUT: Final = "links below this folder are followed, and they may lead out of it"
_UNKNOWN_MATCHES: Final = "which files this pattern matches could not be made out"


def file_actions(use: FileUse, places: Places) -> Iterator[Action]:
    """Yield the actions on the files that an argument means.

    Where that is known only when the command runs, the path holds the argument as it was written: its
    command is allowed by no more than a rule or the user, and denials are held against what it may become.
    """
    word, kind = use.word, use.kind
    if use.from_top:
        places = _tops(places)
    if use.follows and word.value is not None:
        for path in _located(word.value, places) or ():
            if os.path.isdir(path) and leads_out(path):
                yield path_action(kind, path, understood=False, why=_LEADS_OUT)
    value = _SUBSTITUTION.sub("$()", word.text).translate(_PLAIN) if word.value is None else word.value
    if not _DEVICES.fullmatch(value):
        paths = _located(value, places)
        if paths is None:
            yield _unclear(kind, word, _UNKNOWN_PLACE)
        for path in paths or ():
            yield from _matching(kind, word, path) if word.glob else _actions(kind, path, use.into)


def redirection_actions(kind: FileKind, word: Word, places: Places) -> Iterator[Action]:
    """Yield the actions on the target of a redirection.

    A pattern is understood there only for what is read, and ``~`` too: writing there is documented to need
    approval whatever it stands for.
    """
    matched = kind == "read" and word.glob and not word.splits and word.value is not None
    if word.literal is None and not matched:
        yield _unclear(kind, word, _UNKNOWN_PATH)
    elif word.shown.startswith(_NETWORK):
        yield _unclear(kind, word, "this opens a network connection")
    elif kind == "write" and word.text.startswith("~"):
        found = file_actions(FileUse(kind, word), places)
        yield from (replace(action, understood=False, why=_HOME_TARGET) for action in found)
    else:
        yield from file_actions(FileUse(kind, word), places)


def path_action(kind: FileKind, path: str, *, understood: bool = True, why: str = "") -> Action:
    """Return the action on a file whose absolute path is known; links are followed for ``resolved``."""
    target = os.path.normpath(path)
    if target.startswith("//"):
        target = target[1:]
    return Action(kind, target, resolved=os.path.realpath(path), understood=understood, why=why)


def _tops(places: Places) -> Places:
    """Return the tops of the git repositories that the places are in."""
    if places is None:
        return None
    return frozenset(next(filter(_has_repository, _upwards(place)), place) for place in places)


def _upwards(place: str) -> Iterator[str]:
    while True:
        yield place
        if place == os.path.dirname(place):
            return
        place = os.path.dirname(place)


def _has_repository(folder: str) -> bool:
    return os.path.lexists(os.path.join(folder, ".git"))


def _located(value: str, places: Places) -> list[str] | None:
    if os.path.isabs(value):
        return [value]
    return None if places is None else [os.path.join(place, value) for place in sorted(places)]


def _unclear(kind: FileKind, word: Word, why: str) -> Action:
    return Action(kind, word.text, understood=False, why=why)


def _actions(kind: FileKind, path: str, into: str) -> Iterator[Action]:
    yield path_action(kind, path)
    if into and os.path.isdir(path):
        yield path_action(kind, os.path.join(path, into))


def _matching(kind: FileKind, word: Word, path: str) -> Iterator[Action]:
    """Yield the actions on what a pattern matches now, and on the pattern itself."""
    value = word.value or ""
    head, _, last = value.rpartition("/")
    plain = not (word.quoted or ".." in value)
    plain = plain and not any(fnmatchcase(name, last) and last.startswith(".") for name in (".", ".."))
    certain = plain and not set(head) & set("*?[") and "[" not in last
    # what is only looked at and matches below a folder without links out of it lies there
    certain = certain or (plain and kind == "read" and not leads_out(_folder_of(path)))
    # shells differ in what brackets match, so that anything counts there
    found = list(islice(glob.iglob(_BRACKETS.sub("*", path)), _MOST_MATCHES + 1))
    certain = certain and len(found) <= _MOST_MATCHES
    yield path_action(kind, path, understood=certain, why="" if certain else _UNKNOWN_MATCHES)
    for match in found[:_MOST_MATCHES]:
        yield path_action(kind, match)


def _folder_of(pattern: str) -> str:
    """Return the folder that a pattern starts from."""
    fixed = re.split(r"[*?\[]", pattern, maxsplit=1)[0]
    return os.path.dirname(fixed) or "/"
