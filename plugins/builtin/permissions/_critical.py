"""Folders whose removal ends the day: the root, what lies right below it, home, the project and its parents.

Words are judged as they would reach ``rm``; where a variable or wildcard hides what they become, the
worst is assumed. Source: code.claude.com/docs/en/permission-modes (critical paths).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from typing import Final

from ._commands import LAUNCHERS, fragments
from ._paths import expanded, folded, normal, real

_REMOVERS: Final = frozenset({"rm", "rmdir"})
_SHELLS: Final = frozenset({"sh", "bash", "zsh", "dash", "ksh", "eval"})
#: Programs that hand names on to the command in their arguments, and what they may hand them to.
_FEEDERS: Final = frozenset({"xargs", "parallel"})
_LOOKERS: Final = frozenset("grep egrep fgrep rg ls cat wc head tail echo stat du file".split())
_RUNNERS: Final = _FEEDERS | _SHELLS
_RUNS_TEXT: Final = re.compile(r"\beval\b|sh['\"]?\s+-\w*c\b")
#: How a path is called that only the run will tell.
HANDED_ON: Final = "what the command is handed when it runs"
_SPACE: Final = re.compile(r"\s")
_DRIVE: Final = re.compile(r"(?:[A-Za-z]:|/mnt/[A-Za-z]|/cygdrive/[A-Za-z])[\\/]*\*?")
#: A variable with nothing but slashes, dots and wildcards behind it.
_UNDER_VARIABLE: Final = re.compile(r"\$(?:\w+|\{[^}]*\}|\([^)]*\))/+(?:[.*?{\[].*)?")
#: Substitutions that print where the command is, or the root of the work tree around it.
_HERE: Final = re.compile(r"\$\(\s*(?:pwd(?:\s+-[LP])?|git\s+rev-parse\s+--show-toplevel)\s*\)|`\s*pwd\s*`")
#: What a variable becomes where it is not set.
_DEFAULT: Final = re.compile(r"\$\{\w+:?[-=]([^{}$`]*)\}")
_KNOWN_VARIABLE: Final = re.compile(r"\$(?:(HOME|PWD)\b|\{(HOME|PWD)\})")
_GLOB: Final = re.compile(r"[*?\[{]")
_QUOTES: Final = re.compile(r"['\"]")
#: How deep substitutions within substitutions are looked into.
_NESTING: Final = 3
_SUBSTITUTION: Final = re.compile(r"\$\([^()]*\)|`[^`]*`|\$\{(\w+)[^{}$]*\}")


class CriticalFolders:
    """The folders that no mode and no rule lets ``rm`` remove unasked."""

    def __init__(self, *, home: str, cwd: str, project: str, added: Sequence[str]) -> None:
        self._home = home
        self._real: dict[str, str] = {}
        self._cwd = cwd
        ends = dict.fromkeys(path for start in (home, cwd, project) for path in (start, real(start)))
        self._folders = {_parts(folder) for end in ends for folder in _with_parents(end)}
        self._own = {_parts(folder) for folder in (*ends, cwd)}
        self._added = {_parts(folder) for folder in added} - self._own

    def named_by(self, words: Sequence[str]) -> str | None:
        """Return the first critical path a command removes; ``None`` where it removes none.

        What is handed to a command only when it runs may be any path, and is told as that.
        """
        found = next((word for word in _removed(words) if self.includes(word)), None)
        return found or (HANDED_ON if _is_handed_on(words) else None)

    def named_in(self, text: str) -> str | None:
        """Return the first critical path that a text which could not be read might remove."""
        parts = (*fragments(text), *fragments(_opaque(text)))
        found = next((found for part in parts if (found := self.named_by(part.split()))), None)
        if found is None and _RUNS_TEXT.search(text) and any(map(_is_open, parts)):
            return HANDED_ON
        return found

    def includes(self, word: str) -> bool:
        """Whether removing what this word becomes would remove a critical path."""
        if "$" in word or "`" in word:
            word = _HERE.sub("$PWD", _QUOTES.sub("", word))
            default = _DEFAULT.sub(lambda found: found[1], word)
            if default != word and self.includes(default):
                return True
            word = _opaque(word)
        word = _KNOWN_VARIABLE.sub(lambda found: self._home if "HOME" in found[0] else self._cwd, word)
        if _UNDER_VARIABLE.fullmatch(word) or _DRIVE.fullmatch(word):
            return True
        if word == "~" or word.startswith("~/"):
            word = self._home + word[1:]
        elif word.startswith("~"):
            word = expanded(word)
            if word.startswith("~"):
                return True
        path = normal(os.path.join(self._cwd, word))
        if self._is_critical(_parts(path)):
            return True
        return not _GLOB.search(path) and self._is_critical(_parts(self._followed(path, word)))

    def _followed(self, path: str, word: str) -> str:
        """Return where a path leads. ``rm`` follows a link at the end only where a slash says so."""
        if word.endswith(("/", "/.")):
            return real(path)
        folder, name = os.path.split(path)
        if folder not in self._real:
            self._real[folder] = real(folder)
        return os.path.join(self._real[folder], name)

    def _is_critical(self, parts: tuple[str, ...]) -> bool:
        if len(parts) <= 1:
            return True
        if not any(_GLOB.search(part) for part in parts):
            return parts in self._folders
        if any(_could_be(parts, folder) for folder in self._folders):
            return True
        if any(_could_be(parts[: len(added)], added) for added in self._added):
            return True
        folder, name = parts[:-1], parts[-1]
        is_near = len(folder) == 1 or any(_could_be(folder, own) for own in self._own)
        return _is_any_name(name) and is_near


def _opaque(text: str) -> str:
    """Return a text with every substitution in it written as a plain variable."""
    for _ in range(_NESTING):
        text = _SUBSTITUTION.sub(lambda found: f"${found[1] or 'X'}", text)
    return text


def _with_parents(folder: str) -> Iterator[str]:
    while folder != "/":
        yield folder
        folder = os.path.dirname(folder)


def _parts(path: str) -> tuple[str, ...]:
    return tuple(folded(part) for part in path.split("/") if part)


def _is_any_name(pattern: str) -> bool:
    return "{" in pattern or ("*" in pattern and set(pattern) <= set("*.?"))


def _could_be(pattern: Sequence[str], folder: Sequence[str]) -> bool:
    return len(pattern) == len(folder) and all(
        "{" in part or fnmatchcase(name, part) for part, name in zip(pattern, folder, strict=True)
    )


def _is_handed_on(words: Sequence[str]) -> bool:
    """Whether a command removes what another one, or a text that is put together, will name."""
    name = os.path.basename(words[0]) if words else ""
    if name in _FEEDERS:
        following = next((word for word in words[1:] if not word.startswith("-")), "")
        parts = [part for word in words[1:] for part in (word, *word.split())]
        return os.path.basename(following) not in _LOOKERS and any(map(_is_remover, parts))
    if name in LAUNCHERS and name != "eval":
        inner = next((at for at, word in enumerate(words) if at and os.path.basename(word) in _RUNNERS), None)
        return inner is not None and _is_handed_on(words[inner:])
    return name in _SHELLS and any(_is_open(part) for part in fragments(" ".join(words[1:])))


def _is_open(part: str) -> bool:
    """Whether a piece of a command removes something it names by a variable or a substitution."""
    words = part.split()
    start = next((at for at, word in enumerate(words) if _is_remover(word)), None)
    return start is not None and any("$" in word or "`" in word for word in words[start + 1 :])


def _is_remover(word: str) -> bool:
    return os.path.basename(word) in _REMOVERS


def _removed(words: Sequence[str]) -> Iterator[str]:
    """Yield the words of a command that name what it removes."""
    name = os.path.basename(words[0]) if words else ""
    if name in _REMOVERS or name == "find":
        yield from _operands(name, words[1:])
    elif name in LAUNCHERS or name in _SHELLS:
        for text in words[1:]:
            if _SPACE.search(text):
                for part in fragments(text):
                    yield from _removed_anywhere(part.split())
        yield from _removed_anywhere(words[1:])


def _removed_anywhere(words: Sequence[str]) -> Iterator[str]:
    """Yield what a command removes that is given to another program."""
    for start, word in enumerate(words):
        name = os.path.basename(word)
        if name in _REMOVERS or name == "find":
            yield from _operands(name, words[start + 1 :])
            return


def _operands(name: str, words: Sequence[str]) -> Iterator[str]:
    if name in _REMOVERS:
        yield from (word for word in words if not word.startswith("-"))
    elif "-delete" in words or any(os.path.basename(word) in _REMOVERS for word in words):
        yield from _start_points(words) or (".",)


def _start_points(words: Sequence[str]) -> list[str]:
    points: list[str] = []
    for word in words:
        if word in ("-H", "-L", "-P"):
            continue
        if word.startswith(("-", "(", "!")):
            break
        points.append(word)
    return points
