"""Where earlier parts of a text change what later paths lead to.

A folder that is moved or copied takes its links along, an archive brings its own, and ``ln`` makes one:
what was found on the disk before the text runs says nothing of a path at or below such a place.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal, TypeAlias

from gaff.hooks import Action

from ._files import LAUNCHERS
from ._words import Word

Made: TypeAlias = Literal["nothing", "named", "anything"]

_WHY: Final = "an earlier part of the command may change where this path leads"
#: Programs that make entries at places their arguments do not tell for certain.
_MAKERS: Final = frozenset(
    "tar bsdtar gtar unzip 7z 7za 7zr unar cpio pax rsync patch ditto unsquashfs svn hg jj scp sftp rename".split()
)
#: Programs that make their last argument, and the options whose sense is known.
_PLACERS: Final = {
    "mv": re.compile(r"-[finuvT]+"),
    "cp": re.compile(r"-[aRrdPLHlpfinuvTx]+|--(?:recursive|archive|force|no-clobber|verbose)"),
    "ln": re.compile(r"-[sfnvrTiP]+|--(?:symbolic|force|relative|verbose)"),
}
#: Options with which ``cp`` copies nothing but the contents of files.
_PLAIN_COPY: Final = re.compile(r"-[finpuvT]+")
#: Commands of git that leave the files of the work tree alone.
_GIT_STAYS: Final = frozenset("add commit push fetch tag branch config remote".split())
#: Where parts of a text run again, at once, or in another order than they stand in.
_UNORDERED: Final = re.compile(r"\||(?<!&)&(?!&)|\$\(|`|<\(|\b(?:for|while|until)\b")


@dataclass(frozen=True, slots=True)
class Step:
    """One simple command, wrappers taken off, and what it does."""

    words: Sequence[Word]
    #: The wrappers taken off.
    wrappers: Sequence[str]
    #: Every word it names files by: its arguments and the targets of its redirections.
    names: Sequence[Word]
    actions: Sequence[Action]
    #: Whether the names of files on the disk decide how many words there are.
    splits: bool = False


@dataclass
class _Changes:
    """What the commands so far have changed: paths at and below which nothing is known, or everything."""

    places: set[str] = field(default_factory=set[str])
    anywhere: bool = False
    #: Whether anything was written at all.
    written: bool = False

    def note(self, step: Step) -> None:
        made = _made_by(step)
        self.written |= made != "nothing" or any(action.kind == "write" for action in step.actions)
        self.anywhere |= made == "anything"
        if made == "named":
            written = (action for action in step.actions if action.kind == "write")
            self.places.update(path for action in written for path in _paths(action))

    def judged(self, step: Step) -> Iterator[Action]:
        """Yield the actions of a command; not understood are those on files that may have moved."""
        # Names that climb or match are followed on the disk, which may be another one by then.
        unclear = self.anywhere or (bool(self.places) and any(map(_climbs, step.names)))
        for action in step.actions:
            if action.kind != "run" and action.understood and (unclear or self._moves(action)):
                yield replace(action, understood=False, why=_WHY)
            elif self.written and step.splits and action.understood:
                yield replace(action, understood=False, read_only=False, why=_WHY)
            elif self.written and action.read_only and action.words[:1] == ("git",):
                # A few files make a repository, whose configuration has git run programs.
                yield replace(action, read_only=False)
            else:
                yield action

    def _moves(self, action: Action) -> bool:
        return any(_within(path, place) for path in _paths(action) for place in self.places)


def judged(steps: Sequence[Step], text: str) -> Iterator[Action]:
    """Yield the actions of all commands of a text, each judged by what may have run before it."""
    changes = _Changes()
    if _UNORDERED.search(text):
        for step in steps:
            changes.note(step)
    for step in steps:
        yield from changes.judged(step)
        changes.note(step)


def _made_by(step: Step) -> Made:
    """Return what a command makes that may be a link or hold one."""
    words = step.words
    name = os.path.basename(words[0].shown) if words else ""
    if any(action.kind == "run" and action.read_only for action in step.actions):
        return "nothing"
    if name in _PLACERS:
        return (
            "anything"
            if any(part.startswith("xargs") for part in step.wrappers)
            else _placed(name, words[1:])
        )
    if name == "git":
        return "nothing" if len(words) > 1 and words[1].literal in _GIT_STAYS else "anything"
    launched = (os.path.basename(word.shown) for word in words if name in LAUNCHERS)
    makes = name in _MAKERS or any(one in _MAKERS or one in _PLACERS for one in launched)
    return "anything" if makes else "nothing"


def _placed(name: str, arguments: Sequence[Word]) -> Made:
    options = [word.shown for word in arguments if word.shown.startswith("-")]
    unclear = any(word.value is None or word.glob for word in arguments)
    if unclear or len(arguments) - len(options) < 2 or not all(map(_PLACERS[name].fullmatch, options)):
        return "anything"
    return "nothing" if name == "cp" and all(map(_PLAIN_COPY.fullmatch, options)) else "named"


def _climbs(word: Word) -> bool:
    return word.glob or ".." in word.shown.split("/")


def _paths(action: Action) -> Iterator[str]:
    """Yield the paths of an action as the laxest file system compares them."""
    yield action.target.casefold()
    if action.resolved:
        yield action.resolved.casefold()


def _within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")
