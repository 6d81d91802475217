"""What the tools' results say, read from the text a model gets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from gaff.hooks import ToolCall

#: A line as Read shows it: number, tab, text. Other tools' arrow is read as well.
NUMBERED: Final = re.compile(r" *(\d+)(?:\t|→)(.*)", re.DOTALL)
PLACE: Final = re.compile(r"(?P<path>[^\n]+?):(?P<line>\d+):(?P<text>.*)")
#: What tools say at the end of a result that does not hold everything, on a line of its own.
CUT: Final = re.compile(
    r"\[(?:PARTIAL view.*|[\d,]+ of [\d,]+ (?:lines|files)\..*|The [\d,]+ newest of [\d,]+.*|The search was stopped.*"
    r"|.*(?:truncated|[Ff]ull output|left out|omitted).*)\]"
)
#: How many there are in all, and where the rest begins.
WINDOW: Final = re.compile(
    r"\[(?:The )?[\d,]+ (?:newest )?of (?P<total>[\d,]+)(?: (?:lines|files)\. Go on with offset=(?P<next>\d+))?"
)
#: Lines from the end among which a tool's remarks are.
REMARKS: Final = 4


@dataclass(frozen=True)
class Place:
    """A line of a file."""

    path: str
    line: int
    text: str


@dataclass(frozen=True)
class FileText:
    """What Read showed of a file; ``total`` is how many lines the file has."""

    lines: tuple[str, ...]
    first: int
    total: int
    #: Whether every line is there in full.
    whole: bool

    @property
    def text(self) -> str:
        """The lines, joined; whether the last one ends in a line break cannot be known."""
        return "\n".join(self.lines)

    @property
    def content(self) -> str:
        """The text as it is in most files, the last line ended; an empty file is empty."""
        return f"{self.text}\n" if self.lines else ""


@dataclass(frozen=True)
class Result:
    """How a call went, as the model is told."""

    call: ToolCall
    text: str
    is_error: bool = False
    has_pictures: bool = False

    @property
    def refusal(self) -> str | None:
        """Why the call was not let through, in words for the user; ``None`` where it ran."""
        if not self.is_error:
            return None
        if said := re.match(
            r"The user does not want this \w+ call(?:, and says: (.*)|\.)", self.text, re.DOTALL
        ):
            return f"you denied it: {said[1].strip()}" if said[1] else "you denied it"
        if re.match(r"Permission to use \w+ is needed and nobody can be asked", self.text):
            return "it needs your permission, and nobody can be asked here"
        if re.match(r"Permission to use |Not run: ", self.text):
            return self.text.strip().rstrip(".")
        return None

    @property
    def interrupted(self) -> bool:
        """Whether it was broken off."""
        return self.is_error and self.text.startswith("Interrupted")

    @property
    def trouble(self) -> str:
        """Why there is no good result, in one line; empty where there is one."""
        if not self.is_error:
            return ""
        if self.interrupted:
            return "it was interrupted"
        return self.refusal or " ".join(self.text.split())[:300].rstrip(".")

    @property
    def is_cut(self) -> bool:
        """Whether the tool says that there is more than it shows."""
        return any(CUT.fullmatch(line.strip()) for line in self.text[-2_000:].split("\n")[-REMARKS:])

    @property
    def total(self) -> int | None:
        """How many results there are, where the tool shows only part of them and says so."""
        found = self._window()
        return int(found["total"].replace(",", "")) if found else None

    @property
    def next_offset(self) -> int | None:
        """Where the results that are not shown begin."""
        found = self._window()
        return int(found["next"]) if found and found["next"] else None

    def _window(self) -> re.Match[str] | None:
        lines = self.text[-2_000:].split("\n")[-REMARKS:]
        return next((found for line in lines if (found := WINDOW.match(line))), None)


def file_text(result: Result) -> FileText | None:
    """Return what a result of Read shows; ``None`` where it shows no text."""
    if result.is_error or result.has_pictures:
        return None
    lines: list[str] = []
    first, notices = 1, ""
    for line in result.text.split("\n"):
        if match := NUMBERED.fullmatch(line):
            first = first if lines else int(match[1])
            lines.append(match[2])
        else:
            notices += f"{line}\n"
    if not lines and "is empty" not in notices:
        return None
    total = re.search(r"of ([\d,]+)\.", notices)
    last = first + len(lines) - 1
    count = int(total[1].replace(",", "")) if total else last
    return FileText(tuple(lines), first, count, first == 1 and last >= count and "were cut" not in notices)


def is_unchanged(result: Result) -> bool:
    """Whether Read points to what it showed before."""
    return (
        not result.is_error and "has not changed since" in result.text[:500]
    ) or "File unchanged" in result.text[:100]


def places(text: str, path: str = "") -> Iterator[Place]:
    """Yield the lines that Grep found; ``path`` is the file where it names none."""
    for line in text.split("\n"):
        if match := PLACE.fullmatch(line):
            yield Place(match["path"], int(match["line"]), match["text"])
        elif path and (match := re.fullmatch(r"(\d+):(.*)", line)):
            yield Place(path, int(match[1]), match[2])


def counts(text: str, path: str = "") -> Iterator[tuple[str, int]]:
    """Yield the files and numbers of a counting Grep."""
    for line in text.split("\n"):
        if match := re.fullmatch(r"([^\n]+):(\d+)", line):
            yield match[1], int(match[2])
        elif path and line.isdecimal():
            yield path, int(line)
