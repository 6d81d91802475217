"""The list of all plugins, and everything known of one."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from importlib.machinery import PathFinder
from pathlib import Path
from textwrap import indent
from typing import Final

from gaff.hooks import Kernel

from .facts import Facts, all_facts, find_plugin
from .tables import clean, table

_HEAD: Final = ("PLUGIN", "STATE", "FROM", "VERSION", "IMPORT", "OFFERS, OR WHY NOT")
_INDENT: Final = "  "
#: What a module may state by plain names.
_STATED: Final = ("api", "replaces", "before", "after")


def list_text(kernel: Kernel, columns: int, *, everything: bool = False) -> str:
    """Return all plugins as text: a row for each from elsewhere or not active, a line for each family of built-ins."""
    facts = all_facts(kernel)
    special = facts if everything else [one for one in facts if not one.ordinary]
    parts = [table(_filled([_HEAD, *map(_row, special)]), columns)] if special else []
    if not everything:
        ordinary = [one for one in facts if one.ordinary]
        rows = [(family, " ".join(names)) for family, names in _families(ordinary)]
        lines = indent(table(rows, columns - len(_INDENT)), _INDENT)
        parts.append(f"Built in, {len(ordinary)} active:\n{lines}")
    return "\n\n".join(parts)


def _row(one: Facts) -> tuple[str, ...]:
    report = one.report
    took = "" if report.import_ms is None else f"{report.import_ms:.0f} ms"
    return (one.name, report.state, report.source, report.distribution, took, report.reason or one.offers())


def _filled(rows: Sequence[Sequence[str]]) -> Sequence[Sequence[str]]:
    """Leave out the columns that have nothing below their head."""
    kept = [number for number in range(len(rows[0])) if any(row[number] for row in rows[1:])]
    return [[row[number] for number in kept] for row in rows]


def _families(facts: Sequence[Facts]) -> Iterator[tuple[str, Sequence[str]]]:
    families: dict[str, list[str]] = {}
    for one in facts:
        families.setdefault(one.family, []).append(one.name.partition(".")[2])
    yield from sorted(families.items())


def list_markdown(kernel: Kernel) -> str:
    """Return all plugins as Markdown, for a session."""
    facts = all_facts(kernel)
    special = [one for one in facts if not one.ordinary]
    lines = ["## Plugins", "", *(f"- {_line(one)}" for one in special)]
    ordinary = [one for one in facts if one.ordinary]
    lines += ["", f"Built in, {len(ordinary)} active:", ""]
    lines += [f"- **{family}**: {', '.join(names)}" for family, names in _families(ordinary)]
    return "\n".join([*lines, "", "`/plugin show NAME` tells all of one."])


def _line(one: Facts) -> str:
    report = one.report
    origin = f"{report.source}, {report.distribution}" if report.distribution else report.source
    took = "" if report.import_ms is None else f"; imported in {report.import_ms:.0f} ms"
    why = clean(report.reason or one.offers())
    return f"`{clean(one.name)}` ({clean(origin)}) is {report.state}: {why}{took}"


def show(kernel: Kernel, name: str) -> Sequence[tuple[str, str]]:
    """Return everything known of a plugin, as labels and values.

    Raises:
        UsageError: there is none of this name.
    """
    found = find_plugin(kernel, name)
    lines = [line for line in _show(kernel, found[0]) if line[1]]
    others = [f"{one.report.source}, {one.report.path}: {one.report.reason}" for one in found[1:]]
    return [(label, clean(value)) for label, value in [*lines, *(("also", other) for other in others)]]


def _show(kernel: Kernel, one: Facts) -> Iterator[tuple[str, str]]:
    report = one.report
    yield "name", one.name
    yield "summary", report.summary
    yield "state", f"{report.state}: {report.reason}" if report.reason else report.state
    yield "source", report.source
    yield "distribution", report.distribution
    file = _file(report.path)
    yield "file", str(file) if file else report.path
    yield from _stated(file)
    if report.import_ms is not None:
        yield "import", f"{report.import_ms:.0f} ms"
    if report.generation:
        yield "loaded", f"{report.generation} time{'s' if report.generation > 1 else ''} in this process"
    for kind, names in one.contributed.items():
        yield kind, ", ".join(names)
    yield "conflicts", "; ".join(report.conflicts)
    yield (
        "hooks",
        ", ".join(hook for hook in report.hooks if hook.startswith("gaff_") and "_register_" not in hook),
    )
    yield from _relations(kernel, one)
    timing = kernel.timings.get(one.name)
    if timing is not None and timing.calls:
        yield "timings", f"{timing.calls} calls, {timing.ms:.1f} ms, p95 {timing.percentile(0.95):.1f} ms"


def _relations(kernel: Kernel, one: Facts) -> Iterator[tuple[str, str]]:
    replaced = [other.name for other in kernel.reports if other.reason == f"replaced by {one.name}"]
    yield "took the place of", ", ".join(replaced)
    for value in kernel.settings.by_level("plugins"):
        if isinstance(value.value, dict) and one.name in value.value:
            word = {True: "enabled", False: "disabled"}.get(value.value[one.name] is not False, "")
            yield "settings", f"{word} by {value.path}"
    for notice in kernel.notices:
        if f" {one.name} " in f" {notice} ".replace(":", " ").replace(";", " "):
            yield "notice", notice


def _stated(file: Path | None) -> Iterator[tuple[str, str]]:
    """Read what the module states by plain names off its text: to import it might do anything."""
    try:
        tree = ast.parse(file.read_text(encoding="utf-8")) if file else ast.Module([], [])
    except (OSError, ValueError, SyntaxError, RecursionError):
        return
    for node in tree.body:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name) and target.id in _STATED:
                    yield target.id, ast.unparse(node.value)


def _file(path: str) -> Path | None:
    """Return the file of a plugin, found without importing it or its package."""
    if path.endswith(".py"):
        return Path(path)
    name, *rest = path.partition(":")[0].split(".")
    try:
        spec = PathFinder.find_spec(name)
        for part in rest:
            name = f"{name}.{part}"
            spec = PathFinder.find_spec(name, spec.submodule_search_locations if spec else [])
    except (ImportError, ValueError):
        return None
    return Path(spec.origin) if spec and spec.origin else None
