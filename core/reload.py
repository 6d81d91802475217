"""Exchanges a plugin for the version of it that is on disk now: the whole of it, or nothing."""

from __future__ import annotations

import gc
import importlib
import importlib.util
import json
import linecache
import os
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from time import perf_counter
from types import ModuleType
from typing import TYPE_CHECKING

from gaff.hooks.errors import PluginError
from gaff.hooks.markers import record_kind
from gaff.hooks.session import Reloaded
from gaff.hooks.values import JsonObject

from .dispatcher import Implementation
from .examination import examine_apart
from .inspection import inspect_plugin
from .leftovers import LEDGER, end_processes, end_tasks, end_threads, threads_of
from .manifest import Manifest
from .sources import Candidate, stamp
from .watchdog import WATCHDOG, Escaped, HeldUp

if TYPE_CHECKING:
    from .kernel import Kernel
    from .plugin import Plugin

#: What the command line, the model in use and the transcript in use were made of at the start.
_AT_START = (
    "gaff_register_options",
    "gaff_register_frontends",
    "gaff_register_models",
    "gaff_register_session_stores",
)


async def reload(kernel: Kernel, name: str) -> Reloaded:
    """Load a plugin anew; see ``Kernel.reload``.

    Raises:
        PluginError: there is no such plugin, or the new version cannot be used; the old one goes on.
    """
    candidate = _candidate(kernel, name)
    if candidate.is_gone:
        return await _remove(kernel, name, candidate)
    before = kernel.plugins.manifest(name)
    old = kernel.plugins.plugin(name)
    old_modules = _modules(candidate, old)
    manifest, module, took = _load(candidate, old_modules)
    farewell = kernel.plugins.implementations_of(name, "gaff_unload_plugin")
    kernel.plugins.exchange(name, candidate, manifest, module)
    report = next(one for one in kernel.reports if one.name == name)
    report.import_ms = took
    left = await _end(kernel, name, old_modules, farewell)
    changes = _changes(before, manifest)
    kernel.plugin_changed(name, changes)
    return Reloaded(name, report.generation, tuple(left), tuple(changes))


def _candidate(kernel: Kernel, name: str) -> Candidate:
    found = kernel.plugins.candidate(name)
    if found is None:
        report = next((one for one in kernel.reports if one.name == name), None)
        found = next((one for one in kernel.plugins.look_again() if one.name == name), None)
        if found is None and report is not None and report.state in ("disabled", "untrusted"):
            raise PluginError(name, f"is {report.state} and was not loaded: {report.reason}")
    if found is None:
        raise PluginError(name, "there is no plugin of this name that could be loaded anew; see /plugin list")
    return replace(found, stamps=tuple(_again(one, found) for one in found.stamps))


def _again(old: tuple[str, int, int], candidate: Candidate) -> tuple[str, int, int]:
    path = old[0]
    return stamp(path) if os.path.isabs(path) else old


async def _remove(kernel: Kernel, name: str, candidate: Candidate) -> Reloaded:
    before, old = kernel.plugins.manifest(name), kernel.plugins.plugin(name)
    farewell = kernel.plugins.implementations_of(name, "gaff_unload_plugin")
    kernel.plugins.remove(name, f"its file {candidate.target} is gone")
    left = await _end(kernel, name, _modules(candidate, old), farewell)
    changes = _changes(before, Manifest(name))
    kernel.plugin_changed(name, changes)
    return Reloaded(name, 0, tuple(left), (*changes, "the file is gone, and the plugin with it"))


def _modules(candidate: Candidate, plugin: Plugin | None) -> dict[str, ModuleType]:
    """Return the modules of the generation in use, by name: one, or a whole package of its own."""
    loaded = plugin.loaded if plugin else None
    if candidate.is_file:
        return {loaded.__name__: loaded} if isinstance(loaded, ModuleType) else {}
    top = candidate.target.partition(":")[0]
    if candidate.distribution and not top.startswith("gaff."):
        package = sys.modules.get(top.partition(".")[0])
        if getattr(package, "__file__", None):  # a namespace package may belong to others as well
            top = top.partition(".")[0]
    return {
        name: module
        for name, module in tuple(sys.modules.items())
        if name == top or name.startswith(f"{top}.")
    }


def _load(candidate: Candidate, old: Mapping[str, ModuleType]) -> tuple[Manifest, object, float]:
    """Import the new version beside the old one.

    Raises:
        PluginError: it cannot be used; the old modules are in place again.
    """
    importlib.invalidate_caches()
    _forget_byte_code(old)
    LEDGER.watch_processes()
    apart = examine_apart(candidate)
    if isinstance(apart, PluginError):
        raise apart
    started = perf_counter()
    with _aside(old):
        try:
            module = WATCHDOG.call(candidate.name, candidate.load)
        except (HeldUp, Escaped) as fault:  # isolation boundary: an import without end
            raise PluginError(candidate.name, f"cannot be imported: it {fault}") from fault
        took = (perf_counter() - started) * 1000
        return inspect_plugin(candidate.name, module), module, took


def _forget_byte_code(modules: Mapping[str, ModuleType]) -> None:
    """Byte code is told by whole seconds, which an author who saves twice in one is faster than."""
    for module in modules.values():
        source = getattr(module, "__file__", None)
        if source:
            with suppress(OSError, NotImplementedError):
                os.unlink(importlib.util.cache_from_source(source))
    linecache.checkcache()


@contextmanager
def _aside(modules: Mapping[str, ModuleType]) -> Generator[None]:
    """Take modules out of the way; put them back where what follows fails."""
    for name in modules:
        sys.modules.pop(name, None)
    try:
        yield
    except BaseException:
        for name in [one for one in sys.modules if one in modules]:
            del sys.modules[name]
        sys.modules.update(modules)
        raise


async def _end(
    kernel: Kernel, name: str, modules: Mapping[str, ModuleType], farewell: Sequence[Implementation]
) -> list[str]:
    """End what the old generation has going; return a line for each thing that stays."""
    await kernel.hooks.unload_plugin(farewell)
    kernel.forget_plugin(name, frozenset(modules))
    namespaces = [module.__dict__ for module in modules.values()]
    left = await end_tasks(LEDGER.tasks(name))
    left += await end_processes(LEDGER.processes(name))
    left += await end_threads(lambda: threads_of(namespaces))
    for module_name, module in modules.items():
        if sys.modules.get(module_name) is module:
            del sys.modules[module_name]
    with suppress(HeldUp, Escaped):  # finalizers are code of the plugin as well
        WATCHDOG.call(name, gc.collect)
    return left


def _changes(before: Manifest | None, after: Manifest) -> list[str]:
    """Return what is new, gone or different of what a plugin contributes.

    Facts are compared as JSON: those from the cache have lists where fresh ones have tuples.
    """
    changes: list[str] = []
    hooks = {*(before.records if before else ()), *after.records}
    for hook in sorted(hooks):
        kind = record_kind(hook)
        old = {one["name"]: one for one in (before.records.get(hook, ()) if before else ())}
        new = {one["name"]: one for one in after.records.get(hook, ())}
        changes += [f"new {kind} {name}" for name in new if name not in old]
        changes += [f"{kind} {name} is gone" for name in old if name not in new]
        different = [name for name in new if name in old and _as_json(new[name]) != _as_json(old[name])]
        changes += [f"{kind} {name} changed" for name in different]
        if hook in _AT_START and (different or new.keys() != old.keys()):
            changes.append(f"a changed {kind} counts from the next start")
    return changes


def _as_json(facts: JsonObject) -> str:
    return json.dumps(facts, sort_keys=True, default=repr)
