"""Where each destination of a permission update is kept.

``.claude/settings.json`` of the project, ``.claude/settings.local.json`` at the root of its git work tree,
``settings.json`` of gaff's home; the same files under ``.gaff`` where they are there already.
Source: code.claude.com/docs/en/settings.
"""

from __future__ import annotations

import contextlib
import os
from typing import Final, Literal, TypeAlias

from gaff.hooks import Session

from ._paths import within
from ._store import SettingsFile

FileDestination: TypeAlias = Literal["localSettings", "projectSettings", "userSettings"]

LEVEL_NAMES: Final[dict[FileDestination, str]] = {
    "localSettings": "local",
    "projectSettings": "project",
    "userSettings": "user",
}
_FILE_NAMES: Final[dict[FileDestination, str]] = {
    "localSettings": "settings.local.json",
    "projectSettings": "settings.json",
    "userSettings": "settings.json",
}
_LARGEST_POINTER: Final = 4096


def settings_file(session: Session, destination: FileDestination) -> SettingsFile:
    """Return the file that updates for a destination are written to."""
    locks = os.path.join(session.home, "locks")
    if destination == "userSettings":
        return SettingsFile(os.path.join(session.home, "settings.json"), "", locks)
    root = str(session.project_dir)
    if destination == "localSettings":
        root = git_root(root) or root
    candidates = [os.path.join(root, folder, _FILE_NAMES[destination]) for folder in (".gaff", ".claude")]
    path = next((path for path in candidates if os.path.lexists(path)), candidates[-1])
    return SettingsFile(path, root, locks, 0o644 if destination == "projectSettings" else 0o600)


def git_root(folder: str) -> str | None:
    """Return the root of the git work tree a folder is in, found without running git."""
    while not os.path.lexists(os.path.join(folder, ".git")):
        parent = os.path.dirname(folder)
        if parent == folder:
            return None
        folder = parent
    return folder


def keep_out_of_git(path: str) -> None:
    """Have git ignore a local settings file that was just made, by the repository's own exclude file.

    Raises:
        OSError: the exclude file could not be written.
    """
    root = git_root(os.path.dirname(path))
    if root is None:
        return
    git = _git_folder(os.path.join(root, ".git"))
    if git is None:
        return
    line = "/" + os.path.relpath(path, root)
    exclude = os.path.join(git, "info", "exclude")
    if not within(os.path.realpath(exclude), os.path.realpath(git)):
        return  # a link that leads elsewhere is no exclude file of this repository
    known = _lines(exclude)
    if line not in known:
        os.makedirs(os.path.dirname(exclude), exist_ok=True)
        with open(exclude, "a", encoding="utf-8") as file:
            file.write(("" if not known or known[-1] == "" else "\n") + line + "\n")


def _git_folder(dot_git: str) -> str | None:
    """Return the folder that holds ``info/exclude``; ``None`` where it is not certain whose it is."""
    if os.path.isdir(dot_git):
        return dot_git
    git = os.path.join(os.path.dirname(dot_git), _pointer(dot_git).removeprefix("gitdir: "))
    # The repository must know this work tree, or a forged pointer would have another one changed.
    if os.path.realpath(_pointer(os.path.join(git, "gitdir"))) != os.path.realpath(dot_git):
        return None
    return os.path.normpath(os.path.join(git, _pointer(os.path.join(git, "commondir"))))


def _pointer(path: str) -> str:
    with contextlib.suppress(OSError, UnicodeDecodeError), open(path, encoding="utf-8") as file:
        return file.read(_LARGEST_POINTER).strip()
    return ""


def _lines(path: str) -> list[str]:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read().split("\n")
    except FileNotFoundError:
        return []
