"""Which folders the user trusts, by real path.

Kept in ``.claude.json`` of gaff's home, in the documented place
(``projects[path].hasTrustDialogAccepted``), so that a shared home keeps one answer.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from gaff.hooks.files import git_root, write_atomically
from gaff.hooks.values import is_object


def is_trusted(home: Path, folder: Path) -> bool:
    """Whether the user trusts this folder, or the work tree it is in."""
    try:
        projects = _read(home / ".claude.json").get("projects", {})
    except (OSError, ValueError):
        return False
    real = folder.resolve()
    return any(_accepted(projects, str(candidate)) for candidate in (real, git_root(real)))


def trust(home: Path, folder: Path) -> None:
    """Remember that the user trusts this folder's project.

    Raises:
        OSError, ValueError: the file cannot be written, or what it holds now is not JSON.
    """
    path = home / ".claude.json"
    state = _read(path)
    real = folder.resolve()
    project = state.setdefault("projects", {}).setdefault(str(git_root(real) or real), {})
    project["hasTrustDialogAccepted"] = True
    write_atomically(path, json.dumps(state, indent=2).encode())


def asks_for_trust(project: Path) -> bool:
    """Whether the folder holds something that only works where it is trusted."""
    root = git_root(project) or project
    places = (
        project / ".gaff" / "plugins",
        project / ".gaff" / "settings.json",
        project / ".claude" / "settings.json",
        root / ".gaff" / "settings.local.json",
        root / ".claude" / "settings.local.json",
    )
    return any(place.exists() for place in places)


def _accepted(projects: object, folder: str) -> bool:
    project = projects.get(folder) if is_object(projects) else None
    return is_object(project) and project.get("hasTrustDialogAccepted") is True


def _read(path: Path) -> dict[str, Any]:
    try:
        state: Any = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    if not is_object(state):
        raise ValueError(f"{path} holds no JSON object")
    return dict(state)
