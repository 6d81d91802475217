"""Loads plugins, keeps them in order, and answers who contributes what.

pluggy holds the registrations. What it holds for a plugin known from its manifest is a stand-in
whose functions import the plugin when first called, so that sixty plugins cost a start nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from types import FunctionType, ModuleType
from typing import Any, Final, cast

import pluggy

from gaff.hooks import specs
from gaff.hooks.errors import PluginError
from gaff.hooks.markers import API, EVENT_HOOKS, PROJECT, hookimpl
from gaff.hooks.session import Contributed
from gaff.hooks.values import JsonObject

from .dispatcher import Implementation
from .manifest import CONTRIBUTION_HOOKS, HookFacts, Manifest, ManifestCache, facts_of
from .sources import SOURCES, Candidate, Source

#: Failures in a row after which a plugin is no longer called.
SUSPEND_AFTER: Final = 5


class _Manager(pluggy.PluginManager):
    """pluggy's manager, looking only at names that can be hooks."""

    def parse_hookimpl_opts(self, plugin: object, name: str) -> Any:
        return super().parse_hookimpl_opts(plugin, name) if name.startswith(f"{PROJECT}_") else None


@dataclass(frozen=True)
class Contribution:
    """A contributed record, known by its facts; ``Plugins.load`` gets the record itself."""

    plugin: str
    hook: str
    facts: JsonObject

    @property
    def name(self) -> str:
        """The record's name."""
        return cast("str", self.facts["name"])


@dataclass
class Report:
    """The state of one plugin."""

    name: str
    source: Source
    state: str = "active"
    reason: str = ""
    summary: str = ""
    distribution: str = ""
    path: str = ""
    hooks: tuple[str, ...] = ()
    failures: int = field(default=0, repr=False)


@dataclass
class _Plugin:
    """A plugin under management."""

    manifest: Manifest
    report: Report
    load: Callable[[], object]
    order: tuple[int, int]
    loaded: object = None
    records: dict[str, dict[str, object]] = field(default_factory=dict[str, dict[str, object]])
    lock: threading.RLock = field(default_factory=threading.RLock)

    def module(self) -> object:
        """Return the plugin itself, imported when first asked for."""
        with self.lock:
            if self.loaded is None:
                self.loaded = self.load()
            return self.loaded


