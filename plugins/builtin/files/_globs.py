"""Glob patterns, matched name by name on the way down a tree.

A pattern is taken apart at its slashes, and a set of places in it is carried along while walking. So a
folder in which nothing can match is never entered, and hostile patterns cost no more than harmless ones.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from fnmatch import translate
from typing import Final, TypeAlias

#: Alternatives that braces may expand to; each ``{a,b}`` doubles them.
MAX_ALTERNATIVES: Final = 256

MAGIC: Final = re.compile(r"[*?\[{\\]")

#: Where matching stands: which alternative, and which of its parts comes next.
Places: TypeAlias = frozenset[tuple[int, int]]

#: A part of a pattern between slashes; ``None`` stands for ``**``.
Part: TypeAlias = Callable[[str], object] | None


def expand_braces(pattern: str) -> list[str]:
    """Return the patterns that ``{a,b}`` stands for; braces without a comma or a partner stay.

    Raises:
        ValueError: there are too many.
    """
    waiting, done = [pattern], list[str]()
    while waiting:
        if len(waiting) + len(done) > MAX_ALTERNATIVES:
            raise ValueError(f"the braces in {pattern!r} stand for more than {MAX_ALTERNATIVES} patterns")
        current = waiting.pop()
        if found := _first_braces(current):
            start, end, choices = found
            waiting += [f"{current[:start]}{choice}{current[end:]}" for choice in reversed(choices)]
        else:
            done.append(current)
    return done


def _first_braces(pattern: str) -> tuple[int, int, list[str]] | None:
    """Return where the first braces with a choice are, and the choices."""
    for start in (found.start() for found in re.finditer(r"(?<!\\)\{", pattern)):
        end = _closing(pattern, start)
        choices = split_outside_braces(pattern[start + 1 : end - 1]) if end else []
        if end and len(choices) > 1:
            return start, end, choices
    return None


def _closing(pattern: str, start: int) -> int:
    """Return the place after the brace that closes the one at ``start``; 0 for none."""
    depth = 0
    for found in re.finditer(r"\\.|[{}]", pattern[start:]):
        depth += {"{": 1, "}": -1}.get(found[0], 0)
        if not depth:
            return start + found.end()
    return 0


def split_outside_braces(text: str) -> list[str]:
    """Split at commas that are not inside braces."""
    parts, depth = [""], 0
    for token in re.findall(r"\\.|.", text, re.DOTALL):
        depth += {"{": 1, "}": -1}.get(token, 0)
        if token == "," and depth <= 0:
            parts.append("")
        else:
            parts[-1] += token
    return parts


class Glob:
    """A pattern for paths below a folder."""

    def __init__(self, pattern: str, *, braces: bool = True) -> None:
        """Read the pattern; without ``braces``, those in it mean themselves.

        Raises:
            ValueError: its braces stand for too many patterns.
        """
        alternatives = expand_braces(pattern) if braces else [pattern]
        self._alternatives = [_parts(alternative) for alternative in alternatives]
        self._starry = any(part is None for parts in self._alternatives for part in parts)
        #: Where matching stands in the folder itself.
        self.start: Places = self._with_empty_stars((index, 0) for index in range(len(self._alternatives)))

    def step(self, places: Places, name: str) -> Places:
        """Return where matching stands below the entry ``name``; empty where nothing there can match."""
        following: set[tuple[int, int]] = set()
        for index, at in places:
            parts = self._alternatives[index]
            if at == len(parts):
                continue
            part = parts[at]
            if part is None:
                following |= {(index, at), (index, at + 1)} if at + 1 == len(parts) else {(index, at)}
            elif part(name):
                following.add((index, at + 1))
        return self._with_empty_stars(following)

    def accepts(self, places: Places) -> bool:
        """Whether what was stepped into is a match."""
        return any(at == len(self._alternatives[index]) for index, at in places)

    def matches(self, path: str) -> bool:
        """Whether a path below the folder matches."""
        places = self.start
        for name in path.split("/"):
            places = self.step(places, name)
        return self.accepts(places)

    def _with_empty_stars(self, places: Iterable[tuple[int, int]]) -> Places:
        """Add the places behind ``**`` that stands for no folder at all; at the end it stands for something."""
        out = set(places)
        waiting = list(out) if self._starry else []
        while waiting:
            index, at = waiting.pop()
            parts = self._alternatives[index]
            if at + 1 < len(parts) and parts[at] is None and (index, at + 1) not in out:
                out.add((index, at + 1))
                waiting.append((index, at + 1))
        return frozenset(out)


def _parts(pattern: str) -> Sequence[Part]:
    names = [name for name in pattern.split("/") if name not in ("", ".")]
    return [None if name == "**" else _name_matcher(name) for name in names]


def _name_matcher(name: str) -> Callable[[str], object]:
    if not MAGIC.search(name):
        return name.__eq__
    return re.compile(name_regex(name)).match


def name_regex(name: str) -> str:
    """Return the regular expression for a pattern without slashes.

    What fnmatch knows in another way is rewritten: ``\\*`` is ``[*]`` and ``[^a]`` is ``[!a]`` to it.
    """

    def rewrite(found: re.Match[str]) -> str:
        token = found[0]
        if token.startswith("\\"):
            return f"[{token[1]}]" if token[1] in "*?[" else token[1]
        return "[!"

    return translate(re.sub(r"\\.|\[\^", rewrite, name))


def split_base(pattern: str) -> tuple[str, str]:
    """Split a pattern into the folders it names outright and the rest, which has at least one name."""
    names = pattern.split("/")
    fixed = 0
    while fixed < len(names) - 1 and not MAGIC.search(names[fixed]):
        fixed += 1
    base = "/".join(names[:fixed])
    return base or ("/" if fixed else ""), "/".join(names[fixed:])
