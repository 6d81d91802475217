"""What a plugin contributes, known without importing it.

A manifest is made once, by importing the plugin, checking its hooks against the contract and asking
for its contributions; it is kept in a cache, keyed by the plugin's file stamps. From a warm cache a
start imports no plugin. A missing, stale, corrupt or read-only cache is only slower.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, cast

from gaff.hooks import specs
from gaff.hooks.errors import PluginError
from gaff.hooks.files import write_atomically
from gaff.hooks.markers import API
from gaff.hooks.values import Json, JsonObject

from . import __version__

#: What is kept of an installed entry point.
_INSTALLED: Final = ("name", "value", "distribution", "version", "file")

#: Facts that records are sorted by.
_RANKS: Final = ("rank", "headless_rank", "order")

#: Characters of JSON that are kept of one record.
_LARGEST: Final = 200_000
#: What the Messages API takes for the name of a tool; it refuses every request with another.
_TOOL_NAME: Final = re.compile(r"[a-zA-Z0-9_-]{1,128}")
#: Zero width joiner, which makes one sign of two.
_JOINER: Final = "\u200d"

#: A file of a plugin: path, modification time in nanoseconds, size in bytes.
Stamp = tuple[str, int, int]


@dataclass(frozen=True)
class HookFacts:
    """How a plugin implements one hook."""

    arguments: tuple[str, ...]
    tryfirst: bool = False
    trylast: bool = False


@dataclass(frozen=True)
class Manifest:
    """What is known of one plugin."""

    name: str
    summary: str = ""
    replaces: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    hooks: Mapping[str, HookFacts] = field(default_factory=dict[str, HookFacts])
    #: Facts of each contributed record, by contribution hook.
    records: Mapping[str, tuple[JsonObject, ...]] = field(default_factory=dict[str, tuple[JsonObject, ...]])
    #: What its author should change, each with file and line.
    deprecations: tuple[str, ...] = ()
    #: Whether it sees to deadlines itself.
    keeps_time: bool = False

    def to_json(self) -> JsonObject:
        """Return the manifest as the cache keeps it."""
        return cast("JsonObject", asdict(self))

    @staticmethod
    def of_json(value: Mapping[str, Any]) -> Manifest:
        """Read a manifest out of the cache.

        Raises:
            KeyError, TypeError, ValueError, AttributeError: the cache is corrupt.
        """
        hooks = {name: _hook_facts(name, facts) for name, facts in value["hooks"].items()}
        records = {hook: tuple(found) for hook, found in value["records"].items()}
        return Manifest(
            value["name"],
            value["summary"],
            tuple(value["replaces"]),
            tuple(value["before"]),
            tuple(value["after"]),
            hooks,
            records,
            tuple(value["deprecations"]),
            bool(value["keeps_time"]),
        )


def _hook_facts(hook: str, facts: Mapping[str, Any]) -> HookFacts:
    code = getattr(specs, hook).__code__
    arguments = tuple(facts["arguments"])
    names = set(arguments)
    if len(names) < len(arguments) or not names <= set(code.co_varnames[: code.co_argcount]):
        raise ValueError(f"{hook} has no such arguments")
    return HookFacts(arguments, bool(facts["tryfirst"]), bool(facts["trylast"]))


class ManifestCache:
    """Manifests on disk, and what the last look at the installed distributions found."""

    _VERSION: Final = [__version__, list(API), list(sys.version_info[:3])]

    def __init__(self, folder: Path) -> None:
        self._path = folder / "manifest.json"
        self._changed = False
        self._data: dict[str, Any] = self._read()
        #: Stamps of the folders that modules are imported from, set by whoever looks there: what could
        #: not be imported may be importable once they change.
        self.search_path: Sequence[Stamp] = ()

    def _read(self) -> dict[str, Any]:
        try:
            data = json.loads(self._path.read_bytes())
            if data["version"] == self._VERSION and isinstance(data["plugins"], dict):
                return cast("dict[str, Any]", data)
        except (OSError, ValueError, KeyError, TypeError):
            pass  # without a usable cache everything is looked at anew
        return {"version": self._VERSION, "plugins": {}, "installed": {}}

    def get(self, name: str, key: str, stamps: Sequence[Stamp]) -> Manifest | PluginError | None:
        """Return what is kept under ``key``, manifest or fault, if the plugin's files are as they were."""
        entry = self._data["plugins"].get(key) if stamps else None
        try:
            if not entry or entry["stamps"] != [list(stamp) for stamp in stamps]:
                return None
            if "fault" not in entry:
                return Manifest.of_json(entry["manifest"])
            if entry["searched"] == [list(stamp) for stamp in self.search_path]:
                return PluginError(name, str(entry["fault"]))
        except (KeyError, TypeError, ValueError, AttributeError):
            pass  # a corrupt entry is made anew
        return None

    def put(self, key: str, stamps: Sequence[Stamp], found: Manifest | PluginError) -> None:
        """Keep what was found of a plugin; of one without stamps nothing is kept."""
        if not stamps:
            return
        entry: dict[str, Any] = {"stamps": stamps}
        if isinstance(found, PluginError):
            entry |= {"fault": found.reason, "searched": self.search_path}
        else:
            entry["manifest"] = found.to_json()
        self._data["plugins"][key] = entry
        self._changed = True

    def installed(self, stamps: Sequence[Stamp]) -> list[dict[str, str]] | None:
        """Return the entry points found last time, if nothing was installed or removed since."""
        try:
            kept = self._data["installed"]
            if kept["stamps"] == [list(stamp) for stamp in stamps]:
                return [{key: str(one[key]) for key in _INSTALLED} for one in kept["found"]]
        except (KeyError, TypeError, ValueError):
            pass  # looked up anew
        return None

    def put_installed(self, stamps: Sequence[Stamp], found: Sequence[Mapping[str, str]]) -> None:
        """Keep what the installed distributions offer, and nothing of those that are gone."""
        offered = {f"installed:{one['name']}:{one['value']}" for one in found}
        self._data["plugins"] = {
            key: entry
            for key, entry in self._data["plugins"].items()
            if key in offered or not key.startswith("installed:")
        }
        self._data["installed"] = {"stamps": stamps, "found": found}
        keys = {f"installed:{one['name']}:{one['value']}" for one in found}
        for key in [one for one in self._data["plugins"] if one.startswith("installed:") and one not in keys]:
            del self._data["plugins"][key]  # what is uninstalled leaves nothing behind
        self._changed = True

    def save(self) -> None:
        """Write the cache, if anything is new; a cache that cannot be written is only slower."""
        if not self._changed:
            return
        try:
            write_atomically(self._path, json.dumps(self._data, separators=(",", ":")).encode())
        except OSError:
            return
        self._changed = False


