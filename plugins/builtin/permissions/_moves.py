"""Where a command goes on its way, as far as its text tells."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator
from typing import Final

from ._paths import expanded, normal, real, within

_MOVE: Final = re.compile(r"(?:^|[;&|({\s'\"`])(?:cd|pushd)(?:\s+--)?[ \t]*([^\s;&|()]*)")
#: Quoted text that is no folder to go to and in which nothing runs.
_MERE_TEXT: Final = re.compile(r"(?<!cd )(?<!pushd )('[^']*'|\"[^\"$`\\]*\")")
_GIT: Final = re.compile(r"\bgit\b")
#: The first and one of the others make a folder a repository for git.
_BARE: Final = ("HEAD", "objects", "commondir")
_LONGEST_LINE: Final = 4096
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


def is_in_repository_within(cwd: str, folders: Collection[str]) -> bool:
    """Whether git would find a repository here that lies inside one of the folders and so came with the files."""
    at = real(cwd)
    while at not in folders and any(within(at, folder) for folder in folders):
        if os.path.lexists(os.path.join(at, ".git")):
            return not _is_work_tree(os.path.join(at, ".git"), folders)
        has_head, *has_rest = (os.path.lexists(os.path.join(at, name)) for name in _BARE)
        if has_head and any(has_rest):
            return True
        at = os.path.dirname(at)
    return False


def _is_work_tree(path: str, folders: Collection[str]) -> bool:
    """Whether this ``.git`` is a file that names a work tree of the project's own repository."""
    try:
        with open(path, encoding="utf-8") as file:
            named = file.read(_LONGEST_LINE).removeprefix("gitdir: ").rstrip("\n")
    except (OSError, ValueError):
        return False
    named = real(os.path.join(os.path.dirname(path), named))
    return any(within(named, os.path.join(folder, ".git", "worktrees")) for folder in folders)
