"""Where plugins come from, in order of precedence: command line, project, user, installed, built-in."""

from __future__ import annotations

import importlib
import importlib.util
import itertools
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.machinery import PathFinder
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, cast

from gaff.hooks.errors import PluginError, UsageError
from gaff.hooks.markers import PROJECT

from .manifest import ManifestCache, Stamp, printable

if TYPE_CHECKING:
    from importlib.metadata import Distribution, EntryPoint

Source: TypeAlias = Literal["session", "command line", "project", "user", "installed", "built-in"]
SOURCES: Final[tuple[Source, ...]] = ("session", "command line", "project", "user", "installed", "built-in")

_BUILT_IN: Final = "gaff.plugins.builtin"


@dataclass(frozen=True)
class Candidate:
    """A plugin that could be loaded: where it is, and the stamps of its files."""

    name: str
    source: Source
    #: A module (``package.module`` or ``package.module:object``), or a file.
    target: str
    stamps: tuple[Stamp, ...] = ()
    is_file: bool = False
    distribution: str = ""

    @property
    def key(self) -> str:
        """What tells it from all others in the cache."""
        return f"{self.source}:{self.name}:{self.target}"

    @property
    def is_gone(self) -> bool:
        """Whether the file it was is not there any more."""
        return self.is_file and not os.path.exists(self.target)

    def load(self) -> object:
        """Import the plugin.

        Raises:
            PluginError: it cannot be imported, whatever its code does.
        """
        try:
            return _import_file(self) if self.is_file else _import_target(self.target)
        # The isolation boundary: code of strangers may raise anything, sys.exit() included.
        except (Exception, SystemExit) as fault:
            raise PluginError(self.name, f"cannot be imported: {type(fault).__name__}: {fault}") from fault


def _import_target(target: str) -> object:
    module, _, attribute = target.partition(":")
    found: object = importlib.import_module(module)
    return getattr(found, attribute) if attribute else found


#: Makes the module of each load its own, so that an old generation is not mistaken for the new one.
_LOADS: Final = itertools.count(1)