class Plugins:
    """All plugins, loaded or not.

    ``disabled`` are names and patterns (``browser.*``) to leave out.
    """

    def __init__(self, cache: ManifestCache, disabled: Iterable[str] = ()) -> None:
        self._cache = cache
        self._disabled = tuple(disabled)
        self._manager = _Manager(PROJECT)
        self._manager.add_hookspecs(specs)
        self._plugins: dict[str, _Plugin] = {}
        self._reports: dict[str, Report] = {}
        self._implementations: dict[str, tuple[Implementation, ...]] = {}
        self._contributions: dict[str, tuple[Contribution, ...]] = {}
        #: Lines for the user about what did not go as it should.
        self.notices: list[str] = []

    def add(self, candidates: Iterable[Candidate]) -> None:
        """Take these plugins in, the first of a name wins; one that cannot be is reported, no more."""
        found: dict[str, tuple[Candidate, Manifest]] = {}
        for candidate in candidates:
            report = Report(
                candidate.name, candidate.source, distribution=candidate.distribution, path=candidate.target
            )
            if candidate.name in self._reports:
                meant = candidate.name in found and candidate.name in found[candidate.name][1].replaces
                reason = f"another plugin is called {candidate.name} as well"
                self._reject(report, "replaced", reason, tell=not meant)
            elif any(fnmatchcase(candidate.name, pattern) for pattern in self._disabled):
                report.state, report.reason = "disabled", "disabled by settings or --plugin no:NAME"
                self._reports[candidate.name] = report
            else:
                self._reports[candidate.name] = report
                manifest = self._examine(candidate, report)
                if manifest is not None:
                    found[candidate.name] = (candidate, manifest)
        self._cache.save()
        replaced = _replaced(manifest for _, manifest in found.values())
        for number, (candidate, manifest) in enumerate(found.values()):
            report = self._reports[candidate.name]
            if candidate.name in replaced:
                report.state, report.reason = "replaced", f"replaced by {replaced[candidate.name]}"
            else:
                order = (SOURCES.index(candidate.source), number)
                self._register(_Plugin(manifest, report, candidate.load, order))

    def refuse(self, candidate: Candidate, state: str, reason: str) -> None:
        """List a plugin that is not taken in, with the reason."""
        self._reject(Report(candidate.name, candidate.source, path=candidate.target), state, reason)

    def register(self, plugin: object, name: str) -> None:
        """Take in a plugin object, as frontends do for as long as they live.

        Raises:
            PluginError: it breaks the contract, or the name is taken.
        """
        if name in self._plugins:
            raise PluginError(name, "a plugin of this name is registered")
        manifest = inspect_plugin(name, plugin)
        report = self._reports[name] = Report(name, "session")
        self._register(_Plugin(manifest, report, lambda: plugin, (0, len(self._plugins)), loaded=plugin))

    def unregister(self, name: str) -> None:
        """Let a plugin go; nothing of it is called any more."""
        if self._plugins.pop(name, None) is not None:
            self._manager.unregister(name=name)
        self._reports.pop(name, None)
        self._forget()

    @property
    def reports(self) -> Sequence[Report]:
        """The state of every plugin, in order of precedence."""
        return sorted(self._reports.values(), key=lambda one: (SOURCES.index(one.source), one.name))

    def contributed(self, hook: str) -> Sequence[Contribution]:
        """Return what plugins contribute to a hook, from the manifests: imports nothing."""
        if hook not in self._contributions:
            self._contributions[hook] = tuple(self._collect(hook))
        return self._contributions[hook]

    def load(self, contribution: Contributed) -> object:
        """Import the plugin and return the record itself.

        Raises:
            PluginError: the plugin cannot be imported, or no longer offers the record.
        """
        plugin = self._plugins[contribution.plugin]
        with plugin.lock:
            if contribution.hook not in plugin.records:
                found = _call_contribution(contribution.plugin, plugin.module(), contribution.hook)
                plugin.records[contribution.hook] = {cast("Any", record).name: record for record in found}
            records = plugin.records[contribution.hook]
        if contribution.name not in records:
            raise PluginError(contribution.plugin, f"no longer offers {contribution.name}")
        return records[contribution.name]

    def implementations(self, hook: str) -> tuple[Implementation, ...]:
        """Return the functions of an event hook, in the order they run."""
        if hook not in self._implementations:
            self._implementations[hook] = self._plan(hook)
        return self._implementations[hook]

    def failed(self, name: str) -> bool:
        """Count a failure; return whether the plugin is suspended by it."""
        plugin = self._plugins.get(name)
        if plugin is None or plugin.report.state == "suspended":
            return False
        plugin.report.failures += 1
        if plugin.report.failures < SUSPEND_AFTER:
            return False
        plugin.report.state, plugin.report.reason = "suspended", f"failed {SUSPEND_AFTER} times in a row"
        self._implementations.clear()
        return True

    def succeeded(self, name: str) -> None:
        """Note that a call went well: failures count only in a row."""
        plugin = self._plugins.get(name)
        if plugin is not None:
            plugin.report.failures = 0

    def _examine(self, candidate: Candidate, report: Report) -> Manifest | None:
        manifest = self._cache.get(candidate.key, candidate.stamps) if candidate.stamps else None
        if manifest is None:
            try:
                manifest = inspect_plugin(candidate.name, candidate.load())
            except PluginError as fault:
                report.state, report.reason = "failed", " ".join(fault.reason.split())
                self.notices.append(
                    f"plugin {candidate.name}: {report.reason}; it is left out "
                    f"(disable it by --plugin no:{candidate.name})"
                )
                return None
            self._cache.put(candidate.key, candidate.stamps, manifest)
        report.summary, report.hooks = manifest.summary, tuple(manifest.hooks)
        return manifest

    def _reject(self, report: Report, state: str, reason: str, *, tell: bool = True) -> None:
        report.state, report.reason = state, reason
        self._reports[
            report.name if report.name not in self._reports else f"{report.name} ({report.source})"
        ] = report
        if tell:
            self.notices.append(f"plugin {report.name} ({report.source}): {reason}")

    def _register(self, plugin: _Plugin) -> None:
        name = plugin.manifest.name
        self._manager.register(_stand_in(plugin), name)
        self._plugins[name] = plugin
        plugin.report.hooks = tuple(plugin.manifest.hooks)
        self._forget()

    def _forget(self) -> None:
        self._implementations.clear()
        self._contributions.clear()

    def _ordered(self) -> list[_Plugin]:
        plugins = sorted(self._plugins.values(), key=lambda one: one.order)
        try:
            return _topological(plugins)
        except PluginError as fault:
            notice = str(fault)
            if notice not in self.notices:
                self.notices.append(notice)
            return plugins

    def _plan(self, hook: str) -> tuple[Implementation, ...]:
        position = {one.manifest.name: number for number, one in enumerate(self._ordered())}
        found = getattr(self._manager.hook, hook).get_hookimpls()
        ranked = sorted(found, key=lambda one: (one.trylast - one.tryfirst, position[one.plugin_name]))
        return tuple(
            Implementation(
                one.plugin_name,
                one.function,
                one.argnames,
                suspended=self._plugins[one.plugin_name].report.state == "suspended",
            )
            for one in ranked
        )

    def _collect(self, hook: str) -> Iterable[Contribution]:
        taken: dict[str, str] = {}
        for plugin in self._ordered():
            for facts in plugin.manifest.records.get(hook, ()):
                one = Contribution(plugin.manifest.name, hook, facts)
                if one.name not in taken:
                    taken[one.name] = one.plugin
                    yield one
                elif hook not in ("gaff_register_settings", "gaff_register_options"):
                    kind = hook.removeprefix("gaff_register_").replace("_", " ").removesuffix("s")
                    notice = f"{kind} {one.name}: {taken[one.name]} wins over {one.plugin}; say `replaces` or disable one"
                    if notice not in self.notices:
                        self.notices.append(notice)


