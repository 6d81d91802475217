"""Where each destination of a permission update is kept.

``.claude/settings.json`` of the project, ``.claude/settings.local.json`` at the root of its git work tree,
``settings.json`` of gaff's home; the same files under ``.gaff`` where they are there already.
Source: code.claude.com/docs/en/settings.
"""

from __future__ import annotations

import os
from typing import Final, Literal, TypeAlias

from gaff.hooks import Session, SettingsFile, git_root

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


def settings_file(session: Session, destination: FileDestination) -> SettingsFile:
    """Return the file that updates for a destination are written to."""
    locks = session.home / "locks"
    if destination == "userSettings":
        return SettingsFile(session.home / "settings.json", locks)
    root = session.project_dir
    if destination == "localSettings":
        root = git_root(root) or root
    candidates = [root / folder / _FILE_NAMES[destination] for folder in (".gaff", ".claude")]
    path = next((path for path in candidates if os.path.lexists(path)), candidates[-1])
    return SettingsFile(path, locks, root, 0o644 if destination == "projectSettings" else 0o600)
