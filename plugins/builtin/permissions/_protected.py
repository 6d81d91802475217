"""Files and folders that decide what programs run, so that changing one always needs the user's word.

Source: code.claude.com/docs/en/permission-modes (protected paths).
"""

from __future__ import annotations

import re
from typing import Final

from ._paths import folded, may_be_short_for

#: Either is one somewhere.
_SEPARATOR: Final = re.compile(r"[/\\]")
_FOLDERS: Final = frozenset(
    {".git", ".vscode", ".idea", ".husky", ".cargo", ".devcontainer", ".yarn", ".mvn", ".claude", ".gaff"}
)
#: Where worktrees are kept inside a protected folder.
_WORKTREES: Final = frozenset({(".claude", "worktrees"), (".gaff", "worktrees")})
_FILES: Final = frozenset(
    """
    .gitconfig .gitmodules .bashrc .bash_profile .bash_login .bash_aliases .bash_logout .zshrc .zprofile
    .zshenv .zlogin .zlogout .profile .envrc .npmrc .yarnrc .yarnrc.yml .pnp.cjs .pnp.loader.mjs
    .pnpmfile.cjs bunfig.toml .bunfig.toml .bazelrc .bazelversion .bazeliskrc .pre-commit-config.yaml
    lefthook.yml lefthook.yaml .lefthook.yml .lefthook.yaml gradle-wrapper.properties
    maven-wrapper.properties .devcontainer.json .ripgreprc pyrightconfig.json .mcp.json .claude.json
    """.split()
)


def protected_part(path: str) -> str | None:
    """Return the part of an absolute path that makes it protected, as protected; ``None`` where none does."""
    names = [folded(name) for name in _SEPARATOR.split(path)]
    for index, name in enumerate(names):
        following = names[index + 1] if index + 1 < len(names) else ""
        if name in _FOLDERS and (name, following) not in _WORKTREES:
            return name
        if name == ".config" and following == "git":
            return ".config/git"
    # Also where it would become a folder.
    found = next((name for name in names if name in _FILES), None)
    return found or next(filter(None, (_full_name(name) for name in names if "~" in name)), None)


def _full_name(name: str) -> str | None:
    """Return the protected name that a short one may mean."""
    return next((full for full in sorted(_FOLDERS | _FILES) if may_be_short_for(name, full)), None)
