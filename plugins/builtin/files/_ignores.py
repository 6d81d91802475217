"""Which files of a tree are ignored: ``.gitignore``, ``.ignore`` and their kin, as ripgrep reads them."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias

from ._globs import Glob, name_regex

#: Ignore files that hold in and outside of repositories, the strongest first.
FILES: Final = (".rgignore", ".ignore")

EXCLUDES_FILE: Final = re.compile(r"^\s*excludes[fF]ile\s*=\s*\"?([^\"\n]+?)\"?\s*$", re.MULTILINE)


class Pattern(NamedTuple):
    """A line of an ignore file."""

    matches: Callable[[str], object]
    #: Whether it names an exception, and whether it is about folders only.
    negated: bool
    folders: bool
    #: Whether it is held against the whole path below the file's folder, or against the name alone.
    whole: bool


class Rules:
    """The patterns of one ignore file, which hold below ``folder``. Source: git-scm.com/docs/gitignore."""

    def __init__(self, folder: str, text: str) -> None:
        self.folder = folder
        names = list[str]()
        patterns = [found for line in text.split("\n") if (found := _pattern(line, names)) is not None]
        #: The last that matches decides.
        self._patterns = patterns[::-1]
        self._whole = [pattern for pattern in self._patterns if pattern.whole]
        #: All patterns for names in one, to be quickly done with names that no pattern is about.
        self._any_name = re.compile("|".join(names) or r"(?!)")

    def verdict(self, path: str, *, is_folder: bool) -> bool | None:
        """Whether these rules ignore a path (true), name it as an exception (false), or say nothing."""
        below = path[len(self.folder) :].lstrip("/")
        name = below.rpartition("/")[2]
        for pattern in self._patterns if self._any_name.match(name) else self._whole:
            if (is_folder or not pattern.folders) and pattern.matches(below if pattern.whole else name):
                return not pattern.negated
        return None


def _pattern(line: str, names: list[str]) -> Pattern | None:
    """Read a line; expressions for mere names are added to ``names``."""
    text = re.sub(r"(?<!\\)[ \t\r]+$", "", line)
    negated = text.startswith("!")
    text = text.removeprefix("!") if negated else text
    bare = text.rstrip("/")
    if not bare or text.startswith("#"):
        return None
    if "/" in bare:
        return Pattern(Glob(bare, braces=False).matches, negated, text.endswith("/"), whole=True)
    names.append(name_regex(bare))
    return Pattern(re.compile(names[-1]).match, negated, text.endswith("/"), whole=False)


#: The rules of the folders from here up, the nearest first.
Chain: TypeAlias = tuple[Rules, ...]


@dataclass(frozen=True)
class Ignores:
    """The rules that hold in a folder."""

    #: Those of each of ``FILES``, in that order.
    chains: tuple[Chain, ...] = ((),) * len(FILES)
    #: Those of the repository the folder is in: ``.gitignore``, then ``info/exclude``, then the user's own.
    git: Chain = ()
    exclude: Chain = ()
    personal: Chain = ()
    in_repository: bool = False
    home: Mapping[str, str] = field(default_factory=dict[str, str])

    def ignores(self, path: str, *, is_folder: bool) -> bool:
        """Whether an absolute path below the folder is ignored."""
        for chain in (*self.chains, self.git, self.exclude, self.personal):
            for rules in chain:
                verdict = rules.verdict(path, is_folder=is_folder)
                if verdict is not None:
                    return verdict
        return False

    def entering(self, folder: str) -> Ignores:
        """Return the rules that hold in ``folder``, which is below the one these hold in."""
        present = [name for name in (*FILES, ".gitignore", ".git") if os.path.exists(f"{folder}/{name}")]
        if not present:
            return self
        inside = self._entering_repository(folder) if ".git" in present else self
        pairs = zip(FILES, inside.chains, strict=True)
        chains = tuple((*_read(folder, f"{folder}/{name}"), *chain) for name, chain in pairs)
        git = (*_read(folder, f"{folder}/.gitignore"), *inside.git) if inside.in_repository else ()
        return replace(inside, chains=chains, git=git)

    def _entering_repository(self, folder: str) -> Ignores:
        """A repository within another is its own: the outer one's rules end at its door."""
        exclude = tuple(_read(folder, f"{folder}/.git/info/exclude"))
        personal = tuple(_read(folder, _personal_file(self.home)))
        return replace(self, git=(), exclude=exclude, personal=personal, in_repository=True)


def ignores_of(folder: str, environ: Mapping[str, str]) -> Ignores:
    """Return the rules that hold in a folder because of those above it and of its own."""
    ignores = Ignores(home=environ)
    for above in reversed(Path(folder).parents):
        ignores = ignores.entering(str(above))
    return ignores.entering(folder)


def _read(folder: str, path: str) -> Iterator[Rules]:
    try:
        text = Path(path).read_bytes().decode("utf-8", "replace").removeprefix("\ufeff")
    except OSError:  # there is none, or it may not be read: then it says nothing
        return
    yield Rules(folder, text)


def _personal_file(environ: Mapping[str, str]) -> str:
    """Return where git keeps the user's own rules. Source: git-scm.com/docs/gitignore."""
    home = environ.get("HOME", "")
    config = environ.get("XDG_CONFIG_HOME") or f"{home}/.config"
    for path in (f"{home}/.gitconfig", f"{config}/git/config"):
        try:
            found = EXCLUDES_FILE.search(Path(path).read_text("utf-8", "replace"))
        except OSError:
            continue
        if found:
            return found[1].replace("~", home, 1) if found[1].startswith("~/") else found[1]
    return f"{config}/git/ignore"
