"""Switching plugins on and off in a settings file."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path

from gaff.hooks import (
    Kernel,
    Section,
    SettingsError,
    SettingsFile,
    change_settings,
    git_root,
    is_object,
    keep_out_of_git,
)


def switch(kernel: Kernel, name: str, level: str, *, on: bool) -> str:
    """Write to the settings of a level whether a plugin is enabled, and return what to tell the user.

    ``level`` is user, project or local.

    Raises:
        SettingsError: the file cannot be read, understood or written; it is as it was.
    """
    root = None if level == "user" else git_root(kernel.project_dir) or kernel.project_dir
    path = settings_path(kernel, level)
    file = SettingsFile(path, kernel.home / "locks", root, 0o644 if level == "project" else 0o600)

    def change(plugins: Section) -> None:
        plugins[name] = on

    change_settings(file, "plugins", change)
    if level == "local":
        try:
            keep_out_of_git(path)
        except OSError as fault:
            raise SettingsError(f"{path}: git could not be told to ignore it ({fault.strerror})") from fault
    word = "enabled" if on else "disabled"
    return (
        f"{name} is {word} in {path}; that counts from the next start.{_overruled(kernel, name, level, on)}"
    )


def settings_path(kernel: Kernel, level: str) -> Path:
    """Return the file of a level: the user's, the project's, or the one at the root of its work tree."""
    if level == "user":
        return kernel.home / "settings.json"
    if level == "project":
        return kernel.project_dir / ".gaff" / "settings.json"
    root = git_root(kernel.project_dir) or kernel.project_dir
    return root / ".gaff" / "settings.local.json"


def _overruled(kernel: Kernel, name: str, level: str, on: bool) -> str:
    """Return a sentence where the new value does not hold."""
    if level != "user" and not kernel.trusted:
        return " It does not count before this folder is trusted: say /trust, or start with --trust."
    higher = True
    for value in kernel.settings.by_level("plugins"):
        higher = higher and value.level != level
        for pattern, said in value.value.items() if value.trusted and is_object(value.value) else ():
            if pattern == name and higher and (said is not False) != on:
                return f" But {value.path} says otherwise, and it has the last word."
            if pattern != name and on and said is False and fnmatchcase(name, pattern):
                return f" But {value.path} disables {pattern}, and with it {name}."
    return ""
