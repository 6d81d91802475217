"""Which folders the user trusts, by real path.

Kept in ``.claude.json`` of gaff's home, in the documented place
(``projects[path].hasTrustDialogAccepted``), so that a shared home keeps one answer.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gaff.hooks.files import git_root, write_atomically
from gaff.hooks.values import Json, is_object

if TYPE_CHECKING:
    from .plugin import Report
    from .settings import MergedSettings

#: Settings of a project that count only where the user trusts it, and what they are called.
_NEEDS_TRUST: Final[Mapping[tuple[str, ...], str]] = {
    ("hooks",): "hooks",
    ("permissions", "allow"): "allow rules",
    ("permissions", "additionalDirectories"): "added folders",
    ("permissions", "defaultMode"): "permission mode",
    ("env",): "variables",
    ("model",): "model",
    ("apiKeyHelper",): "apiKeyHelper",
    ("plugins",): "choice of plugins",
}


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


def without_trust(settings: MergedSettings, reports: Sequence[Report]) -> str:
    """Return what a folder brings along that does not count until it is trusted; empty where there is nothing."""
    found = [
        _counted(kept, name)
        for path, name in _NEEDS_TRUST.items()
        if (kept := [one.value for one in settings.by_level(*path) if one.value and not one.trusted])
    ]
    plugins = [report.name for report in reports if report.state == "untrusted"]
    if plugins:
        found.insert(0, f"plugin{'s'[: len(plugins) > 1]} {', '.join(plugins)}")
    *most, last = found or [""]
    return f"{', '.join(most)} and {last}" if most else last


def _counted(values: Sequence[Json], name: str) -> str:
    """Say how many there are of what can be counted: ``2 allow rules``."""
    if not all(isinstance(value, list) for value in values):
        return name
    many = sum(len(value) for value in values if isinstance(value, list))
    return f"{many} {name if many > 1 else name.removesuffix('s')}"


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
