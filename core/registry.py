"""Loads plugins, keeps them in order, and answers who contributes what.

pluggy holds the registrations. What it holds for a plugin known from its manifest is a stand-in
whose functions import the plugin when first called, so that sixty plugins cost a start nothing.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Sequence
from fnmatch import fnmatchcase
from types import FrameType
from typing import Final, NamedTuple, cast

from gaff.hooks import specs
from gaff.hooks.errors import PluginError
from gaff.hooks.markers import PROJECT, record_kind
from gaff.hooks.session import Contributed

from .dispatcher import Implementation
from .examination import examine
from .guarding import Refusal
from .inspection import HookManager, inspect_plugin
from .manifest import CONTRIBUTION_HOOKS, Manifest, ManifestCache, printable
from .ordering import ordered, replacements
from .plugin import Contribution, Plugin, Report, stand_in
from .sources import SOURCES, Candidate

#: Failures in a row after which a plugin is no longer called.
SUSPEND_AFTER: Final = 5


class _Found(NamedTuple):
    """A plugin that can be used, whether or not another takes its place."""

    candidate: Candidate
    manifest: Manifest


class Plugins:
    """All plugins, loaded or not.

    ``disabled`` are names and patterns (``browser.*``) to leave out.
    """

    def __init__(self, cache: ManifestCache, disabled: Iterable[str] = ()) -> None:
        self._cache = cache
        self._disabled = tuple(disabled)
        self._manager = HookManager(PROJECT)
        self._manager.add_hookspecs(specs)
        self._found: dict[str, _Found] = {}
        self._plugins: dict[str, Plugin] = {}
        self._reports: dict[str, Report] = {}
        #: What is known, from the cache alone, of plugins that are left out.
        self._left_out: dict[str, Manifest] = {}
        self._implementations: dict[str, tuple[Implementation, ...]] = {}
        self._contributions: dict[str, tuple[Contribution, ...]] = {}
        #: Lines for the user about what did not go as it should.
        self.notices: list[str] = []
        #: Looks for plugins in all their places once more.
        self.look_again: Callable[[], Sequence[Candidate]] = tuple

    def add(self, candidates: Sequence[Candidate]) -> None:
        """Take these plugins in, the first of a name wins; one that cannot be is reported, no more."""
        wanted = [one for one in candidates if not self._is_disabled(one.name)]
        manifests = examine(self._cache, wanted)
        for candidate in candidates:
            report = Report(
                candidate.name, candidate.source, distribution=candidate.distribution, path=candidate.target
            )
            if candidate.name in self._reports:
                meant = candidate.name in self._found and candidate.name in self._replaces(candidate.name)
                reason = f"another plugin is called {candidate.name} as well"
                self._reject(report, "replaced", reason, tell=not meant)
            elif self._is_disabled(candidate.name):
                report.state, report.reason = "disabled", "disabled by settings or --plugin no:NAME"
                known = self._cache.get(candidate.name, candidate.key, candidate.stamps)
                if isinstance(known, Manifest):
                    self._left_out[candidate.name] = known
                self._reports[candidate.name] = report
            else:
                self._reports[candidate.name] = report
                self._take(candidate, report, manifests[candidate.key])
        self._cache.save()
        self._settle()

    def _is_disabled(self, name: str) -> bool:
        return any(fnmatchcase(name, pattern) for pattern in self._disabled)

    def _replaces(self, name: str) -> Sequence[str]:
        return self._found[name].manifest.replaces

    def _take(self, candidate: Candidate, report: Report, manifest: Manifest | PluginError) -> None:
        if isinstance(manifest, PluginError):
            report.state, report.reason = "failed", printable(manifest.reason)
            advice = f"(disable it by --plugin no:{candidate.name})"
            refusal = Refusal(candidate, report.reason)
            left = "it guards tool calls, so none is let through" if refusal else "it is left out"
            self.notices.append(f"plugin {candidate.name}: {report.reason}; {left} {advice}")
            if refusal:
                order = (SOURCES.index(candidate.source), len(self._reports))
                self._register(Plugin(refusal.manifest, report, refusal.load, order))
            return
        self._found[candidate.name] = _Found(candidate, manifest)
        report.summary, report.hooks = manifest.summary, tuple(manifest.hooks)
        self.notices += [f"plugin {candidate.name}: {line}" for line in manifest.deprecations]

    def _settle(self) -> None:
        """Have exactly those in use that no other replaces."""
        by_precedence = sorted(self._found.values(), key=lambda one: SOURCES.index(one.candidate.source))
        replaced = replacements([found.manifest for found in by_precedence])
        for number, (name, (candidate, manifest)) in enumerate(self._found.items()):
            report = self._reports[name]
            if name in replaced:
                self._drop(name)
                report.state, report.reason = "replaced", f"replaced by {replaced[name]}"
            elif name not in self._plugins:
                report.state, report.reason = "active", ""
                order = (SOURCES.index(candidate.source), number)
                self._register(Plugin(manifest, report, candidate.load, order))

    def exchange(self, name: str, candidate: Candidate, manifest: Manifest, module: object) -> Plugin | None:
        """Put a plugin's new generation, loaded already, in the old one's place; return the old one."""
        old = self._plugins.get(name)
        report = self._reports.setdefault(name, Report(name, candidate.source, path=candidate.target))
        generation = max(old.generation if old else 0, report.generation) + 1
        self._found[name] = _Found(candidate, manifest)
        self._drop(name)
        report.state, report.reason, report.failures = "active", "", 0
        report.summary, report.generation = manifest.summary, generation
        order = old.order if old else (SOURCES.index(candidate.source), len(self._found))
        self._register(Plugin(manifest, report, lambda: module, order, generation, module))
        self._settle()
        self._cache.put(candidate.key, candidate.stamps, manifest)
        self._cache.save()
        return old

    def remove(self, name: str, reason: str) -> Plugin | None:
        """Take a plugin out of use; return it if it was in use."""
        old = self._plugins.get(name)
        self._found.pop(name, None)
        self._drop(name)
        self._reports[name].state, self._reports[name].reason = "gone", reason
        self._settle()
        return old

    def implementations_of(self, name: str, hook: str) -> tuple[Implementation, ...]:
        """Return one plugin's functions of an event hook."""
        return tuple(one for one in self.implementations(hook) if one.plugin == name)

    def plugin(self, name: str) -> Plugin | None:
        """Return the plugin of this name that is in use."""
        return self._plugins.get(name)

    def missing(self, hook: str, name: str) -> str:
        """Return which plugin that is not in use would contribute this, and why it is not; empty for none.

        An option is known by any of its flags.
        """
        known = self._left_out | {name: found.manifest for name, found in self._found.items()}
        for plugin, manifest in known.items():
            for facts in manifest.records.get(hook, ()) if plugin not in self._plugins else ():
                if name == facts["name"] or name in cast("Sequence[str]", facts.get("flags", ())):
                    report = self._reports[plugin]
                    return f"{name} belongs to the plugin {plugin}, which is {report.state}"
        return ""

    def is_built_in(self, name: str) -> bool:
        """Whether a plugin comes with gaff."""
        report = self._reports.get(name)
        return report is not None and report.source == "built-in"

    def owner_of(self, module: str) -> str:
        """Return the plugin from outside that a module's code belongs to; empty where it belongs to none."""
        for plugin in self._plugins.values():
            found = self._found.get(plugin.name)
            if found is not None and found.candidate.source != "built-in" and plugin.has_module(module):
                return plugin.name
        return ""

    def owner_of_frames(self, frame: FrameType | None) -> str:
        """Return the plugin from outside that this code was called by."""
        while frame is not None:
            owner = self.owner_of(str(frame.f_globals.get("__name__", "")))
            if owner:
                return owner
            frame = frame.f_back
        return ""

    def candidate(self, name: str) -> Candidate | None:
        """Return where a usable plugin comes from."""
        return self._found[name].candidate if name in self._found else None

    def manifest(self, name: str) -> Manifest | None:
        """Return what is known of a plugin that is usable, replaced or not."""
        return self._found[name].manifest if name in self._found else None

    @property
    def in_use(self) -> Sequence[Plugin]:
        """All plugins in use."""
        return tuple(self._plugins.values())

    def refuse(self, candidate: Candidate, state: str, reason: str) -> None:
        """List a plugin that is not taken in, with the reason; who refuses it tells the user."""
        report = Report(candidate.name, candidate.source, path=candidate.target)
        self._reject(report, state, reason, tell=False)

    def register(self, plugin: object, name: str) -> None:
        """Take in a plugin object, as frontends do for as long as they live.

        Raises:
            PluginError: it breaks the contract, or the name is taken.
        """
        if name in self._plugins:
            raise PluginError(name, "a plugin of this name is registered")
        manifest = inspect_plugin(name, plugin)
        report = self._reports[name] = Report(name, "session")
        self._register(Plugin(manifest, report, lambda: plugin, (0, len(self._plugins)), loaded=plugin))

    def unregister(self, name: str) -> None:
        """Let a plugin go; nothing of it is called any more."""
        self._drop(name)
        self._reports.pop(name, None)

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
        plugin = self._plugins.get(contribution.plugin)
        if plugin is None:
            raise PluginError(contribution.plugin, f"is gone, and its {contribution.name} with it")
        assert isinstance(contribution, Contribution)
        return plugin.record(contribution)

    def find_conflicts(self) -> None:
        """Note every two plugins that contribute something of the same name."""
        for hook in CONTRIBUTION_HOOKS:
            self.contributed(hook)

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

    def _reject(self, report: Report, state: str, reason: str, *, tell: bool = True) -> None:
        report.state, report.reason = state, reason
        self._reports[
            report.name if report.name not in self._reports else f"{report.name} ({report.source})"
        ] = report
        if tell:
            self.notices.append(f"plugin {report.name} ({report.source}): {reason}")

    def _register(self, plugin: Plugin) -> None:
        with warnings.catch_warnings():
            if plugin.manifest.deprecations:  # told with the author's line already
                warnings.simplefilter("ignore", DeprecationWarning)
            self._manager.register(stand_in(plugin), plugin.name)
        self._plugins[plugin.name] = plugin
        plugin.report.hooks = tuple(plugin.manifest.hooks)
        self._forget()

    def _drop(self, name: str) -> None:
        if self._plugins.pop(name, None) is not None:
            self._manager.unregister(name=name)
        self._forget()

    def _forget(self) -> None:
        self._implementations.clear()
        self._contributions.clear()

    def _ordered(self) -> Sequence[Plugin]:
        plugins = sorted(self._plugins.values(), key=lambda one: one.order)
        try:
            return [self._plugins[one.name] for one in ordered([plugin.manifest for plugin in plugins])]
        except PluginError as fault:
            self._notice(str(fault))
            return plugins

    def _notice(self, line: str) -> None:
        if line not in self.notices:
            self.notices.append(line)

    def _plan(self, hook: str) -> tuple[Implementation, ...]:
        position = {one.name: number for number, one in enumerate(self._ordered())}
        found = getattr(self._manager.hook, hook).get_hookimpls()
        ranked = sorted(found, key=lambda one: (one.trylast - one.tryfirst, position[one.plugin_name]))
        return tuple(
            Implementation(
                one.plugin_name,
                one.function,
                one.argnames,
                suspended=self._plugins[one.plugin_name].report.state == "suspended",
                keeps_time=self._plugins[one.plugin_name].manifest.keeps_time,
            )
            for one in ranked
        )

    def _collect(self, hook: str) -> Iterable[Contribution]:
        taken: dict[str, str] = {}
        for plugin in self._ordered():
            plugin.report.lost.pop(hook, None)
            for facts in plugin.manifest.records.get(hook, ()):
                one = Contribution(plugin.name, hook, facts, plugin.generation)
                if one.name not in taken:
                    taken[one.name] = one.plugin
                    yield one
                elif hook not in ("gaff_register_settings", "gaff_register_options"):
                    kind = record_kind(hook)
                    plugin.report.lost.setdefault(hook, {})[one.name] = taken[one.name]
                    winner, loser = self._described(taken[one.name]), self._described(one.plugin)
                    advice = "say `replaces` or disable one"
                    self._notice(f"{kind} {one.name}: {winner} wins over {loser}; {advice}")

    def _described(self, name: str) -> str:
        """Return a plugin's name with the distribution or the place it comes from."""
        report = self._reports[name]
        return f"{name} ({report.distribution or report.source})"
