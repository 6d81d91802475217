"""From what was typed to what is asked for."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from ..requests import Again, More, Parsed, Request, Talk, Unknown
from . import changing, reading, running, searching, talking, writing
from .phrase import Phrase
from .rules import Rule
from .words import BULLET, END_MARKS, POSTSCRIPT, distance, polite

#: Longer requests are no plain requests; what is quoted does not count.
MAX_LENGTH: Final = 2_000
MAX_REQUESTS: Final = 10
#: Tried in this order where several rules fit.
RULES: Final[tuple[Rule, ...]] = tuple(
    rule for family in (talking, running, writing, changing, searching, reading) for rule in family.RULES.all
)
#: These end in a text of the user's own: nothing may be cut off its end.
LITERAL_VERBS: Final = frozenset("create make write add new save append insert put".split())
#: Requests that may be long for the text they give.
CREATING: Final = re.compile(r"\s*(?:please\s+)?(?:create|make|write|save)\s", re.IGNORECASE)
THEN: Final = re.compile(
    r"\s*[,;.]?\s*\b(?:and\s+then|then|after\s+that|afterwards|and\s+after\s+that|and\s+finally|finally)\b,?\s+"
    r"|\s*\n\s*|\s*;\s+|\s+(?=\d{1,2}[.)]\s)",
    re.IGNORECASE,
)
AND: Final = re.compile(r"\s*,?\s+and\s+(?:also\s+)?", re.IGNORECASE)

#: A text that begins with one of these may be meant for the shell.
PROGRAMS: Final = frozenset(
    "git npm npx yarn pnpm cargo make pip uv poetry tox nox docker kubectl python python3 node deno go mvn gradle "
    "pytest ruff mypy black eslint curl wget ssh sed awk chmod tar echo cmake brew apt".split()
)

#: What to point to when a request was not understood, and what help shows.
EXAMPLES: Final = (
    "find TODO in src",
    "where is parse_config used?",
    'search for "timeout" in *.py',
    "find files named *.toml",
    "list python files",
    "show README.md",
    "read core/cli.py lines 10-40",
    "explain core/cli.py",
    "what is this project?",
    "describe the layout",
    "run git status",
    "run the tests",
    "how do I run the tests?",
    "replace foo with bar in src",
    "rename function load to read in *.py",
    'create notes.md with the text "hello"',
    'append "one more line" to notes.md',
    'insert "import os" at the top of app.py',
    "delete notes.md",
    "move a.txt to b.txt",
    "what changed?",
    "undo",
    "count lines in src",
    "show the biggest files",
    "git log",
    "which branch am I on?",
    "where am I?",
    "what time is it?",
    "how do I set up a model?",
    "what can you do?",
)


@cache
def _by_verb() -> dict[str, tuple[Rule, ...]]:
    """Return the rules by the word a request starts with."""
    found: dict[str, list[Rule]] = {}
    for rule in RULES:
        for verb in rule.verbs:
            found.setdefault(verb, []).append(rule)
    return {verb: tuple(rules) for verb, rules in found.items()}


def parse(text: str) -> Parsed:
    """Read a prompt: one request, or several joined by *then*."""
    phrase = Phrase(text)
    folded = (
        BULLET.sub("", phrase.folded.strip(), count=1) if "\n" not in phrase.folded.strip() else phrase.folded
    )
    notes: list[str] = []
    if len(folded) > MAX_LENGTH:
        request = _match(phrase, polite(folded[:100]) + folded[100:]) if CREATING.match(folded) else None
        return Parsed((request or Unknown(text),))
    return Parsed(tuple(_parse_all(phrase, folded, notes)), tuple(notes))


def _parse_all(phrase: Phrase, folded: str, notes: list[str]) -> list[Request]:
    """Return the requests of the text; one ``Unknown`` where any of them is not understood."""
    for joint in (THEN, AND):
        pieces = [piece for piece in joint.split(folded) if piece.strip()]
        # A single word after *and* belongs to what is before it: "in src and tests".
        if not 1 < len(pieces) <= MAX_REQUESTS or (joint is AND and min(map(_words, pieces)) < 2):
            continue
        found = [(piece, *_parse_one(phrase, piece)) for piece in pieces]
        known = [request for _, request, _ in found if request]
        if len(known) == len(found) and not _is_one_text(phrase, pieces, known[-1]):
            notes += [note for _, _, note in found if note]
            return known
        if joint is THEN and known and not _starts_literal(polite(folded)):
            understood = tuple(phrase.raw(piece).strip() for piece, request, _ in found if request)
            strange = tuple(phrase.raw(piece).strip() for piece, request, _ in found if not request)
            return [Unknown(phrase.raw(folded).strip(), understood, strange)]
    request, note = _parse_one(phrase, folded)
    notes += [note] if note else []
    return [request or Unknown(phrase.raw(folded).strip())]


def _words(text: str) -> int:
    return len(text.split())


def _is_one_text(phrase: Phrase, pieces: list[str], last: Request | None) -> bool:
    """Whether the first piece is a text for a file, not quoted, that the last one seems to belong to."""
    bare = polite(pieces[0])
    return _starts_literal(bare) and not phrase.has_quotes(bare) and isinstance(last, Talk | Again | More)


def _parse_one(phrase: Phrase, piece: str) -> tuple[Request | None, str]:
    """Return the request of one piece, and what had to be mended to read it."""
    whole = BULLET.sub("", piece, count=1)
    bare = polite(whole)
    for candidate in (*_candidates(whole), *_candidates(bare)):
        if request := _match(phrase, candidate):
            return request, ""
    for candidate in _candidates(bare):
        for mended, note in _mended(candidate):
            if request := _match(phrase, mended):
                return request, note
    return None, ""


def _candidates(text: str) -> list[str]:
    """Return the text without its end marks and thanks, then less and less trimmed."""
    if _starts_literal(text):
        return [text.strip()]
    plain = END_MARKS.sub("", text)
    short = END_MARKS.sub("", POSTSCRIPT.sub("", plain))
    return list(dict.fromkeys(candidate for candidate in (short, plain, text.strip()) if candidate))


def _starts_literal(text: str) -> bool:
    return text.split(maxsplit=1)[0].lower() in LITERAL_VERBS if text.strip() else False


def _match(phrase: Phrase, text: str) -> Request | None:
    """Return what the first rule that fits makes of the text."""
    if re.match(r"\$\S", text):
        text = f"$ {text[1:]}"
    verb, _, rest = text.partition(" ") if " " in text.split("\n", 1)[0] else text.partition("\n")
    verb = verb.strip().lower().rstrip(",:").replace("’", "'")
    for rule in _by_verb().get(verb, ()):
        if request := rule.read(phrase, verb, rest.strip()):
            return request
    return None


def _mended(text: str) -> list[tuple[str, str]]:
    """Return the text with its first word put right, for each verb it is close to, the closest first."""
    word, blank, rest = text.partition(" ")
    lowered = word.lower()
    if len(lowered) < 3 or not lowered.isalpha() or lowered in _by_verb():
        return []
    limit = 1 if len(lowered) < 7 else 2
    close = sorted((distance(lowered, verb), verb) for verb in _by_verb() if len(verb) > 3)
    return [
        (f"{verb}{blank}{rest}", f"I read “{word}” as “{verb}”.")
        for cost, verb in close
        if cost <= limit and not _is_another_word(lowered, verb)
    ]


def _is_another_word(word: str, verb: str) -> bool:
    """Whether a short word differs by a letter, as *lint* and *list* do, not by a slip of the fingers."""
    return len(verb) <= 4 and len(word) == len(verb) and sorted(word) != sorted(verb)


def nearest(text: str) -> str | None:
    """Return the example that is most like a text that was not understood; ``None`` where none is."""
    if text.split(maxsplit=1)[:1] and text.split(maxsplit=1)[0] in PROGRAMS and "\n" not in text:
        return f"run {text.strip()[:200]}"
    words = set(re.findall(r"[a-z]{3,}", text[:500].lower()))
    best, example = max((_likeness(words, example), example) for example in EXAMPLES)
    return example if best >= 0.5 else None


def _likeness(words: set[str], example: str) -> float:
    """Return how many of the example's words are there, near misses included, from 0 to 1."""
    wanted = [
        word for word in re.findall(r"[a-z]{3,}", example.lower()) if word not in {"the", "what", "with"}
    ]
    found = sum(any(distance(word, other, 1) <= (len(word) > 4) for other in words) for word in wanted)
    return found / max(2, len(wanted))
