"""The files that git commands show: those named in commits (``HEAD:path``) and in the work tree."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from ._uses import HERE, FileUse, renamed
from ._words import Word

#: Commands that show what is in files.
_SHOW: Final = frozenset(
    "show cat-file diff log blame annotate grep archive difftool diff-tree diff-index diff-files whatchanged stash "
    "format-patch range-diff".split()
)
#: Options in front of the command that take a value.
_VALUED: Final = frozenset({"-C", "-c", "--git-dir", "--work-tree", "--namespace", "--exec-path"})
#: ``HEAD:path`` and ``:0:path``; what stands in front of the first colon holds no blank.
_IN_COMMIT: Final = re.compile(r"(?::[0-3]:|[^\s:]*:)(.+)", re.DOTALL)
_LINES: Final = re.compile(r"-L(?:.*):([^:]+)", re.DOTALL)
_PATTERN: Final = re.compile(r"[*?\[]|:[(!^/]")


def git_files(arguments: Sequence[Word]) -> Iterator[FileUse]:
    """Yield the files that the arguments of git (without its name) name; those of the index count as files."""
    left = list(arguments)
    while left and left[0].shown.startswith("-"):
        del left[: 2 if left[0].shown in _VALUED else 1]
    if not left or left[0].shown not in _SHOW:
        return
    if left[0].shown == "grep":
        yield FileUse("read", HERE)
        return
    if left[0].shown == "stash":
        if len(left) == 1 or left[1].shown not in {"show", "list"}:
            return
        del left[0]
    behind = False
    for word in left[1:]:
        behind |= word.value == "--"
        yield from _shown(word, behind=behind)


def _shown(word: Word, *, behind: bool) -> Iterator[FileUse]:
    text = word.shown
    if text.startswith("-") and not behind:
        if lines := _LINES.fullmatch(text):
            yield FileUse("read", renamed(word, lines.group(1)))
        return
    if text == "--" or word.value is None:
        return
    if _PATTERN.match(text) or (behind and _PATTERN.search(text)):
        yield FileUse("read", HERE)
    named = None if behind else _IN_COMMIT.fullmatch(text)
    if named is None:
        yield FileUse("read", renamed(word, text.lstrip("/") if text.startswith(":/") else text))
    else:
        path = named.group(1)
        yield FileUse(
            "read", renamed(word, path.lstrip("/") or "."), from_top=not path.startswith(("./", "../"))
        )
