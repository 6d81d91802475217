"""What is known of the plugins, loaded or not; nothing is imported for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import Final

from gaff.hooks import JsonObject, Kernel, PluginReport, UsageError, specs
from gaff.hooks.markers import record_kind

_PREFIX: Final = "gaff_register_"

#: Every contribution hook, with what its records are called.
KINDS: Final[Mapping[str, str]] = {
    hook: record_kind(hook, 2) for hook in vars(specs) if hook.startswith(_PREFIX)
}
#: What is worth a place in a list; the rest is counted.
_TOLD: Final = ("tools", "commands", "subcommands", "models", "frontends")


@dataclass(frozen=True)
class Facts:
    """One plugin, for lists and programs."""

    report: PluginReport
    #: The names of its records, by what they are called.
    contributed: Mapping[str, Sequence[str]]

    @property
    def name(self) -> str:
        """Its name."""
        return self.report.name

    @property
    def family(self) -> str:
        """The folder of a built-in; the name itself for others."""
        return self.name.partition(".")[0]

    @property
    def active(self) -> bool:
        """Whether it is called."""
        return self.report.state == "active"

    @property
    def ordinary(self) -> bool:
        """Whether there is nothing to say of it: an active built-in."""
        return self.active and self.report.source == "built-in"

    def offers(self) -> str:
        """Return in a few words what it contributes."""
        return ", ".join([*self._records(), *self._hooks(), *self.report.conflicts]) or "nothing"

    def _records(self) -> Iterator[str]:
        for kind, names in self.contributed.items():
            called = record_kind(kind, len(names))
            yield f"{called} {' '.join(names)}" if kind in _TOLD else f"{len(names)} {called}"

    def _hooks(self) -> Iterator[str]:
        hooks = [hook.removeprefix("gaff_") for hook in self.report.hooks if hook not in KINDS]
        if hooks:
            yield f"hook{'s' if len(hooks) > 1 else ''} {' '.join(hooks)}"

    def to_json(self) -> JsonObject:
        """Return everything, for programs."""
        report = self.report
        return {
            "name": report.name,
            "state": report.state,
            "reason": report.reason,
            "source": report.source,
            "distribution": report.distribution,
            "path": report.path,
            "summary": report.summary,
            "hooks": [hook for hook in report.hooks if hook not in KINDS],
            "contributes": {kind: list(names) for kind, names in self.contributed.items()},
            "conflicts": list(report.conflicts),
            "generation": report.generation,
            "import_ms": report.import_ms,
        }


def all_facts(kernel: Kernel) -> Sequence[Facts]:
    """Return every plugin: those from elsewhere and those that are not active first."""
    found: dict[str, dict[str, list[str]]] = {}
    for hook, kind in KINDS.items():
        for one in kernel.contributed(hook):
            found.setdefault(one.plugin, {}).setdefault(kind, []).append(one.name)
    facts = [
        Facts(report, found.get(report.name, {}) if report.state == "active" else {})
        for report in kernel.reports
    ]
    return sorted(facts, key=lambda one: (one.ordinary, one.report.source == "built-in", one.name))


def find_plugin(kernel: Kernel, name: str) -> Sequence[Facts]:
    """Return the plugins of a name: more than one where others gave way to the first.

    Raises:
        UsageError: there is none; the message says which may be meant.
    """
    found = [one for one in all_facts(kernel) if one.name == name]
    if not found:
        raise UsageError(unknown(kernel, name))
    return sorted(found, key=lambda one: one.report.state == "replaced")


def names_of(kernel: Kernel, pattern: str) -> Sequence[str]:
    """Return the plugins that a name or a pattern (``browser.*``) means.

    Raises:
        UsageError: there is none; the message says which may be meant.
    """
    names = list(dict.fromkeys(report.name for report in kernel.reports))
    found = [name for name in names if fnmatchcase(name, pattern)]
    if not found:
        raise UsageError(unknown(kernel, pattern))
    return found


def unknown(kernel: Kernel, name: str) -> str:
    """Return the line that says that there is no such plugin, and which may be meant."""
    names = [report.name for report in kernel.reports]
    lasts = {one.rpartition(".")[2]: one for one in names}
    near = get_close_matches(name, names, 1) or get_close_matches(name, lasts, 1)
    hint = (
        f"did you mean {lasts.get(near[0], near[0])}?" if near else "gaff plugin list shows those there are"
    )
    return f"there is no plugin {name}; {hint}"
