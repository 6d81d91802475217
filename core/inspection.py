"""Checks a plugin against the contract, and writes down what it contributes."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, Final, cast

import pluggy

from gaff.hooks import specs
from gaff.hooks.errors import PluginError
from gaff.hooks.markers import API, EVENT_HOOKS, PROJECT

from .manifest import CONTRIBUTION_HOOKS, HookFacts, Manifest, facts_of, printable
from .watchdog import WATCHDOG, HeldUp

#: Characters of a plugin's summary that are kept.
_LONGEST: Final = 500


class HookManager(pluggy.PluginManager):
    """pluggy's manager, looking only at names that can be hooks."""

    def parse_hookimpl_opts(self, plugin: object, name: str) -> Any:
        return super().parse_hookimpl_opts(plugin, name) if name.startswith(f"{PROJECT}_") else None


def inspect_plugin(name: str, plugin: object) -> Manifest:
    """Check a plugin against the contract and return its manifest.

    Raises:
        PluginError: an unknown hook, a wrong argument, a contribution that is none.
    """
    try:
        return WATCHDOG.call(name, _inspect, name, plugin)
    except PluginError:
        raise
    # The isolation boundary: even to look at an attribute may run a stranger's code.
    except (Exception, SystemExit, HeldUp) as fault:
        raise PluginError(name, f"cannot be examined: {type(fault).__name__}: {fault}") from fault


def _inspect(name: str, plugin: object) -> Manifest:
    _check_version(name, getattr(plugin, "api", None))
    hooks, deprecations = _hooks_of(name, plugin)
    records = {
        hook: tuple(facts_of(name, hook, record) for record in call_contribution(name, plugin, hook))
        for hook in CONTRIBUTION_HOOKS
        if hook in hooks
    }
    summary = printable((getattr(plugin, "__doc__", None) or "").strip().partition("\n")[0])[:_LONGEST]
    events = {hook: facts for hook, facts in hooks.items() if hook in EVENT_HOOKS}
    return Manifest(
        name,
        summary,
        _names(name, plugin, "replaces"),
        _names(name, plugin, "before"),
        _names(name, plugin, "after"),
        events,
        records,
        deprecations,
        getattr(plugin, "keeps_time", False) is True,
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


def _hooks_of(name: str, plugin: object) -> tuple[dict[str, HookFacts], tuple[str, ...]]:
    """Return the hooks a plugin implements, and what of them is deprecated, with file and line."""
    scratch = HookManager(PROJECT)
    scratch.add_hookspecs(specs)
    try:
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            scratch.register(plugin, name)
    except (pluggy.PluginValidationError, ValueError) as fault:
        raise PluginError(name, " ".join(str(fault).split())) from fault
    deprecations = tuple(
        f"{one.filename}:{one.lineno}: {one.message}"
        for one in told
        if issubclass(one.category, DeprecationWarning)
    )
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
    return hooks, deprecations


def call_contribution(name: str, plugin: object, hook: str) -> Sequence[object]:
    """Return the records a plugin contributes to a hook.

    Raises:
        PluginError: whatever its code raises.
    """
    try:
        found = getattr(plugin, hook)()
        return () if found is None else tuple(found)
    except (Exception, SystemExit) as fault:  # isolation boundary: a plugin's own code may do anything
        raise PluginError(name, f"{hook}: {type(fault).__name__}: {fault}") from fault
