"""Where a call happens: the folders it may work in, where its command moves to, and what its words reach."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from gaff.hooks import JsonObject, Session, text_at

from .._folders import working_folders
from .._paths import has_control_characters, location, normal, real, within, within_any
from .lasting import lasting_part
from .manifests import MANIFESTS, Manifests
from .secrets import is_secret

_MOVE: Final = re.compile(r"(?:^|[;&|({\n])[ \t]*cd[ \t]+(?:--[ \t]+)?([^\s;&|()]+)")
_MOVES: Final = re.compile(r"\b(?:cd|pushd|popd|chroot)\b")
#: What a word holds that is not what the command will be given.
NOT_FINAL: Final = re.compile(r"[$`]|^~(?!/|$)")
_SEPARATORS: Final = re.compile(r"[=:,]")
_GLOB: Final = re.compile(r"[*?\[{]")
#: Folders with programs of the project's own, made by its package managers.
_PROGRAMS: Final = ("node_modules/.bin", ".venv/bin", "venv/bin", "vendor/bin", ".tox", ".nox")


@dataclass(frozen=True)
class Place:
    """Where a call happens."""

    session: Session
    tool: str
    input: JsonObject

    @property
    def text(self) -> str:
        """The text given to the shell; empty for other tools."""
        return text_at(self.input, "command")

    @property
    def manifests(self) -> Manifests:
        """The manifests as they were."""
        return self.session.state[MANIFESTS]

    @cached_property
    def project(self) -> str:
        """The project's folder, links followed."""
        return real(str(self.session.project_dir))

    @cached_property
    def folders(self) -> tuple[str, ...]:
        """The folders in which the task lives, links followed; the session's scratch folder is one."""
        return (*working_folders(self.session), real(str(self.session.scratch_dir)))

    @cached_property
    def moves(self) -> tuple[str, ...] | None:
        """The folders the command may run in, the last one it moves to at the end; ``None`` where that is unclear."""
        current = str(self.session.cwd)
        found = [current]
        moves = _MOVE.findall(self.text)
        if len(moves) != len(_MOVES.findall(self.text)):
            return None
        for target in moves:
            word = target.strip("'\"")
            if NOT_FINAL.search(word) or _GLOB.search(word) or word == "-":
                return None
            current = os.path.normpath(os.path.join(current, os.path.expanduser(word)))
            found.append(current)
        return tuple(found) if all(within_any(real(folder), self.folders) for folder in found) else None

    @property
    def has_moved(self) -> bool:
        """Whether the command changes its folder."""
        return len(self.moves or ()) != 1

    def holds(self, path: str) -> bool:
        """Whether a path, its links followed, is inside the folders."""
        return not has_control_characters(path) and within_any(real(path), self.folders)

    def keeps_inside(self, words: Sequence[str]) -> bool:
        """Whether no word of a command names a path outside of the folders, a secret or a lasting file."""
        return all(self._is_harmless(part) for word in words for part in _parts(word))

    def _is_harmless(self, part: str) -> bool:
        if NOT_FINAL.search(part):
            return False
        return all(self._reaches_nothing(os.path.join(folder, part)) for folder in self.moves or ("/",))

    def _reaches_nothing(self, path: str) -> bool:
        # A wildcard stands for names of its own folder only; what is in front of it is a path as any other.
        folder = normal(_GLOB.split(path)[0]) if _GLOB.search(path) else normal(path)
        if folder == "/dev/null":
            return True
        return self.holds(folder) and not is_secret(path)

    def names_lasting(self, words: Sequence[str]) -> str | None:
        """Return the first word that names a lasting file, as that file is called; ``None`` where none does."""
        for word in words:
            for part in _parts(word):
                for folder in self.moves or ():
                    found = lasting_part(normal(os.path.join(folder, part)), self.project)
                    if found is not None:
                        return found
        return None

    def finds(self, name: str) -> bool:
        """Whether a program's name means one that this session cannot have put there.

        Programs of the system and of the project's package managers do; one in a folder of the project does not.
        """
        if "/" in name:
            return self._is_tool(location(os.path.join((self.moves or ("",))[-1], name)))
        search_path = self.session.environ.get("PATH", "")
        if not all(os.path.isabs(folder) for folder in search_path.split(os.pathsep)):
            return False
        found = shutil.which(name, path=search_path)
        if found is None:
            return True
        return not within_any(real(found), self.folders) or self._is_tool(normal(found))

    def _is_tool(self, path: str) -> bool:
        return any(within(path, os.path.join(folder, part)) for folder in self.folders for part in _PROGRAMS)

    def manifest_folders(self, names: Sequence[str]) -> Iterator[str]:
        """Yield, for each folder the command may run in, the nearest one above it that has such a manifest."""
        for folder in self.moves or ():
            at = normal(folder)
            while within(at, self.project):
                if any(os.path.lexists(os.path.join(at, name)) for name in names):
                    yield at
                    break
                at = os.path.dirname(at)

    def is_declared(self, names: Sequence[str]) -> bool:
        """Whether all manifests of these names that the command may read are as they were."""
        return all(self.manifests.is_unchanged(folder, names) for folder in self.manifest_folders(names))


def _parts(word: str) -> Iterator[str]:
    """Yield what in a word may be a path: the word, what is behind ``=`` or ``:``, and behind a short option."""
    if word.startswith("-"):
        yield from (part for part in _SEPARATORS.split(word)[1:] if part)
        slash = re.search(r"[/~]|\.\.", word)
        if slash is not None and not word.startswith("--"):
            yield word[slash.start() :]
        return
    yield word
    if _SEPARATORS.search(word):
        yield from (part for part in _SEPARATORS.split(word) if part)
