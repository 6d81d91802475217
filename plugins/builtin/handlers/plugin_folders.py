"""Runs the hooks of plugin folders as people have them already: ``hooks/hooks.json`` and what ``plugin.json`` declares.

The folders are those of ``--plugin-dir`` and ``CLAUDE_CODE_PLUGIN_DIRS``, and the installed ones that
``enabledPlugins`` names. Sources: code.claude.com/docs/en/plugins-reference, /hooks.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from gaff.hooks import (
    HookSource,
    Json,
    JsonObject,
    Kernel,
    Option,
    Setting,
    SettingsError,
    hookimpl,
    is_object,
    object_at,
    text_at,
)

from ._folders import plugin_hooks

_MANIFEST: Final = Path(".claude-plugin") / "plugin.json"
#: ``plugin@marketplace``; both become names of folders.
_ID: Final = re.compile(r"(\w[\w.-]*)@(\w[\w.-]*)")
_DIGITS: Final = re.compile(r"\d+")


@hookimpl
def gaff_register_options() -> Sequence[Option]:
    """The documented option. Source: code.claude.com/docs/en/cli-reference."""
    return (
        Option(
            ("--plugin-dir",), "a plugin folder, or a folder of them; its hooks run", "list", "DIR", one=True
        ),
    )


@hookimpl
def gaff_register_settings() -> Sequence[Setting]:
    """Declare the settings of plugin folders."""
    return (
        Setting("enabledPlugins", "installed plugin folders to use, NAME@MARKETPLACE: true", "object"),
        Setting("pluginConfigs", "values of what plugin folders let the user configure", "object"),
    )


@dataclass(frozen=True)
class _Folder:
    """A plugin folder that is in use."""

    root: Path
    #: Its name in settings; empty where its manifest has to say.
    id: str
    #: Whether managed settings enable it.
    managed: bool = False


def folder_hooks(
    kernel: Kernel, more: Sequence[str] = ()
) -> tuple[Sequence[tuple[Json, HookSource]], Sequence[str]]:
    """Return the hooks of all plugin folders in use, and a line for each folder that cannot be used.

    ``more`` are folders as ``--plugin-dir`` would name them.
    """
    found: list[tuple[Json, HookSource]] = []
    problems: list[str] = []
    for folder in (*_named(kernel, more, problems), *_enabled(kernel, problems)):
        try:
            found += _hooks_of(kernel, folder)
        except SettingsError as fault:
            problems.append(str(fault))
    return found, problems


def _named(kernel: Kernel, more: Sequence[str], problems: list[str]) -> Iterator[_Folder]:
    """Yield the folders that the command line and the environment name."""
    listed = kernel.environ.get("CLAUDE_CODE_PLUGIN_DIRS", "").split(os.pathsep)
    for name in (*more, *kernel.options.texts("plugin-dir"), *filter(None, listed)):
        path = kernel.project_dir / Path(name).expanduser()
        roots = [path] if _is_plugin(path) else [one for one in _children(path) if _is_plugin(one)]
        if not roots:
            problems.append(f"--plugin-dir {name}: neither a plugin folder nor a folder of them; not used")
        for root in roots:
            yield _Folder(root, "")


def _is_plugin(path: Path) -> bool:
    return (path / _MANIFEST).is_file() or (path / "hooks" / "hooks.json").is_file()


def _children(path: Path) -> Sequence[Path]:
    try:
        return sorted(path.iterdir())
    except OSError:
        return ()


def _enabled(kernel: Kernel, problems: list[str]) -> Iterator[_Folder]:
    """Yield the installed folders that the settings enable; the highest level that names one decides."""
    decided: dict[str, tuple[bool, bool]] = {}
    for level in kernel.settings.by_level("enabledPlugins"):
        if level.trusted and is_object(level.value):
            for name, on in level.value.items():
                decided.setdefault(name, (on is True, level.level == "managed"))
    for name, (on, managed) in decided.items():
        root = _installed(kernel, name) if on else None
        if root is not None:
            yield _Folder(root, name, managed)
        elif on:
            problems.append(f"enabledPlugins: {name} is not installed here; its hooks do not run")


def _installed(kernel: Kernel, name: str) -> Path | None:
    """Return the newest version of an installed plugin folder."""
    parts = _ID.fullmatch(name)
    if parts is None:
        return None
    user = Path(kernel.environ.get("HOME", "~")).expanduser()
    for home in dict.fromkeys((kernel.home, user / ".claude")):
        versions = [
            one for one in _children(home / "plugins" / "cache" / parts[2] / parts[1]) if one.is_dir()
        ]
        if versions:
            return max(versions, key=_version)
    return None


def _version(path: Path) -> tuple[list[int], bool, str]:
    """Return what versions are ordered by; what leads up to one comes before it."""
    number, _, ahead = path.name.partition("-")
    return [int(part) for part in _DIGITS.findall(number)], not ahead, path.name


def _hooks_of(kernel: Kernel, folder: _Folder) -> Iterator[tuple[Json, HookSource]]:
    """Yield the hooks of a folder's own file, and those that its manifest declares beside it.

    Raises:
        SettingsError: they cannot be read.
    """
    manifest = _manifest(folder.root)
    declared = manifest.get("hooks")
    name = folder.id or text_at(manifest, "name") or folder.root.name
    data = kernel.home / "plugins" / "data" / re.sub(r"[^\w-]", "-", name)
    options = _options(kernel, name, object_at(manifest, "userConfig"))
    wanted: list[Json] = [None]
    if is_object(declared) or (isinstance(declared, str) and _within(folder.root, declared)):
        wanted.append(declared)
    for one in wanted:
        hooks, source = plugin_hooks(folder.root, data, options, one)
        if hooks:
            with suppress(OSError):
                data.mkdir(parents=True, exist_ok=True, mode=0o700)
            yield hooks, replace(source, level="managed") if folder.managed else source


def _within(root: Path, declared: str) -> bool:
    """Whether a declared file is in the plugin folder, and not the one that is read anyway."""
    file = (root / declared).resolve()
    return file.is_relative_to(root.resolve()) and file != (root / "hooks" / "hooks.json").resolve()


def _manifest(root: Path) -> JsonObject:
    """Return what a folder says of itself; nothing where it says nothing that can be read.

    Raises:
        SettingsError: its manifest is no JSON object.
    """
    file = root / _MANIFEST
    if not file.is_file():
        return {}
    try:
        value: Any = json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError) as fault:
        raise SettingsError(f"{file}: cannot be read ({fault}); its hooks do not run") from fault
    if not is_object(value):
        raise SettingsError(f"{file}: must be a JSON object; its hooks do not run")
    return value


def _options(kernel: Kernel, plugin: str, declared: JsonObject) -> Mapping[str, str]:
    """Return the values of what the plugin lets the user configure: the user's, or its defaults."""
    values: dict[str, Json] = {
        name: what["default"] for name, what in declared.items() if is_object(what) and "default" in what
    }
    for level in reversed(kernel.settings.by_level("pluginConfigs", plugin, "options")):
        if level.trusted and is_object(level.value):
            values |= level.value
    return {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in values.items()
        if name.isidentifier()
    }