def _replaced(manifests: Iterable[Manifest]) -> dict[str, str]:
    """Return who is replaced by whom, of plugins in order of precedence."""
    by: dict[str, str] = {}
    for manifest in manifests:
        # Of two that replace each other the first stays. Its own name is free already: others gave way.
        if manifest.name not in by:
            for name in manifest.replaces:
                if name != manifest.name:
                    by.setdefault(name, manifest.name)
    return by


def inspect_plugin(name: str, plugin: object) -> Manifest:
    """Check a plugin against the contract and return its manifest.

    Raises:
        PluginError: an unknown hook, a wrong argument, a contribution that is none.
    """
    try:
        return _inspect(name, plugin)
    except PluginError:
        raise
    # The isolation boundary: even to look at an attribute may run a stranger's code.
    except (Exception, SystemExit) as fault:
        raise PluginError(name, f"cannot be examined: {type(fault).__name__}: {fault}") from fault


def _inspect(name: str, plugin: object) -> Manifest:
    _check_version(name, getattr(plugin, "api", None))
    hooks = _hooks_of(name, plugin)
    records = {
        hook: tuple(facts_of(name, hook, record) for record in _call_contribution(name, plugin, hook))
        for hook in CONTRIBUTION_HOOKS
        if hook in hooks
    }
    summary = (getattr(plugin, "__doc__", None) or "").strip().partition("\n")[0]
    events = {hook: facts for hook, facts in hooks.items() if hook in EVENT_HOOKS}
    return Manifest(
        name,
        summary,
        _names(name, plugin, "replaces"),
        _names(name, plugin, "before"),
        _names(name, plugin, "after"),
        events,
        records,
    )


def _check_version(name: str, wanted: object) -> None:
    if wanted is None:
        return
    major = next(iter(cast("tuple[object, ...]", wanted)), None) if isinstance(wanted, tuple) else wanted
    if not isinstance(major, int):
        raise PluginError(name, f"api = {wanted!r}: say the version as {API[0]} or {API}")
    if major != API[0]:
        raise PluginError(
            name, f"made for version {wanted} of the hook contract; this gaff has {API[0]}.{API[1]}"
        )


def _names(name: str, plugin: object, attribute: str) -> tuple[str, ...]:
    value: object = getattr(plugin, attribute, ())
    if isinstance(value, str):
        return (value,)
    names = cast("Sequence[object]", value) if isinstance(value, list | tuple) else (None,)
    if not all(isinstance(one, str) for one in names):
        raise PluginError(name, f"{attribute} = {value!r}: say the name of a plugin, or a list of names")
    return tuple(cast("Sequence[str]", names))


