"""Small readings of words: paths, numbers, politeness, what kind of files is meant."""

from __future__ import annotations

import re
from typing import Final

from ..languages import BY_EXTENSION, BY_NAME, BY_WORD
from ..requests import Scope
from .phrase import Phrase

PREAMBLE: Final = re.compile(
    r"""(?: (?:please|pls|plz|kindly|hey|hi|hello|ok|okay|so|well|now|just|also|gaff|next|and)\b[,!.:]*
          | first\b,?(?=\s+[a-z](?!ines?\b))
          | (?:can|could|would|will)\s+(?:you|we|i)\b (?:\s+(?:please|kindly))?
          | i\s*(?:'d|’d|\s+would)\s+like\s+(?:you\s+)?to\b | i\s+(?:want|need)\s+(?:you\s+)?to\b
          | let(?:'|’)?s\b | let\s+us\b | go\s+ahead\s+and\b | help\s+me\s+(?:to\s+)?(?=\w)
          | (?:tell|show|give)\s+me\s+(?=(?:what|where|which|who|how|when)\b) | try\s+to\b | do\s+you\s+know\b
        )\s*""",
    re.IGNORECASE | re.VERBOSE,
)
POSTSCRIPT: Final = re.compile(
    r"(?:[\s,]+(?:please|pls|plz|thanks(?:\s+a\s+lot)?|thank\s+you|thx|for\s+me|right\s+now|now))+$",
    re.IGNORECASE,
)
BULLET: Final = re.compile(r"\s*(?:[-*•]|\d{1,2}[.)])\s+")
#: A full stop belongs to the request's end unless it stands alone, where it is the current folder.
END_MARKS: Final = re.compile(r"(?:[\s?!,;:…]|(?<=[\w)\]}*\U000f0000-\U000f0fff])\.)+$")

ORDINALS: Final = {
    word: number
    for number, words in enumerate(
        (
            "first 1st one",
            "second 2nd two",
            "third 3rd three",
            "fourth 4th four",
            "fifth 5th five",
            "sixth 6th six",
            "seventh 7th seven",
            "eighth 8th eight",
            "ninth 9th nine",
            "tenth 10th ten",
        ),
        start=1,
    )
    for word in words.split()
}

#: Words that stand for something in the last answer.
IT: Final = frozenset(
    {"it", "that", "this", "that file", "this file", "the file", "that one", "this one", "them"}
)
POINTER: Final = re.compile(
    r"(?:the\s+)?(?P<word>\w+)(?:\s+(?:one|file|result|match|hit|place))?"
    r"|(?:(?:number|no\.?|result|match|\#)\s*)(?P<number>\d{1,3})",
    re.IGNORECASE,
)
PROJECT: Final = re.compile(
    r"(?:here|everywhere|every\s+file|all(?:\s+(?:the|of\s+the|my|our))?\s+files|everything|\."
    r"|(?:the|this|my|our)?\s*(?:whole|entire)?\s*"
    r"(?:project|repo|repository|code\s?base|code|source\s+code|folder|directory|current\s+(?:folder|directory)))",
    re.IGNORECASE,
)
FOLDER_WORDS: Final = re.compile(
    r"(?:the\s+|my\s+|our\s+)?(?:(?:folder|directory|dir|file|package|module|path)\s+)?"
    r"(?P<path>\S+?)(?:\s+(?:folder|directory|dir|file|package|module))?",
    re.IGNORECASE,
)
FILE_KIND: Final = re.compile(
    r"(?:all\s+|any\s+|every\s+)?(?:the\s+|of\s+the\s+)?(?P<word>[\w+#*.?{},/-]+)\s+files?", re.IGNORECASE
)
INSIDE: Final = re.compile(r"\s+(?:in|under|within|inside|below|across|throughout|of|from)\s+", re.IGNORECASE)
LONGEST_SCOPE: Final = 300
TEST_FILES: Final = ("test_*", "*_test.*", "*.test.*", "*.spec.*")


def polite(text: str) -> str:
    """Return the request without what politeness puts in front of it."""
    text = text.strip()
    while (match := PREAMBLE.match(text)) and match.end() < len(text):
        text = text[match.end() :]
    return text


def is_glob(text: str) -> bool:
    """Whether the text is a pattern of file names."""
    return bool(re.fullmatch(r"[^\s]*[*?][^\s]*|[^\s]*\{[^\s{}]+,[^\s{}]*\}[^\s]*", text)) and any(
        mark in text for mark in "./*"
    )


def is_path(text: str) -> bool:
    """Whether a single word looks like a path: has a slash, a known ending or a known name, or starts with a dot."""
    if not text or len(text) > 1000 or re.search(r"[\s\x00]", text) or "://" in text:
        return False
    name = text.rstrip("/").rpartition("/")[2]
    ending = name.rpartition(".")[2].lower() if "." in name[1:] else ""
    return (
        "/" in text.strip("/")
        or text.endswith("/")
        or text.startswith(("/", "~/", "./", "../"))
        or text in {".", "..", "~"}
        or bool(re.fullmatch(r"\.[A-Za-z][\w.-]*", text))
        or ending in BY_EXTENSION
        or ending
        in {"lock", "env", "example", "in", "rc", "patch", "diff", "bat", "ps1", "vue", "proto", "tf"}
        or name.lower() in BY_NAME
    )


