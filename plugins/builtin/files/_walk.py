"""Going through the files of a tree, folders that nobody wants left aside."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

from ._ignores import Ignores

#: What the kernel shows of itself and of devices: no files to be searched.
SYSTEM: Final = frozenset({"/proc", "/sys", "/dev"})

#: Where version control keeps its own: to be searched only by who names it.
VERSION_CONTROL: Final = frozenset({".git", ".hg", ".svn", ".jj", ".bzr"})

StateT = TypeVar("StateT")


class Gate(Protocol[StateT]):
    """Says what is wanted of a tree, and carries a state of its own on the way down."""

    def folder(self, state: StateT, entry: os.DirEntry[str]) -> StateT | None:
        """Return the state below a folder; ``None`` leaves it aside."""
        ...

    def file(self, state: StateT, entry: os.DirEntry[str]) -> bool:
        """Whether a file is wanted."""
        ...


def walk(
    root: str, gate: Gate[StateT], state: StateT, stopped: Callable[[], bool]
) -> Iterator[os.DirEntry[str]]:
    """Return the wanted files below a folder; links to folders are not followed, unreadable ones skipped."""
    waiting = [(root, state)]
    while waiting and not stopped():
        folder, inherited = waiting.pop()
        try:
            with os.scandir(folder) as scan:
                entries = list(scan)
        except OSError:
            continue
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                below = gate.folder(inherited, entry) if entry.path not in SYSTEM else None
                if below is not None:
                    waiting.append((entry.path, below))
            elif gate.file(inherited, entry):
                yield entry


@dataclass(frozen=True)
class Rule:
    """Which entries of a tree are open to a search at all."""

    hidden: bool
    ignoring: bool

    def admits(self, ignores: Ignores, entry: os.DirEntry[str], *, is_folder: bool) -> bool:
        """Whether an entry may be looked at."""
        if not self.hidden and entry.name.startswith("."):
            return False
        return not (self.ignoring and ignores.ignores(entry.path, is_folder=is_folder))

    def below(self, ignores: Ignores, folder: str) -> Ignores:
        """Return the ignore rules that hold in a folder."""
        return ignores.entering(folder) if self.ignoring else ignores
