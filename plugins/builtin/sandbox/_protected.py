"""What stays as it is in every writable folder: what decides which programs run, and with which rights.

Source: code.claude.com/docs/en/sandboxing (protected paths).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from gaff.hooks import Session

from ._repositories import decisive_paths, repository_of

#: Not to be changed, and not to be made where they are missing.
NEVER_MADE: Final = (".claude", ".gaff", ".mcp.json", ".vscode", ".idea")
#: Work trees in the folders of settings, to be worked in all the same.
_WORK_TREES: Final = (".claude/worktrees", ".gaff/worktrees")
#: Not to be changed where they are.
_KEPT: Final = """
    .bashrc .bash_profile .bash_login .bash_logout .bash_aliases .profile .zshrc .zprofile .zshenv .zlogin
    .zlogout .gitconfig .gitmodules .envrc .ripgreprc .npmrc .claude.json
""".split()
_CREDENTIALS: Final = (".credentials.json", "credentials.json", "auth.json")


def protected_in(folder: str) -> Iterator[str]:
    """Yield the protected paths of a writable folder, those included that must not be made."""
    yield from (os.path.join(folder, name) for name in NEVER_MADE)
    dot_git = os.path.join(folder, ".git")
    repository = repository_of(folder)
    if repository is not None:
        yield from decisive_paths(repository)
    if repository != dot_git or os.path.islink(dot_git):
        yield from _without_repository(folder)
    yield from (path for name in _KEPT if os.path.lexists(path := os.path.join(folder, name)))


def _without_repository(folder: str) -> Iterator[str]:
    """Yield what keeps a folder from becoming a repository, or a bare one from getting other settings."""
    # A work tree of its own has a file or a link there, which must go on leading where it leads.
    yield os.path.join(folder, ".git")
    if os.path.lexists(os.path.join(folder, "HEAD")) and os.path.isdir(os.path.join(folder, "objects")):
        yield from (os.path.join(folder, name) for name in ("HEAD", "config", "hooks"))
    elif not os.path.lexists(os.path.join(folder, "HEAD")):
        yield os.path.join(folder, "HEAD")


def work_trees_in(folder: str) -> Iterator[str]:
    """Yield the folders below protected ones that are to be worked in."""
    yield from (path for name in _WORK_TREES if os.path.isdir(path := os.path.join(folder, name)))


def own_folders(session: Session) -> Sequence[str]:
    """Return where gaff and the products it reads the settings of keep what is the user's."""
    home = Path.home()
    folders = (session.home, home / ".claude", home / ".gaff")
    return tuple(dict.fromkeys(os.path.realpath(folder) for folder in folders))


def credential_files(session: Session) -> Iterator[str]:
    """Yield the files that hold keys of model providers."""
    for folder in own_folders(session):
        for name in _CREDENTIALS:
            if os.path.lexists(path := os.path.join(folder, name)):
                yield os.path.realpath(path)