def facts_of(plugin: str, hook: str, record: object) -> JsonObject:
    """Return what the manifest keeps of a contributed record.

    Raises:
        PluginError: the record lacks what its hook asks for, or its facts are no JSON.
    """
    try:
        facts = _FACTS[hook](record)
        if not facts["name"] or not isinstance(facts["name"], str):
            raise ValueError("it has no name")
        if not is_printable(facts["name"]):
            raise ValueError(f"the name {facts['name']!a} has characters that cannot be shown")
        if not all(isinstance(facts.get(key, 0), int | float) for key in _RANKS):
            raise ValueError(f"{', '.join(_RANKS)} are numbers")
        if isinstance(facts.get("summary"), str) and hook != "gaff_register_tools":
            facts = {**facts, "summary": printable(cast("str", facts["summary"]))}
        text = json.dumps(facts)
        if len(text) > _LARGEST:
            raise ValueError(f"what it says of itself has {len(text):,} characters; {_LARGEST:,} are kept")
        facts = cast("JsonObject", json.loads(text))  # as they will come out of the cache
    except KeyError as fault:
        raise PluginError(plugin, f"implements unknown contribution hook {hook}") from fault
    except (Exception, SystemExit) as fault:  # isolation boundary: a record's own code may do anything
        raise PluginError(plugin, f"{hook} returned {type(record).__name__}: {fault}") from fault
    return facts


def is_printable(text: str) -> bool:
    """Whether a text can be shown on a terminal without changing anything else there."""
    return all(one.isprintable() or one == _JOINER for one in text)


def printable(text: str) -> str:
    """Return a text as one line that can be shown on a terminal."""
    return " ".join("".join(one if is_printable(one) else " " for one in text).split())


def _attributes(record: object, *names: str) -> dict[str, Json]:
    return {name: getattr(record, name) for name in names}


def _dataclass_facts(record: object) -> JsonObject:
    return {**asdict(cast("Any", record)), "name": cast("Any", record).name}


def _tool_facts(record: object) -> JsonObject:
    facts = _attributes(record, "name", "summary", "description", "schema", "always", "read_only")
    if not _TOOL_NAME.fullmatch(str(facts["name"])):
        raise ValueError(f"the name {facts['name']!a}: models take 1 to 128 letters, digits, _ and -")
    return {**facts, "description": facts["description"] or facts["summary"]}


def _model_facts(record: object) -> JsonObject:
    facts = _attributes(record, "name", "summary", "rank", "headless_rank")
    return {**facts, "aliases": dict(cast("Any", record).aliases)}


_FACTS: Final[Mapping[str, Callable[[object], JsonObject]]] = {
    "gaff_register_options": _dataclass_facts,
    "gaff_register_settings": _dataclass_facts,
    "gaff_register_frontends": lambda record: _attributes(record, "name", "summary", "rank"),
    "gaff_register_models": _model_facts,
    "gaff_register_tools": _tool_facts,
    "gaff_register_commands": lambda record: _attributes(
        record, "name", "summary", "argument_hint", "aliases", "headless"
    ),
    "gaff_register_subcommands": lambda record: _attributes(record, "name", "summary"),
    "gaff_register_prompt_sections": lambda record: _attributes(record, "name", "layer", "order"),
    "gaff_register_compaction_strategies": lambda record: _attributes(record, "name", "summary", "rank"),
    "gaff_register_sandboxes": lambda record: _attributes(record, "name", "summary", "rank", "isolates"),
    "gaff_register_session_stores": lambda record: _attributes(record, "name"),
    "gaff_register_renderers": lambda record: _attributes(record, "name", "tools"),
    "gaff_register_completers": lambda record: _attributes(record, "name"),
    "gaff_register_key_bindings": lambda record: _attributes(record, "name", "keys", "summary"),
    "gaff_register_status_items": lambda record: _attributes(record, "name", "order"),
    "gaff_register_hook_handlers": lambda record: _attributes(record, "name", "summary"),
}

#: Every contribution hook.
CONTRIBUTION_HOOKS: Final = tuple(_FACTS)
