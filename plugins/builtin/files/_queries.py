"""What is searched for in files, and what is found, whoever searches."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

Mode: TypeAlias = Literal["content", "files_with_matches", "count"]

#: Characters of a line that are shown.
LINE_WIDTH: Final = 500

LINE: Final = re.compile(rb"(\d+)([:-])")

#: In what ripgrep says of files that turn out to be binary.
BINARY: Final = b"binary file"


@dataclass(frozen=True)
class Query:
    """A search. ``name`` is the file to search in the folder, or empty for all below it."""

    pattern: str
    folder: str
    name: str = ""
    mode: Mode = "files_with_matches"
    globs: tuple[str, ...] = ()
    type: str = ""
    ignore_case: bool = False
    only_matching: bool = False
    multiline: bool = False
    before: int = 0
    after: int = 0


@dataclass(frozen=True)
class Hit:
    """A line to show; context lines are not ``matched``."""

    number: int
    text: str
    matched: bool = True


@dataclass(frozen=True)
class FileHits:
    """What was found in a file; ``path`` is relative to the folder that was searched."""

    path: str
    #: How many matches there are, where they are counted.
    count: int = 0
    #: What ripgrep printed of the file; taken apart only where it is shown.
    printed: bytes = field(default=b"", repr=False)

    @property
    def size(self) -> int:
        """How many lines there are to show, gaps included."""
        return self.printed.count(b"\n") + 1

    def lines(self) -> Iterator[Hit | None]:
        """Return the lines to show, ``None`` for a gap between them."""
        for line in self.printed.split(b"\n"):
            matched = LINE.match(line)
            if matched is None:
                yield None
            else:
                text = line[matched.end() :].removesuffix(b"\r").decode("utf-8", "replace")
                yield Hit(int(matched[1]), text, matched[2] == b":")


@dataclass
class Found:
    """What a search found, and what it has to say besides."""

    files: list[FileHits]
    notes: list[str] = field(default_factory=list[str])


def parse(output: bytes, mode: Mode) -> Found:
    """Read what ripgrep prints with ``--null --heading``: a path, a NUL, then what was found in the file."""
    if mode == "files_with_matches":
        return Found([FileHits(_path(path)) for path in output.split(b"\0") if path])
    if mode == "count":
        lines = (line.partition(b"\0") for line in output.split(b"\n") if b"\0" in line)
        return Found([FileHits(_path(path), int(number)) for path, _, number in lines])
    found = Found([])
    for block in output.rstrip(b"\n").split(b"\n\n"):
        path, separator, printed = block.partition(b"\0")
        *_, last = printed.rpartition(b"\n")
        if separator and BINARY not in last:
            found.files.append(FileHits(_path(path), printed=printed))
        elif separator:
            found.files.append(FileHits(_path(path), printed=printed.removesuffix(b"\n" + last)))
        elif BINARY in block:
            found.notes.append(f"[{block.removeprefix(b'./').decode('utf-8', 'replace')}]")
    return found


def _path(path: bytes) -> str:
    return path.removeprefix(b"./").decode("utf-8", "surrogateescape")
