"""The commands that acceptEdits mode runs unasked inside the folders: ``mkdir touch rm rmdir mv cp sed``.

A command counts only in the forms known here, with every file it touches named outright. Anything else
is left to be asked for. Source: code.claude.com/docs/en/permission-modes.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from ._paths import normal, real, stays_within
from ._protected import protected_part

#: Options without values that change nothing about which files are touched.
_SHORT: Final = {
    "mkdir": "pv",
    "touch": "acm",
    "rm": "rRfidvI",
    "rmdir": "v",
    "mv": "finuvT",
    "cp": "raRfinpuvTdP",
}
_LONG: Final = {
    "mkdir": frozenset({"--parents", "--verbose"}),
    "touch": frozenset({"--no-create"}),
    "rm": frozenset({"--recursive", "--force", "--verbose", "--dir"}),
    "rmdir": frozenset({"--verbose"}),
    "mv": frozenset({"--force", "--no-clobber", "--verbose", "--no-target-directory"}),
    "cp": frozenset(
        {"--recursive", "--archive", "--force", "--no-clobber", "--verbose", "--no-target-directory"}
    ),
}
_UNNAMED: Final = re.compile(r"[*?\[\]{}$`~\x00-\x1f]")

#: Folders with more entries than this are not looked through.
_MOST_ENTRIES: Final = 20_000
#: A folder that is removed is looked through so far for a repository: what is installed may be large.
_MOST_REMOVED: Final = 50_000

#: ``s/x/y/`` with harmless flags, or lines deleted or printed by number. ``e`` and ``w`` run and write.
_SED_SCRIPT: Final = re.compile(
    r"s([/|,:@%+])(?:(?!\1)[^\\\n]|\\[^\n])*\1(?:(?!\1)[^\\\n]|\\[^\n])*\1[gIip0-9]*"
    r"|(?:\d+|\$)(?:,(?:\d+|\$))?[dp]"
)
#: What bash may put anything in for; the end of a line is followed by none of these.
_EXPANDED: Final = re.compile(r"\$[\w({@*#?!$'\"-]|`")
_SED_OPTION: Final = re.compile(
    r"-[nErsz]+|(?:-i|--in-place=)(?P<suffix>[\w.-]*)|--in-place|--quiet|--regexp-extended|--separate"
)


def edited_files(words: Sequence[str], cwd: str, folders: Sequence[str]) -> Sequence[str]:
    """Return every file a command of acceptEdits mode touches.

    None where it is another command, has a form that is not known, or touches a file outside the
    folders or a protected one.
    """
    if not words:
        return ()
    files = _sed_files(words[1:]) if words[0] == "sed" else _files(words[0], words[1:])
    if not files or any(_UNNAMED.search(file) for file in files):
        return ()
    paths = [normal(os.path.join(cwd, file)) for file in files]
    touched = paths
    if words[0] in ("cp", "mv"):
        touched = [
            *paths,
            *_copied(words, paths),
            *(link for path in paths[:-1] for link in _links_below(path)),
        ]
    if words[0] == "rm" and any(map(_holds_repository, paths)):
        return ()
    return touched if all(_is_free(path, folders) for path in touched) else ()


def _holds_repository(folder: str) -> bool:
    """Whether a folder that is removed has a repository somewhere below."""
    count = 0
    for _, folders, files in os.walk(folder):
        count += len(folders) + len(files)
        if ".git" in folders or ".git" in files:
            return True
        if count > _MOST_REMOVED:
            break
    return False


def _is_free(path: str, folders: Sequence[str]) -> bool:
    resolved = real(path)
    if protected_part(path) or protected_part(resolved):
        return False
    return stays_within(path, resolved, folders, follows=False)


def _files(name: str, words: Sequence[str]) -> list[str]:
    """Return the files named by a command; none where it has a form that is not known."""
    if name not in _SHORT:
        return []

    def accepts(word: str) -> bool:
        return word in _LONG[name] or set(word[1:]) <= set(_SHORT[name])

    return list(_operands(words, accepts))


def _operands(words: Sequence[str], accepts: Callable[[str], bool]) -> Iterator[str]:
    """Yield the words that are no options; for an option that is not known, ``$``, which names no file."""
    for index, word in enumerate(words):
        if word == "--":
            yield from words[index + 1 :]
            return
        if not word.startswith("-") or word == "-":
            yield word
        elif not accepts(word):
            yield "$"


def _copied(words: Sequence[str], paths: Sequence[str]) -> Iterator[str]:
    """Yield where the sources of ``cp`` and ``mv`` end up; where that is not clear, the root."""
    *sources, end = paths
    if not sources:
        yield "/"
        return
    options = [word for word in words[: words.index("--") if "--" in words else None] if word.startswith("-")]
    letters = {char for word in options if not word.startswith("--") for char in word}
    for source in sources:
        is_inside = os.path.isdir(end) and "T" not in letters and "--no-target-directory" not in options
        path = os.path.join(end, os.path.basename(source)) if is_inside else end
        yield path
        # What is there already may be a link at any depth, and copying a tree writes through it.
        copies_tree = words[0] == "cp" and (
            letters & set("raR") or {"--recursive", "--archive"} & set(options)
        )
        if copies_tree and os.path.lexists(path):
            yield "/"


def _links_below(folder: str) -> Iterator[str]:
    """Yield where the links of a folder that is moved or copied lead; the root where there is too much to say."""
    count = 0
    for parent, folders, files in os.walk(folder):
        count += len(folders) + len(files)
        if count > _MOST_ENTRIES:
            yield "/"
            return
        paths = (os.path.join(parent, name) for name in (*folders, *files))
        yield from (real(path) for path in paths if os.path.islink(path))


def _is_harmless(script: str) -> bool:
    return _SED_SCRIPT.fullmatch(script) is not None and not _EXPANDED.search(script)


def _sed_files(words: Sequence[str]) -> list[str]:
    """Return the files of a ``sed -i`` whose script is harmless, and what it keeps of them; none for any other."""
    scripts: list[str] = []
    rest: list[str] = []
    pending = iter(words)
    for word in pending:
        if word == "-e":
            scripts.append(next(pending, ""))
        elif word.startswith("--expression="):
            scripts.append(word.partition("=")[2])
        else:
            rest.append(word)
    operands = list(_operands(rest, lambda word: _SED_OPTION.fullmatch(word) is not None))
    if not scripts:
        scripts, operands = operands[:1], operands[1:]
    is_harmless = scripts and all(map(_is_harmless, scripts))
    options = filter(None, map(_SED_OPTION.fullmatch, rest))
    suffixes = {found["suffix"] for found in options if found["suffix"]}
    backups = [file + suffix for file in operands for suffix in suffixes]
    return [*operands, *backups] if is_harmless else []
