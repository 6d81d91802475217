"""Where things are: gaff's home, its cache, the branch a folder is on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from gaff.hooks.files import git_root


def gaff_home(environ: Mapping[str, str]) -> Path:
    """Return the folder of the user's settings and sessions."""
    for name in ("GAFF_HOME", "CLAUDE_CONFIG_DIR"):
        if environ.get(name):
            return Path(environ[name]).expanduser().absolute()
    return Path("~/.gaff").expanduser()


def cache_folder(environ: Mapping[str, str], home: Path) -> Path:
    """Return the folder of what may be lost at any time."""
    return Path(environ["GAFF_CACHE_DIR"]) if environ.get("GAFF_CACHE_DIR") else home / "cache"


def git_branch(folder: Path) -> str | None:
    """Return the checked-out branch, a short commit where none is, ``None`` outside a work tree."""
    root = git_root(folder)
    if root is None:
        return None
    dot_git = root / ".git"
    if not dot_git.is_dir():
        dot_git = root / _first_line(dot_git).removeprefix("gitdir:").strip()
    head = _first_line(dot_git / "HEAD").strip()
    branch = head.removeprefix("ref: refs/heads/") if head.startswith("ref:") else head[:8]
    return branch if branch.isprintable() and branch else None


def _first_line(path: Path) -> str:
    """Return the first line of a file; nothing of a pipe or device, which might never end."""
    try:
        if not path.is_file():
            return ""
        with path.open(encoding="utf-8", errors="replace") as file:
            return file.readline(4096)
    except OSError:
        return ""
