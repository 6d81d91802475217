"""The order of plugins: by source and name, except where they say ``before`` or ``after``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from gaff.hooks.errors import PluginError

from .manifest import Manifest

if TYPE_CHECKING:
    from graphlib import TopologicalSorter


def ordered(manifests: Sequence[Manifest]) -> list[Manifest]:
    """Sort by ``before`` and ``after``, keeping the given order where they say nothing.

    Raises:
        PluginError: they contradict each other; the message names the cycle.
    """
    if not any(one.before or one.after for one in manifests):
        return list(manifests)
    from graphlib import CycleError, TopologicalSorter

    known = {one.name: one for one in manifests}
    earlier: dict[str, list[str]] = {name: [] for name in known}
    for one in manifests:
        earlier[one.name] += [name for name in one.after if name in known]
        for name in one.before:
            if name in known:
                earlier[name].append(one.name)
    try:
        return _stable(known, TopologicalSorter(earlier))
    except CycleError as fault:
        circle: list[str] = fault.args[1]
        raise PluginError(circle[0], f"before/after form a circle: {' -> '.join(circle)}") from fault


def _stable(known: Mapping[str, Manifest], sorter: TopologicalSorter[str]) -> list[Manifest]:
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


def replacements(manifests: Sequence[Manifest]) -> dict[str, str]:
    """Return who is replaced by whom, of plugins in order of precedence."""
    by: dict[str, str] = {}
    for manifest in manifests:
        # Of two that replace each other the first stays. Its own name is free already: others gave way.
        if manifest.name not in by:
            for name in manifest.replaces:
                if name != manifest.name:
                    by.setdefault(name, manifest.name)
    return by