def _hooks_of(name: str, plugin: object) -> dict[str, HookFacts]:
    scratch = _Manager(PROJECT)
    scratch.add_hookspecs(specs)
    try:
        scratch.register(plugin, name)
    except (pluggy.PluginValidationError, ValueError) as fault:
        raise PluginError(name, " ".join(str(fault).split())) from fault
    hooks: dict[str, HookFacts] = {}
    for caller in scratch.get_hookcallers(plugin) or ():
        if not caller.has_spec():
            raise PluginError(
                name, f"implements {caller.name}, which is no hook; see docs/hooks.md for the list"
            )
        for one in caller.get_hookimpls():
            code = getattr(getattr(one.function, "__func__", one.function), "__code__", None)
            if one.kwargnames or (code is not None and code.co_kwonlyargcount):
                raise PluginError(name, f"{caller.name}: hook arguments are positional and have no defaults")
            if one.wrapper or one.hookwrapper:
                raise PluginError(
                    name, f"{caller.name}: wrappers are not run; use gaff_tool_call or a fold hook"
                )
            hooks[caller.name] = HookFacts(one.argnames, one.tryfirst, one.trylast)
    return hooks


def _call_contribution(name: str, plugin: object, hook: str) -> Sequence[object]:
    try:
        found = getattr(plugin, hook)()
        return () if found is None else tuple(found)
    except (Exception, SystemExit) as fault:  # isolation boundary: a plugin's own code may do anything
        raise PluginError(name, f"{hook}: {type(fault).__name__}: {fault}") from fault


def _stand_in(plugin: _Plugin) -> ModuleType:
    """Return an object that pluggy takes for the plugin, and that imports it when a hook is called."""
    stand_in = ModuleType(plugin.manifest.name)
    for hook, facts in plugin.manifest.hooks.items():
        setattr(stand_in, hook, _forwarder(plugin, hook, facts))
    return stand_in


def _forwarder(plugin: _Plugin, hook: str, facts: HookFacts) -> Callable[..., object]:
    def forward(*arguments: object) -> object:
        function: Callable[..., object] = getattr(plugin.module(), hook)
        return function(*arguments)

    named = _with_arguments(forward, facts.arguments)
    return cast(
        "Callable[..., object]",
        hookimpl(named, tryfirst=facts.tryfirst, trylast=facts.trylast),
    )


def _with_arguments(forward: Callable[..., object], arguments: Sequence[str]) -> FunctionType:
    """Return ``forward`` as a function of these arguments: pluggy reads the names off the code object."""
    source = ", ".join(arguments)
    if not all(argument.isidentifier() for argument in arguments):
        raise PluginError("manifest", f"arguments {source!r} are no names")
    namespace: dict[str, Any] = {"forward": forward}
    exec(f"def named({source}): return forward({source})", namespace)
    return cast("FunctionType", namespace["named"])


def _topological(plugins: Sequence[_Plugin]) -> list[_Plugin]:
    """Sort by ``before`` and ``after``, keeping the given order where they say nothing.

    Raises:
        PluginError: they contradict each other; the message names the cycle.
    """
    if not any(one.manifest.before or one.manifest.after for one in plugins):
        return list(plugins)
    from graphlib import CycleError, TopologicalSorter

    known = {one.manifest.name: one for one in plugins}
    earlier: dict[str, list[str]] = {name: [] for name in known}
    for one in plugins:
        earlier[one.manifest.name] += [name for name in one.manifest.after if name in known]
        for name in one.manifest.before:
            if name in known:
                earlier[name].append(one.manifest.name)
    try:
        return _stable(known, earlier, TopologicalSorter(earlier))
    except CycleError as fault:
        raise PluginError(
            fault.args[1][0], f"before/after form a circle: {' -> '.join(fault.args[1])}"
        ) from fault


def _stable(known: Mapping[str, _Plugin], earlier: Mapping[str, list[str]], sorter: Any) -> list[_Plugin]:
    sorter.prepare()
    done: list[str] = []
    position = {name: number for number, name in enumerate(known)}
    ready: list[str] = []
    while sorter.is_active():
        ready = sorted([*ready, *sorter.get_ready()], key=position.__getitem__)
        name = ready.pop(0)
        done.append(name)
        sorter.done(name)
    return [known[name] for name in done]