def globs_of(word: str) -> tuple[str, ...]:
    """Return the name patterns of a kind of file, such as ``python`` or ``test``; none where it is not one."""
    word = word.lower().lstrip(".")
    if word in {"test", "tests", "spec"}:
        return TEST_FILES
    language = BY_WORD.get(word) or BY_EXTENSION.get(word)
    return tuple(f"*.{ending}" for ending in language.extensions) if language else ()


def one_glob(patterns: tuple[str, ...]) -> str:
    """Return the patterns as one, with braces where they are several."""
    if len(patterns) <= 1:
        return "".join(patterns)
    if all(pattern.startswith("*.") and pattern[2:].isalnum() for pattern in patterns):
        return f"*.{{{','.join(pattern[2:] for pattern in patterns)}}}"
    return f"{{{','.join(patterns)}}}"


def scope_of(phrase: Phrase, text: str) -> Scope | None:
    """Read where to look: ``src``, ``the src folder``, ``*.py``, ``python files in src``, ``this project``."""
    text = text.strip()
    if len(text) > LONGEST_SCOPE:
        return None
    if inside := INSIDE.search(text):
        files, place = scope_of(phrase, text[: inside.start()]), scope_of(phrase, text[inside.end() :])
        fits = files and place and files.glob and not files.path and not place.glob
        return Scope(place.path, files.glob) if fits and files and place else None
    if PROJECT.fullmatch(text):
        return Scope()
    if several := _several_places(phrase, text):
        return several
    if kind := FILE_KIND.fullmatch(text):
        word = phrase.unfold(kind["word"])
        patterns = (word,) if is_glob(word) else globs_of(word)
        return Scope(glob=one_glob(patterns)) if patterns else None
    if folder := FOLDER_WORDS.fullmatch(text):
        path = phrase.unfold(folder["path"])
        return _place(path)
    return None


def _several_places(phrase: Phrase, text: str) -> Scope | None:
    """Return the scope of files and folders joined by *and* or commas, as one pattern."""
    pieces = [phrase.unfold(piece) for piece in re.split(r"\s*,\s*(?:and\s+)?|\s+and\s+", text)]
    if len(pieces) < 2 or not all(re.fullmatch(r"[^\s{},]+", piece) for piece in pieces):
        return None
    files = [piece if "." in piece.rpartition("/")[2] else f"{piece.rstrip('/')}/**" for piece in pieces]
    return Scope(glob=f"{{{','.join(files)}}}")


def _place(path: str) -> Scope:
    """Return the scope of one word: a pattern, or a folder with a pattern in it, or a path."""
    wild = re.search(r"[*?{]", path)
    if wild is None or not is_glob(path):
        return Scope("" if path == "." else path.rstrip("/") or "/")
    folder = path[: wild.start()].rpartition("/")[0]
    pattern = path[len(folder) :].lstrip("/") if folder else path
    return Scope(folder, pattern)


def split_scope(phrase: Phrase, text: str) -> tuple[str, Scope]:
    """Cut ``TODO in src`` in two, at the first *in* that a place follows."""
    for match in INSIDE.finditer(text):
        if match.group().split()[0].lower() in {"of", "from"}:
            continue
        scope = scope_of(phrase, text[match.end() :])
        if scope is not None:
            return text[: match.start()], scope
    if here := re.fullmatch(r"(.+?)\s+(?:here|everywhere|anywhere)", text, re.DOTALL | re.IGNORECASE):
        return here[1], Scope()
    return text, Scope()


def is_pointer(text: str) -> bool:
    """Whether the text points at something in the last answer: ``it``, ``the second one``, ``#3``."""
    return text.lower() in IT or pointer_number(text) is not None


def pointer_number(text: str) -> int | None:
    """Return which entry of the last answer is meant, counted from 1, ``-1`` for the last."""
    match = POINTER.fullmatch(text.strip())
    if match is None:
        return None
    if match["number"]:
        return int(match["number"])
    word = match["word"].lower()
    if word == "last":
        return -1
    if word in {"one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"}:
        return None
    return ORDINALS.get(word) or (int(word) if word.isdecimal() and len(word) <= 3 else None)


def number_of(word: str | None, default: int) -> int:
    """Return a number written in digits or words."""
    if not word:
        return default
    return int(word) if word.isdecimal() else ORDINALS.get(word.lower(), default)


def distance(one: str, other: str, limit: int = 2) -> int:
    """Return how many letters must be changed, added, dropped or swapped; more than ``limit`` is ``limit + 1``."""
    if abs(len(one) - len(other)) > limit:
        return limit + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        before, last, row = row, before, [i]
        for j, wanted in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != wanted))
            if last and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
    return min(row[-1], limit + 1)
