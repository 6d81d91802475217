"""One plugin under management: what is known of it, and the module once it is loaded."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from time import perf_counter
from types import FunctionType, ModuleType
from typing import Any, Final, cast

from gaff.hooks.errors import PluginError
from gaff.hooks.markers import hookimpl, record_kind
from gaff.hooks.values import JsonObject

from .inspection import call_contribution
from .leftovers import LEDGER
from .manifest import HookFacts, Manifest
from .sources import Source
from .watchdog import WATCHDOG, Escaped, HeldUp

#: Plain methods that are called right where a call is judged; what they do must not end or hold up the judge.
_JUDGED: Final[Mapping[str, Sequence[str]]] = {
    "gaff_register_tools": ("is_read_only", "actions", "hook_input")
}


@dataclass(frozen=True)
class Contribution:
    """A contributed record, known by its facts; ``Plugins.load`` gets the record itself."""

    plugin: str
    hook: str
    facts: JsonObject
    #: Of the plugin, when this was looked up: a reload makes it stale.
    generation: int = 1

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
    generation: int = 0
    import_ms: float | None = None
    failures: int = field(default=0, repr=False)
    #: By hook, the records that are not used, and whose are used instead.
    lost: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]], repr=False)

    @property
    def conflicts(self) -> Sequence[str]:
        """A line for each record that gives way to another plugin's."""
        return [
            f"{record_kind(hook)} {name} conflicts with {winner}"
            for hook, lost in self.lost.items()
            for name, winner in lost.items()
        ]


@dataclass
class Plugin:
    """A plugin that is in use, loaded or not."""

    manifest: Manifest
    report: Report
    import_module: Callable[[], object]
    order: tuple[int, int]
    generation: int = 1
    loaded: object = None
    _records: dict[str, dict[str, object]] = field(default_factory=dict[str, dict[str, object]])
    _lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def name(self) -> str:
        """Its name."""
        return self.manifest.name

    def module(self) -> object:
        """Return the plugin itself, imported when first asked for.

        Raises:
            PluginError: it cannot be imported.
        """
        with self._lock:
            if self.loaded is None:
                self.loaded = self._import()
            return self.loaded

    def _import(self) -> object:
        started = perf_counter()
        if self.report.source != "built-in":
            LEDGER.watch_processes()
        try:
            return WATCHDOG.call(self.name, self.import_module)
        except (HeldUp, Escaped) as fault:  # isolation boundary: an import without end
            raise PluginError(self.name, f"cannot be imported: it {fault}") from fault
        finally:
            self.report.generation = self.generation
            WATCHDOG.imported += perf_counter() - started
            self.report.import_ms = (perf_counter() - started) * 1000

    def has_module(self, name: str) -> bool:
        """Whether a module is the plugin's own, or of its package."""
        own = self.module_name
        return bool(own) and (name == own or name.startswith(f"{own.partition('.')[0]}."))

    @property
    def module_name(self) -> str:
        """The name of its module; empty where it is not loaded."""
        loaded = self.loaded
        return str(getattr(loaded, "__name__", "") or getattr(type(loaded), "__module__", ""))

    def record(self, contribution: Contribution) -> object:
        """Return a contributed record itself.

        Raises:
            PluginError: the plugin was reloaded since, cannot be imported, or no longer offers the record.
        """
        if contribution.generation != self.generation:
            raise PluginError(self.name, f"was reloaded; its {contribution.name} of before is gone")
        with self._lock:
            if contribution.hook not in self._records:
                found = self._contributed(contribution.hook)
                for one in found if self.report.source != "built-in" else ():
                    _watch(self.name, one, _JUDGED.get(contribution.hook, ()))
                self._records[contribution.hook] = {cast("Any", one).name: one for one in found}
            records = self._records[contribution.hook]
        if contribution.name not in records:
            raise PluginError(self.name, f"no longer offers {contribution.name}")
        return records[contribution.name]

    def _contributed(self, hook: str) -> Sequence[object]:
        module = self.module()
        try:
            return WATCHDOG.call(self.name, call_contribution, self.name, module, hook)
        except (HeldUp, Escaped) as fault:  # isolation boundary: a registration without end
            raise PluginError(self.name, f"{hook}: {fault}") from fault


def _watch(plugin: str, record: object, methods: Sequence[str]) -> None:
    """Have methods of a record called under the watchdog from now on."""
    for method in methods:
        with suppress(AttributeError, TypeError):  # it takes no attributes, or has none of this name
            setattr(record, method, _watched(plugin, getattr(record, method)))


def _watched(plugin: str, function: Callable[..., object]) -> Callable[..., object]:
    def call(*arguments: object) -> object:
        try:
            return WATCHDOG.call(plugin, function, *arguments)
        except HeldUp as fault:  # isolation boundary: the judge denies what fails like any other
            raise Escaped(str(fault)) from fault

    return call


def stand_in(plugin: Plugin) -> ModuleType:
    """Return an object that pluggy takes for the plugin, and that imports it when a hook is called."""
    made = ModuleType(plugin.name)
    for hook, facts in plugin.manifest.hooks.items():
        setattr(made, hook, _forwarder(plugin, hook, facts))
    return made


def _forwarder(plugin: Plugin, hook: str, facts: HookFacts) -> Callable[..., object]:
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
