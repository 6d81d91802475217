"""Where a command goes on its way, as far as its text tells."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Final

from ._paths import expanded, normal

_MOVE: Final = re.compile(r"(?:^|[;&|({\s'\"`])(?:cd|pushd)(?:\s+--)?[ \t]*([^\s;&|()]*)")
#: Quoted text that is no folder to go to and in which nothing runs.
_MERE_TEXT: Final = re.compile(r"(?<!cd )(?<!pushd )('[^']*'|\"[^\"$`\\]*\")")
_GIT: Final = re.compile(r"\bgit\b")
_HOME: Final = re.compile(r"\A\$(?:HOME\b|\{HOME\})")


def folders_on_the_way(text: str, cwd: str) -> Iterator[tuple[int, str]]:
    """Yield every folder a text moves to, with where in the text."""
    for move in _MOVE.finditer(text):
        folder = _HOME.sub("~", move[1].replace('"', "").strip("'"), count=1)
        cwd = normal(os.path.join(cwd, expanded(folder or "~")))
        yield move.end(), cwd


def runs_git_elsewhere(text: str, cwd: str) -> bool:
    """Whether git is run after a move to another folder, whose repository may have it run programs."""
    text = _MERE_TEXT.sub(lambda found: "_" * len(found[0]), text)
    last = max((found.start() for found in _GIT.finditer(text)), default=-1)
    return any(end <= last and folder != cwd for end, folder in folders_on_the_way(text, cwd))
