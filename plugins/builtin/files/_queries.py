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


@dataclass
class FileHits:
    """What was found in a file; ``path`` is relative to the folder that was searched."""

    path: str
    hits: list[Hit] = field(default_factory=list[Hit])
    count: int = 0


@dataclass
class Found:
    """What a search found, and what it has to say besides."""

    files: list[FileHits]
    notes: list[str] = field(default_factory=list[str])


def parse(output: bytes, mode: Mode) -> Found:
    """Read what ripgrep prints with ``--null`` and line numbers: a path, a NUL, then what was found."""
    if mode == "files_with_matches":
        return Found([FileHits(_path(path)) for path in output.split(b"\0") if path])
    files: dict[str, FileHits] = {}
    notes: list[str] = []
    for line in output.split(b"\n"):
        path, found, rest = line.partition(b"\0")
        if not found:
            notes += _note(path)
            continue
        name = _path(path)
        file = files.setdefault(name, FileHits(name))
        if mode == "count":
            file.count += int(rest)
        elif matched := LINE.match(rest):
            text = rest[matched.end() :].removesuffix(b"\r").decode("utf-8", "replace")
            file.hits.append(Hit(int(matched[1]), text, matched[2] == b":"))
    return Found(list(files.values()), notes)


def _path(path: bytes) -> str:
    return path.removeprefix(b"./").decode("utf-8", "surrogateescape")


def _note(line: bytes) -> Iterator[str]:
    """Lines without a NUL are separators, which are worked out anew, or tell of binary files."""
    if b"binary file" in line:
        yield f"[{line.removeprefix(b'./').decode('utf-8', 'replace')}]"
