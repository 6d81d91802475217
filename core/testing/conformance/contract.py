"""A plugin against the contract: what it registers, whether that is what it may, and whether it stays the same."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Final, cast

from gaff.hooks.errors import PluginError
from gaff.hooks.markers import API
from gaff.hooks.values import JsonObject
from gaff.inspection import inspect_plugin
from gaff.manifest import CONTRIBUTION_HOOKS, Manifest, facts_of

from .children import Report
from .side_effects import Effects, Observer
from .targets import Target

#: What the Messages API takes as the name of a tool. Source: platform.claude.com/docs/en/api/messages.
_TOOL_NAME: Final = re.compile(r"[a-zA-Z0-9_-]{1,128}")
_WORD: Final = re.compile(r"[a-z0-9][a-z0-9:._-]*", re.IGNORECASE)
_PATTERNS: Final[Mapping[str, re.Pattern[str]]] = {
    "gaff_register_tools": _TOOL_NAME,
    "gaff_register_commands": _WORD,
    "gaff_register_subcommands": _WORD,
    "gaff_register_models": _WORD,
    "gaff_register_frontends": _WORD,
}
#: Of these hooks two plugins may offer the same name.
_SHARED: Final = ("gaff_register_settings", "gaff_register_options", "gaff_register_renderers")

#: Who offers a name: by hook and name.
Taken = Mapping[tuple[str, str], str]


def examine_contract(
    target: Target, report: Report, observer: Observer, taken: Taken
) -> tuple[object, Manifest] | None:
    """Load a plugin under observation and hold it against the contract; return it with its manifest."""
    report.begin("registration", "importing it")
    with observer.watch() as effects:
        plugin = target.load()
    _report_effects(report, effects, "while it is imported")
    records = _records(report, observer, target.name, plugin)
    report.listen("while it registers")
    report.done("registration")
    sound = _examine_api(report, target.name, plugin)
    manifest = _examine_hooks(report, target.name, plugin) if sound and records is not None else None
    if manifest is None or records is None:
        return None
    _examine_names(report, manifest, records, taken)
    _examine_manifest(report, plugin, manifest)
    return plugin, manifest


def _report_effects(report: Report, effects: Effects, when: str) -> None:
    for effect in effects.faults[:5]:
        report.fault(
            "registration",
            f"{effect} {when}",
            "registering must do nothing but return records: do it when a hook is called",
        )
    for effect in effects.notes:
        report.note("registration", f"{effect} {when}")


def _examine_api(report: Report, name: str, plugin: object) -> bool:
    report.begin("api", "reading its version")
    try:
        # A plugin of nothing but the version: whatever is wrong with it is wrong with that.
        inspect_plugin(name, SimpleNamespace(api=getattr(plugin, "api", None)))
    except PluginError as fault:
        report.fault("api", fault.reason, f"say api = {API}, or leave it out")
        return False
    report.done("api")
    return True


def _records(
    report: Report, observer: Observer, name: str, plugin: object
) -> dict[str, tuple[JsonObject, ...]] | None:
    """Return the facts of all records by hook; ``None`` where some are none."""
    found: dict[str, tuple[JsonObject, ...]] = {}
    sound = True
    for hook in CONTRIBUTION_HOOKS:
        if callable(getattr(plugin, hook, None)):
            report.begin("registration", hook)
            facts = _facts(report, observer, name, plugin, hook)
            sound = sound and facts is not None
            found[hook] = facts or ()
    if sound:
        report.done("records")
    return found if sound else None


def _facts(
    report: Report, observer: Observer, name: str, plugin: object, hook: str
) -> tuple[JsonObject, ...] | None:
    remedy = "return a list of the records that docs/hooks.md names, or None"
    try:
        with observer.watch() as effects:
            records: object = getattr(plugin, hook)()
        _report_effects(report, effects, f"in {hook}")
        if isinstance(records, str | bytes | dict):
            raise TypeError("it returned one thing, not a list of records")
        return tuple(facts_of(name, hook, record) for record in cast("Sequence[object]", records or ()))
    except PluginError as fault:
        report.fault("records", fault.reason, remedy)
    except (Exception, SystemExit) as fault:  # isolation boundary: code of strangers may raise anything
        if isinstance(fault, TypeError) and "argument" in str(fault):
            return ()  # wants arguments, which the check of the hooks tells better
        report.fault("records", f"{hook}: {type(fault).__name__}: {fault}", remedy)
    return None


def _examine_hooks(report: Report, name: str, plugin: object) -> Manifest | None:
    report.begin("hooks", "holding its hooks against the contract")
    try:
        manifest = inspect_plugin(name, plugin)
    except PluginError as fault:
        remedy = "" if "docs/hooks.md" in fault.reason else "docs/hooks.md has each hook's exact signature"
        report.fault("hooks", fault.reason, remedy)
        return None
    for line in getattr(manifest, "deprecations", ()):
        report.note("hooks", line)
    if not manifest.hooks and not manifest.records:
        report.fault("hooks", "it implements no hook", "mark the functions of the hooks with @hookimpl")
    report.done("hooks")
    return manifest


def _examine_names(
    report: Report, manifest: Manifest, records: Mapping[str, Sequence[JsonObject]], taken: Taken
) -> None:
    report.begin("names", "reading the names")
    for hook, facts in records.items():
        names = [str(one["name"]) for one in facts]
        for name in dict.fromkeys(names):
            kind = f"{hook.removeprefix('gaff_register_').removesuffix('s').replace('_', ' ')} {name}"
            owner = taken.get((hook, name), manifest.name)
            if names.count(name) > 1:
                report.fault(
                    "names", f"{kind} is offered {names.count(name)} times", "give each a name of its own"
                )
            if hook in _PATTERNS and not _PATTERNS[hook].fullmatch(name):
                report.fault("names", f"{kind}: letters, digits, _ and - only", "choose another name")
            if hook not in _SHARED and owner not in (manifest.name, *manifest.replaces):
                report.fault(
                    "names",
                    f"{kind} is offered by {owner} already",
                    f'say replaces = "{owner}", or choose another name',
                )
    report.done("names")


def _examine_manifest(report: Report, plugin: object, manifest: Manifest) -> None:
    report.begin("manifest", "asking it again")
    remedy = "what is registered must not depend on when it is asked: it is kept in a cache"
    try:
        again = inspect_plugin(manifest.name, plugin)
    except PluginError as fault:
        report.fault("manifest", f"asked again, it fails: {fault.reason}", remedy)
        return
    for hook, facts in manifest.records.items():
        if again.records.get(hook) != facts:
            report.fault("manifest", f"{hook} returns something else the second time", remedy)
    report.done("manifest")
