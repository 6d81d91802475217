"""The search of ``Grep`` in Python, a program that prints what ripgrep would print with ``--null --heading``.

    python -m gaff.plugins.builtin.files._python_grep '{"pattern": ..., "folder": ..., ...}'

It ends with 0 where it found something, 1 where not, and 2 where the query is not understood.
"""

from __future__ import annotations

import json
import os
import re
import stat
import sys
import warnings
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, Final

from ._beneath import open_judged
from ._encoding import decode, marked
from ._file_types import FILE_TYPES
from ._globs import Glob, expand_braces, name_regex
from ._ignores import Ignores, ignores_of
from ._opening import READ_FLAGS
from ._queries import LINE_WIDTH, Query
from ._walk import VERSION_CONTROL, Rule, walk

#: A NUL among the first bytes makes a file binary, as in ripgrep.
SNIFFED: Final = 1 << 16
MAX_FILE: Final = 1 << 30

INSTALL: Final = "ripgrep understands it once it is installed: pip install 'gaff[search]'"

CLASSES: Final = {
    "alnum": "a-zA-Z0-9",
    "alpha": "a-zA-Z",
    "blank": r"\t ",
    "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": r"!-/:-@\[-`{-~",
    "space": r"\t\n\v\f\r ",
    "upper": "A-Z",
    "word": r"\w",
    "xdigit": "0-9A-Fa-f",
}

#: What ripgrep writes in another way than Python.
RUST: Final = re.compile(
    r"\\x\{(?P<code>[0-9A-Fa-f]{1,6})\}|\\(?P<escape>.)|\(\?<(?P<group>[A-Za-z_]\w*)>|\[:(?P<class>\w+):\]",
    re.DOTALL,
)
ESCAPES: Final = {"z": r"\Z", "<": r"\b(?=\w)", ">": r"\b(?<=\w)", "h": r"[ \t]"}


class Unknown(Exception):
    """The query holds something that only ripgrep understands."""


def compile_pattern(query: Query) -> re.Pattern[str]:
    """Return the pattern of a query as Python takes it.

    Raises:
        Unknown: it cannot be translated.
        re.error: it is wrong.
    """
    flags = re.MULTILINE | (re.IGNORECASE if query.ignore_case else 0)
    flags |= re.DOTALL if query.multiline else 0
    with warnings.catch_warnings():
        warnings.simplefilter("error", FutureWarning)
        try:
            return re.compile(RUST.sub(_translated, query.pattern), flags)
        except FutureWarning as warning:
            raise Unknown(f"{warning}; {INSTALL}") from warning


def _translated(found: re.Match[str]) -> str:
    if code := found["code"]:
        return re.escape(chr(int(code, 16)))
    if group := found["group"]:
        return f"(?P<{group}>"
    if name := found["class"]:
        return CLASSES[name] if name in CLASSES else found[0]
    if found["escape"] in "pP":
        raise Unknown(f"classes of characters such as {found[0]}{{..}} need ripgrep; {INSTALL}")
    return ESCAPES.get(found["escape"], found[0])


@dataclass(frozen=True)
class Filters:
    """The globs and the file type of a query. Globs are stronger than ignore files, as in ripgrep."""

    #: Each with whether it takes in or leaves out; the last that matches decides.
    globs: Sequence[tuple[Callable[[str], object], bool]]
    type: Callable[[str], object]

    def verdict(self, path: str, *, is_folder: bool) -> bool | None:
        """Whether globs take an entry in (true), leave it out (false), or say nothing."""
        for matches, wanted in reversed(self.globs):
            if matches(path):
                return wanted
        return False if not is_folder and any(wanted for _, wanted in self.globs) else None


def filters_of(query: Query) -> Filters:
    """Return the filters of a query.

    Raises:
        Unknown: the type is not known.
        ValueError: a glob is not understood.
    """
    if query.type and query.type not in FILE_TYPES:
        raise Unknown(f"unrecognized file type: {query.type}; use glob, or install ripgrep")
    given = [*query.globs, *(f"!{name}" for name in VERSION_CONTROL)]
    globs = [(_matcher(glob.removeprefix("!")), not glob.startswith("!")) for glob in given]
    return Filters(globs, _name_matcher(FILE_TYPES.get(query.type, ("*",))))


def _matcher(glob: str) -> Callable[[str], object]:
    """Without a slash a glob is about names at any depth, as in gitignore files."""
    bare = glob.rstrip("/")
    if "/" in bare:
        return Glob(bare).matches
    return _name_matcher(expand_braces(bare))


def _name_matcher(patterns: Sequence[str]) -> Callable[[str], object]:
    names = re.compile("|".join(name_regex(pattern) for pattern in patterns))
    return lambda path: names.match(path.rpartition("/")[2])


class FilterGate:
    """Lets through the files that a query is about."""

    def __init__(self, root: str, filters: Filters) -> None:
        self._prefix = len(root.rstrip("/")) + 1
        self._filters = filters
        self._rule = Rule(hidden=True, ignoring=True)

    def folder(self, state: Ignores, entry: os.DirEntry[str]) -> Ignores | None:
        """Enter folders that nothing speaks against."""
        verdict = self._filters.verdict(entry.path[self._prefix :], is_folder=True)
        if verdict is False:
            return None
        if verdict is None and not self._rule.admits(state, entry, is_folder=True):
            return None
        return self._rule.below(state, entry.path)

    def file(self, state: Ignores, entry: os.DirEntry[str]) -> bool:
        """Take files, not links, that globs ask for, or that no glob or ignore file speaks against."""
        if not entry.is_file(follow_symlinks=False):
            return False
        verdict = self._filters.verdict(entry.path[self._prefix :], is_folder=False)
        if verdict is not None:
            return verdict
        return bool(self._filters.type(entry.name)) and self._rule.admits(state, entry, is_folder=False)


