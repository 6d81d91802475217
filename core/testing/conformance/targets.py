"""Which plugin is meant: a file, a folder, a module, or the name of one that is installed."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import Final

from gaff.hooks.markers import PROJECT

_BUILT_IN: Final = "gaff.plugins.builtin"


@dataclass(frozen=True)
class Target:
    """A plugin to examine. It has a ``file``, or else a ``module`` (``package.module:object``)."""

    name: str
    #: What ``--plugin`` is given to load it; the name itself where the shell knows it anyway.
    argument: str
    file: str = ""
    module: str = ""
    #: Folders its module is found in, where it is not installed.
    folders: tuple[str, ...] = ()

    @property
    def shell_name(self) -> str:
        """The name the shell gives it when it is loaded by its argument."""
        if self.file:
            return Path(self.file).stem
        return self.name if self.argument == self.name else self.argument.rpartition(".")[2]

    def prepare(self) -> None:
        """Make its module importable."""
        sys.path[:0] = [folder for folder in self.folders if folder not in sys.path]

    def load(self) -> object:
        """Import it anew and return it. Raises whatever its code raises."""
        if self.file:
            return _load_file(self.file)
        name, _, attribute = self.module.partition(":")
        sys.modules.pop(name, None)
        found: object = importlib.import_module(name)
        return getattr(found, attribute) if attribute else found


def _load_file(file: str) -> object:
    name = f"gaff_checked_{Path(file).stem}"
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def find_targets(wanted: str, name: str = "") -> Sequence[Target]:
    """Return the plugins that a word of the command line means: a folder may hold several.

    Raises:
        ValueError: there is none; the message is one line.
    """
    path = Path(wanted).expanduser()
    if path.is_dir():
        return _of_folder(path.resolve())
    if wanted.endswith(".py") or os.sep in wanted:
        if not path.is_file():
            raise ValueError(f"{wanted}: there is no such file or folder")
        if path.suffix != ".py":
            raise ValueError(
                f"{wanted}: is no Python file; name the plugin's file, or the folder of its pyproject.toml"
            )
        file = str(path.resolve())
        return [_installed_as(Target(name or path.stem, file, file=file))]
    return [_of_name(wanted, name)]


def _of_name(wanted: str, name: str) -> Target:
    for one in entry_points(group=PROJECT):
        if one.name == wanted:
            return Target(one.name, one.name, module=one.value)
    family, dot, _ = wanted.removeprefix(f"{_BUILT_IN}.").partition(".")
    if dot and _is_module(f"{_BUILT_IN}.{family}"):
        short = wanted.removeprefix(f"{_BUILT_IN}.")
        if _is_module(f"{_BUILT_IN}.{short}"):
            return Target(short, short, module=f"{_BUILT_IN}.{short}")
    module = wanted.partition(":")[0]
    own = name or wanted.rpartition(".")[2]
    if _is_module(module):
        return _installed_as(Target(own, wanted, module=wanted))
    here = Path.cwd()
    top = module.partition(".")[0]
    if (here / f"{top}.py").is_file() or (here / top / "__init__.py").is_file():
        return Target(own, wanted, module=wanted, folders=(str(here),))
    raise ValueError(f"{wanted}: there is no plugin, file, folder or module of this name")


def _installed_as(target: Target) -> Target:
    """Return a plugin under the name it is installed by, if it is: the shell loads it by that."""
    for one in entry_points(group=PROJECT):
        module = one.value.partition(":")[0]
        same_file = target.file and "." not in module and _origin(module) == target.file
        if one.value == target.module or same_file:
            return Target(one.name, one.name, module=one.value, folders=target.folders)
    return target


def _origin(module: str) -> str:
    spec = importlib.util.find_spec(module)
    return os.path.realpath(spec.origin) if spec and spec.origin else ""


def _is_module(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False


def _of_folder(folder: Path) -> Sequence[Target]:
    """Return the plugins a project's folder offers by its entry points, not installed."""
    try:
        project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
        offered = dict(project["project"]["entry-points"][PROJECT])
    except (OSError, ValueError, KeyError, TypeError) as fault:
        raise ValueError(
            f"{folder}: pyproject.toml offers no plugin ({type(fault).__name__}: {fault}); "
            f'add [project.entry-points.{PROJECT}] with NAME = "MODULE"'
        ) from fault
    folders = tuple(str(one) for one in (folder / "src", folder) if one.is_dir())
    found = [Target(name, str(value), module=str(value), folders=folders) for name, value in offered.items()]
    return [_installed_as(one) for one in found]
