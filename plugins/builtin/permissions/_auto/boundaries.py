"""What the user forbade in plain words: such calls are never settled without the reviewer.

The words are not understood here, only noticed: a sentence that forbids or limits something makes every
call unsettled that has to do with what it names. Too many is the safe side; it costs a question to the
reviewer and no more.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

_SENTENCE: Final = re.compile(r"(?<=[.!?;:])\s+|\n+|,\s+(?=but\b|and\b|aber\b|und\b)")
#: What may stand before a command to somebody, as against a statement: "tests don't run" forbids nothing.
_TO_YOU: Final = r"(?:^|[,;:(\u2013\u2014-]\s*|\b(?:please|but|and|so|then|also|you|bitte|aber|und)\s+)"
_FORBIDS: Final = re.compile(
    rf"{_TO_YOU}(?:do\s*not|don['\u2019]?t|never|no\s+\w+|avoid|stop|leave|keep\s+(?:away|off|out)|refrain|stay\s+out|"
    r"hands?\s+off|cannot|can['\u2019]t|lass)\b"
    r"|\b(?:must\s*n(?:[o'\u2019]?t)|should\s*n(?:[o'\u2019]?t)|may\s+not|not\s+(?:yet|allowed)|never|without|read[- ]?only|"
    r"dry[- ]?run|off[- ]limits|hands?\s+off|hold\s+off|nicht|nichts|kein\w*|niemals|ohne"
    r"|sans|jamais|seulement|uniquement|nunca|solamente|senza|soltanto)\b|\bne\s+\w+\s+pas\b|\bno\s+(?:hagas|toques|cambies|ejecutes|subas)\b"
    r"|\b(?:i|we)\s*(?:do\s*not|don['\u2019]?t|would(?:n['\u2019]?t)?|['\u2019]d)\s+(?:want|like|need|rather\s+not|prefer\s+not)\b|\brather\s+not\b"
    r"|\bno\s+need\s+to\b|\bskip\b|\bfinger\s+weg\b|\bbevor\b|\berst\s+fragen\b|\bkeep\b[^.;!?]{0,20}\b(?:away|off|out)\b|\b(?:ask|check\s+with|confirm\s+with|tell|show)\s+(?:me|us)\s+(?:first|before)\b"
    r"|\bask\s+(?:first|before)\b|\bnothing\s+(?:goes|gets|leaves|should|may|must|to\s+be|is\s+to)\b"
    r"|\bi\s*(?:want|need|['\u2019]d\s+like|would\s+like|prefer|['\u2019]ll|will)\s+(?:to\s+)?(?:review|check|decide|approve|see|look)\b",
    re.IGNORECASE,
)
#: A step that somebody else may see, put off or kept to the user: "I push it myself", "commit later".
_PUT_OFF: Final = re.compile(
    r"\b(?:yet|later|until|unless|before|first|myself|wait|after\s+i|when\s+i|once\s+i|my\s+(?:ok|okay|approval|go))\b",
    re.IGNORECASE,
)
#: What spares something named from a change that is free otherwise.
_SPARES: Final = re.compile(
    r"\b(?:frozen|untouched|unchanged|intact|except|excluding|excludes?|apart\s+from|other\s+than|all\s+but|anything\s+but|everything\s+but|"
    r"as\s+(?:it\s+)?is|as\s+they\s+are|off\s+the\s+table|(?:not|never)\s+to\s+be|remains?|stays|au\u00dfer|sauf|salvo|excepto)\b",
    re.IGNORECASE,
)
#: A step, and the plain way to ask for it; any other sentence that names it is looked at.
_NAMES_STEP: Final = re.compile(r"\b(?:commit|push|pushes|deploy|publish|merge)\w*", re.IGNORECASE)
_ASKS_STEP: Final = re.compile(
    r"(?:^|[,;:]\s*|\b(?:and|then|please|also|finally|now|to|und|dann|bitte|you|should|must|can|could|will|must)\s+)"
    r"(?:commit|push|deploy|publish|merge)\b|\bcommitte?\b",
    re.IGNORECASE,
)
_STEPS: Final = re.compile(
    r"\b(?:commit|push|merg|deploy|publish|releas|install|upload|delet|remov|migrat|instal|overwrit|send|post|rebas|tag)\w*|\bgit\b",
    re.IGNORECASE,
)
_LIMITS: Final = re.compile(
    r"(?<!\bthe )(?<!\bnot )(?<!read-)\bonly\b(?!\s+(?:one|an?|when|if|because|some)\b)|\bnur\b|\bsolely\b"
    r"|\bstay\s+(?:in|inside|within|on)\b|\bstick\s+to\b|\b(?:limit|restrict|confine)\s+(?:yoursel\w+|it|this|(?:the\s+|your\s+)?\w+)\s+to\b"
    r"|\bkeep\s+(?:it|this|yourself|(?:the\s+|your\s+)?(?:changes|edits|work))\s+(?:to|in|inside|within)\b"
    r"|\bnothing\s+(?:but|else)\b|\bjust\s+(?:look|read|explain|tell|show|describe|check|analy\w+|review|plan|list)\b",
    re.IGNORECASE,
)
_EVERYTHING: Final = re.compile(
    r"\b(?:anything|any\s+(?:files?|code|changes?|commands?)|nothing|everything|files?|code|changes?|edit\w*|modif\w*"
    r"|writ\w*|run\w*|execut\w*|touch\w*|nichts|alles|änder\w*|commands?|actions?|look|review|explain|plan)\b",
    re.IGNORECASE,
)
_WORD: Final = re.compile(r"[\w.-]*\w", re.UNICODE)
#: Words that say nothing about what is forbidden.
_EMPTY: Final = frozenset(
    """
    the and any this that these those with without for from into not dont don does doesn should must never please
    but yet now you your our their its have has had are was were will would can cannot leave keep out away off only
    just else need want make sure when while until before after here there them they then than all new old use using
    """.split()
)
_SHORTEST: Final = 3
#: The same thing by other names.
_ALSO: Final[dict[str, tuple[str, ...]]] = {
    "delete": ("rm", "rmdir", "unlink", "remove"),
    "remove": ("rm", "rmdir", "delete"),
    "install": ("npm", "pip", "yarn", "pnpm", "uv", "poetry", "cargo", "add", "ci", "sync"),
    "dependencies": ("npm", "pip", "yarn", "pnpm", "uv", "poetry", "install", "add"),
    "packages": ("npm", "pip", "yarn", "pnpm", "uv", "poetry", "install", "add"),
    "internet": ("curl", "wget", "fetch", "webfetch", "websearch", "pull", "npm", "pip"),
    "network": ("curl", "wget", "fetch", "webfetch", "websearch", "pull", "npm", "pip"),
    "tests": ("test", "pytest", "jest", "vitest"),
    "format": ("prettier", "black", "fmt", "ruff"),
    "reformat": ("prettier", "black", "fmt", "ruff", "format"),
    "branch": ("checkout", "switch"),
    "branches": ("checkout", "switch", "branch"),
    "switch": ("checkout",),
    "checkout": ("switch",),
    "git": ("commit", "add", "branch", "checkout", "switch", "stash", "tag"),
}


@dataclass(frozen=True, slots=True)
class Boundary:
    """A sentence that forbids or limits something."""

    sentence: str
    names: frozenset[str]
    #: It speaks of changes or commands as such, or limits the work to what it names.
    covers_all: bool

    def touches(self, names: Iterable[str]) -> bool:
        """Whether an action with these names may be what it speaks of."""
        return self.covers_all or any(_alike(mine, theirs) for mine in self.names for theirs in names)


def boundaries(words: Sequence[str]) -> tuple[Boundary, ...]:
    """Return what the user forbade or limited so far."""
    return tuple(found for text in words for found in _boundaries(text))


def names_in(texts: Iterable[str]) -> frozenset[str]:
    """Return the names that the targets and words of an action hold, in lower case."""
    found: set[str] = set()
    for text in texts:
        for word in _WORD.findall(text.casefold()):
            found.update((word, *re.split(r"[._-]", word)))
    return frozenset(name for name in found if len(name) >= 2)


def _boundaries(text: str) -> Iterator[Boundary]:
    for sentence in _SENTENCE.split(text):
        limits, forbids = _LIMITS.search(sentence) is not None, _forbids(sentence)
        if not (limits or forbids or _SPARES.search(sentence) or _speaks_of_step(sentence)):
            continue
        names = {name for name in _names(sentence) if name not in _EMPTY and len(name) >= _SHORTEST}
        names.update(other for name in tuple(names) for other in _ALSO.get(name, ()))
        covers_all = limits or (forbids and _EVERYTHING.search(sentence) is not None)
        yield Boundary(sentence.strip(), frozenset(names), covers_all)


def _forbids(sentence: str) -> bool:
    """Whether a sentence forbids something, or puts off a step."""
    put_off = _PUT_OFF.search(sentence) is not None and _STEPS.search(sentence) is not None
    return put_off or _FORBIDS.search(sentence) is not None


def _speaks_of_step(sentence: str) -> bool:
    """Whether a sentence names a step in another way than to ask for it."""
    return _NAMES_STEP.search(sentence) is not None and not _ASKS_STEP.search(sentence)


def _names(sentence: str) -> Iterator[str]:
    for word in _WORD.findall(sentence.casefold()):
        yield word
        yield from re.split(r"[._-]", word)


def _alike(mine: str, theirs: str) -> bool:
    """Whether two words may mean the same: one begins with the other (``commit``, ``commits``)."""
    if mine == theirs:
        return True
    shorter = min(len(mine), len(theirs))
    return shorter >= 4 and (mine.startswith(theirs) or theirs.startswith(mine))