def _import_file(candidate: Candidate) -> ModuleType:
    name = re.sub(r"\W", "_", f"gaff_plugin_{candidate.source}_{candidate.name}_{next(_LOADS)}")
    # Byte code is told by whole seconds, which an author who saves twice in one is faster than.
    with suppress(OSError):
        os.unlink(importlib.util.cache_from_source(candidate.target))
    spec = importlib.util.spec_from_file_location(name, candidate.target)
    if spec is None or spec.loader is None:
        raise ImportError(f"{candidate.target} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def stamp(path: str | os.PathLike[str]) -> Stamp:
    """Return a file's stamp; one that matches nothing where the file is not there."""
    try:
        found = os.stat(path)
    except OSError:
        return (os.fspath(path), -1, -1)
    return (os.fspath(path), found.st_mtime_ns, found.st_size)


def built_in() -> Iterator[Candidate]:
    """Yield the plugins that come with gaff: one a file, named by folder and file."""
    spec = importlib.util.find_spec(_BUILT_IN)
    for root in (spec.submodule_search_locations or ()) if spec else ():
        for family in sorted(_folders(root)):
            files = sorted(_python_files(os.path.join(root, family)))
            # A plugin's facts may come from its family's helpers: any change in the folder counts.
            newest = max((found[1] for _, found in files), default=0)
            for name, found in files:
                if not name.startswith("_"):
                    stamps = (found, (family, newest, len(files)))
                    yield Candidate(f"{family}.{name}", "built-in", f"{_BUILT_IN}.{family}.{name}", stamps)


def _folders(root: str) -> Iterator[str]:
    with os.scandir(root) as entries:
        yield from (one.name for one in entries if one.is_dir() and not one.name.startswith(("_", ".")))


def _python_files(folder: str) -> Iterator[tuple[str, Stamp]]:
    with os.scandir(folder) as entries:
        for one in entries:
            if one.name.endswith(".py"):
                # One that cannot be looked at is told of like any that cannot be imported.
                yield one.name.removesuffix(".py"), stamp(one.path)


def folder(path: Path, source: Source) -> Iterator[Candidate]:
    """Yield the single-file plugins of a folder."""
    try:
        files = sorted(_python_files(str(path)))
    except OSError:
        return
    for name, found in files:
        if not name.startswith("_"):
            yield Candidate(printable(name), source, found[0], (found,), is_file=True)


def installed(cache: ManifestCache, search_path: Sequence[str]) -> Iterator[Candidate]:
    """Yield the plugins of distributions installed on ``search_path``, without importing any."""
    stamps = [stamp(entry) for entry in search_path]
    cache.search_path = stamps
    found = cache.installed(stamps)
    if found is None:
        found = sorted(_entry_points(search_path), key=lambda one: one["name"])
        cache.put_installed(stamps, found)
    for one in found:
        distribution = f"{one['distribution']} {one['version']}"
        files = (stamp(one["file"]),) if one["file"] else ()
        yield Candidate(
            one["name"],
            "installed",
            one["value"],
            ((distribution, 0, 0), *files),
            distribution=distribution,
        )


def _entry_points(search_path: Sequence[str]) -> Iterator[dict[str, str]]:
    import importlib_metadata

    # The backport is not typed for all checkers; its distributions are those of the standard library.
    find = cast("Callable[..., Iterable[Distribution]]", importlib_metadata.distributions)  # pyright: ignore[reportUnknownMemberType]
    seen: set[str] = set()
    for distribution in find(path=list(search_path)):
        # Remains of a distribution offer nothing, and their files may be broken in any way.
        with suppress(Exception):
            facts = [_facts(distribution, point) for point in distribution.entry_points.select(group=PROJECT)]
            if distribution.name not in seen:  # of two with one name Python imports the first
                seen.add(distribution.name)
                yield from facts


def _facts(distribution: Distribution, point: EntryPoint) -> dict[str, str]:
    # What is installed from a folder may change without being installed again.
    edited = distribution.read_text("direct_url.json") is not None
    return {
        "name": printable(point.name),
        "value": point.value,
        "distribution": printable(distribution.name),
        "version": printable(distribution.version),
        "file": _file_of(point.value) if edited else "",
    }


def _file_of(target: str) -> str:
    """Return a module's file, found without importing it or its package; empty where there is none."""
    name, *rest = target.partition(":")[0].split(".")
    try:
        spec = importlib.util.find_spec(name)
        for part in rest:
            name = f"{name}.{part}"
            spec = PathFinder.find_spec(name, spec.submodule_search_locations if spec else [])
    except (ImportError, ValueError):
        return ""
    return (spec.origin if spec else None) or ""


def command_line(wanted: Sequence[str], known: Sequence[Candidate]) -> Iterator[Candidate]:
    """Yield what ``--plugin`` names: a file, a module, or a plugin that is known anyway.

    Raises:
        UsageError: there is no such plugin.
    """
    names = {candidate.name for candidate in known}
    for one in wanted:
        if one.startswith("no:") or one in names:
            continue
        if one.endswith(".py") or os.sep in one:
            if not os.path.isfile(one):
                raise UsageError(f"--plugin {one}: there is no such file")
            path = os.path.abspath(one)
            yield Candidate(printable(Path(path).stem), "command line", path, (stamp(path),), is_file=True)
        elif _is_module(one):
            file = _file_of(one)
            yield Candidate(one.rpartition(".")[2], "command line", one, (stamp(file),) if file else ())
        else:
            raise UsageError(
                f"--plugin {one}: no plugin, file or module of that name; names look like shell.bash, files end in .py"
            )


def _is_module(name: str) -> bool:
    try:
        return importlib.util.find_spec(name.partition(":")[0]) is not None
    except (ImportError, ValueError):
        return False