def text_of(path: str, *, named: bool) -> str | None:
    """Return the text of a file; ``None`` for binary ones, unless the file itself was asked for."""
    try:
        descriptor = open_judged(path, READ_FLAGS)
        with open(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode) or status.st_size > MAX_FILE:
                return None
            data = file.read(SNIFFED)
            if b"\0" in data and not named and marked(data) is None:
                return None
            data += file.read()
    except OSError:
        return None
    if marked(data) is not None:
        return decode(data).content.replace("\r\n", "\n")
    return data.partition(b"\0")[0].decode("utf-8", "surrogateescape").replace("\r\n", "\n")


class Matcher:
    """Finds the matching lines of a text."""

    def __init__(self, pattern: re.Pattern[str], query: Query) -> None:
        self._pattern = pattern
        self._query = query
        #: What looks around sees line breaks in a whole text that it does not see in a line.
        self._whole_first = not re.search(r"\(\?<?[=!]|\\[AZzbB]", pattern.pattern)

    def matches(self, text: str) -> list[tuple[int, str]]:
        """Return the line number of each match, counted from 0, and its text; matches over lines in parts."""
        lines = text.removesuffix("\n").split("\n") if text else []
        if self._query.multiline:
            return list(self._over_lines(text))
        if self._whole_first and not self._pattern.search(text):
            return []
        return [(number, found[0]) for number, line in enumerate(lines) for found in self._each(line)]

    def _each(self, text: str) -> Iterator[re.Match[str]]:
        """Leave out matches of nothing right behind another, as ripgrep does and Python does not."""
        end = -1
        for found in self._pattern.finditer(text):
            if found.end() > end:
                yield found
            end = found.end()

    def _over_lines(self, text: str) -> Iterator[tuple[int, str]]:
        breaks = [found.start() for found in re.finditer("\n", text)]
        for found in self._each(text):
            first = bisect_right(breaks, found.start() - 1)
            if found.start() < len(text) or not text.endswith("\n"):
                parts = found[0].removesuffix("\n").split("\n")
                yield from ((first + offset, part) for offset, part in enumerate(parts))


def printed(path: str, text: str, query: Query, found: Sequence[tuple[int, str]]) -> str:
    """Return what ripgrep prints for a file with these matches."""
    numbers = dict.fromkeys(number for number, _ in found)
    if query.mode == "files_with_matches":
        return f"{path}\0"
    if query.mode == "count":
        return f"{path}\0{len(numbers)}\n"
    if query.only_matching:
        told = (one for one in found if one[1] or not query.multiline)
        lines = [f"{number + 1}:{_cut(part)}" for number, part in told]
    else:
        lines = list(_with_context(text.removesuffix("\n").split("\n"), query, numbers))
    return "\n".join([f"{path}\0{lines[0]}", *lines[1:], "", ""]) if lines else ""


def _with_context(lines: Sequence[str], query: Query, numbers: Mapping[int, None]) -> Iterator[str]:
    shown: dict[int, None] = {}
    for number in numbers:
        first, last = max(number - query.before, 0), min(number + query.after, len(lines) - 1)
        shown |= dict.fromkeys(range(first, last + 1))
    previous = None
    for number in sorted(shown):
        if (query.before or query.after) and previous is not None and number > previous + 1:
            yield "--"
        yield f"{number + 1}{':' if number in numbers else '-'}{_cut(lines[number])}"
        previous = number


def _cut(line: str) -> str:
    return line if len(line) <= LINE_WIDTH else f"{line[:LINE_WIDTH]} [... omitted end of long line]"


def search(query: Query, output: BinaryIO, environ: Mapping[str, str]) -> bool:
    """Search and print; whether anything was found.

    Raises:
        Unknown: the query is not understood.
        ValueError: a glob is not understood.
        re.error: the pattern is wrong.
    """
    matcher = Matcher(compile_pattern(query), query)
    any_found = False
    for path in _paths(query, environ):
        text = text_of(path, named=bool(query.name))
        if text is not None and (found := matcher.matches(text)):
            any_found = True
            name = f"./{os.path.relpath(path, query.folder)}"
            output.write(printed(name, text, query, found).encode("utf-8", "surrogateescape"))
    return any_found


def _paths(query: Query, environ: Mapping[str, str]) -> Iterator[str]:
    filters = filters_of(query)
    if query.name:
        yield os.path.join(query.folder, query.name)
        return
    gate = FilterGate(query.folder, filters)
    for entry in walk(query.folder, gate, ignores_of(query.folder, environ), lambda: False):
        yield entry.path


def main(arguments: Sequence[str]) -> int:
    """Run the program and return its exit code."""
    parameters: dict[str, Any] = json.loads(arguments[0])
    parameters["globs"] = tuple(parameters["globs"])
    query = Query(**parameters)
    try:
        return 0 if search(query, sys.stdout.buffer, os.environ) else 1
    except (Unknown, ValueError, re.error) as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
