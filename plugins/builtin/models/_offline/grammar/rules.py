"""How a request is written down: the verbs it may start with, a pattern for the rest, and what to make of it.

A pattern is made of words. ``[all|every]`` may be left out, ``(to|into)`` may not, a letter before ``?`` may be
missing, ``<name>`` is any text, ``<name:word>`` one word, ``<name:number>`` digits, ``<name=a|b>`` one of these
words, and ``{scope}`` a place to look, such as ``in src``::

    "[all] [the] files? (named|called) <name:word> {scope}"
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Final, TypeAlias

from ..requests import Request, Scope
from .phrase import Phrase
from .words import is_path, is_pointer, scope_of, split_scope


@dataclass(frozen=True)
class Found:
    """A request that fits a rule's pattern."""

    phrase: Phrase
    match: re.Match[str]
    verb: str = ""

    def folded(self, name: str) -> str:
        """Return a piece as it stands in the folded phrase; empty where the pattern has none such."""
        return (self.match.groupdict().get(name) or "").strip()

    def text(self, name: str) -> str:
        """Return a piece as the user means it, quotes taken off."""
        return self.phrase.unfold(self.folded(name))

    def is_quoted(self, name: str) -> bool:
        """Whether a piece is one quoted text."""
        return self.phrase.is_quoted(self.folded(name))

    def text_and_scope(self, name: str) -> tuple[str, Scope]:
        """Return a piece cut into a text and where to look for it; the text still folded."""
        return split_scope(self.phrase, self.folded(name))

    def scope(self, name: str) -> Scope | None:
        """Return a piece as a place to look; everywhere where it is missing, ``None`` where it is none."""
        piece = self.folded(name)
        return scope_of(self.phrase, piece) if piece else Scope()

    def path(self, name: str, *, sure: bool = False) -> str | None:
        """Return a piece as a path or a pointer to one; ``sure`` takes only what looks like a path or is quoted."""
        piece = self.folded(name)
        piece = re.sub(r"^(?:the\s+)?(?:file|script|module)\s+(?=\S+$)", "", piece, flags=re.IGNORECASE)
        if is_pointer(piece):
            return piece.lower()
        bare = re.sub(r"^(?:the|my|our)\s+(?=\S+$)|(?<=\S)\s+file$", "", piece, flags=re.IGNORECASE)
        if not bare or re.search(r"\s", bare):
            return None
        path = self.phrase.unfold(bare)
        if "\n" in path or (sure and not self.phrase.is_quoted(bare) and not is_path(path)):
            return None
        return path or None

    def paths(self, name: str) -> tuple[str, ...]:
        """Return a piece as one path or several: ``a.py, b.py and c.py``; none where one is not a path."""
        single = self.path(name)
        pieces = re.split(r"\s*,\s*(?:and\s+)?|\s+and\s+|\s+", self.folded(name))
        several = tuple(self.phrase.unfold(piece) for piece in pieces)
        if len(several) > 1 and all(is_path(path) for path in several):
            return several
        return (single,) if single else ()


#: What a pattern's special characters become.
PIECES: Final = {"[": r"(?:\s+(?:", "]": "))?", "(": "(?:", ")": ")", "|": "|", "?": "?"}
CAPTURES: Final = {"": ".+?", "word": r"\S+?", "number": r"\d+"}
TOKEN: Final = re.compile(
    r"<(?P<name>\w+)(?:=(?P<choice>[^>]+)|:(?P<kind>\w+))?>|(?P<open> ?\[)|(?P<blank> )|(?P<other>.)"
)
SCOPE: Final = " [(in|under|within|inside|across|throughout|of|from) <scope>]"


def translate(pattern: str) -> str:
    """Return the regular expression a pattern stands for; it fits the rest of a request, a blank in front."""
    pieces: list[str] = []
    for token in TOKEN.finditer(f" {pattern.replace(' {scope}', SCOPE)}" if pattern else ""):
        if token["name"]:
            pieces.append(f"(?P<{token['name']}>{token['choice'] or CAPTURES[token['kind'] or '']})")
        elif token["open"]:
            pieces.append(PIECES["["])
        elif token["blank"]:
            pieces.append(r"\s+")
        else:
            pieces.append(PIECES.get(token["other"]) or re.escape(token["other"]))
    return "".join(pieces)


Build: TypeAlias = Callable[[Found], Request | None]


@dataclass(frozen=True)
class Rule:
    """One way of asking for something."""

    verbs: tuple[str, ...]
    pattern: str
    build: Build

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        """The pattern, compiled when first needed."""
        return re.compile(translate(self.pattern), re.IGNORECASE | re.DOTALL)

    def read(self, phrase: Phrase, verb: str, rest: str) -> Request | None:
        """Return the request, given its verb and what follows; ``None`` where it does not fit."""
        match = self.compiled.fullmatch(f" {rest}" if rest else "")
        return self.build(Found(phrase, match, verb)) if match else None


class Rules:
    """The rules of one family, in the order in which they are tried."""

    def __init__(self) -> None:
        self.all: list[Rule] = []

    def add(self, verbs: str, pattern: str) -> Callable[[Build], Build]:
        """Register the decorated function for what starts with one of the verbs and goes on like the pattern."""

        def register(build: Build) -> Build:
            self.all.append(Rule(tuple(verbs.split()), pattern, build))
            return build

        return register
