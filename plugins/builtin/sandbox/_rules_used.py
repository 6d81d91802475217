"""What permission rules say to the sandbox: files of Edit and Read rules, hosts of WebFetch rules."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Final

from gaff.hooks import Action, Rule, Session, Settings, StateKey
from gaff.plugins.builtin.permissions._call import Call
from gaff.plugins.builtin.permissions._levels import GRANTS, levels, texts_of
from gaff.plugins.builtin.permissions._patterns import PathPattern, PatternError, compile_pattern
from gaff.plugins.builtin.permissions._syntax import RuleBehavior, RuleError, parse_rule

#: How much of the working directories is looked at for what a pattern means.
_MOST_ENTRIES: Final = 5_000
_DEEPEST: Final = 4
#: Seconds until they are looked at again.
_FRESH: Final = 10.0
_OPTIONS: Final[dict[RuleBehavior, str]] = {"allow": "allowedTools", "deny": "disallowedTools"}
_GLOB: Final = frozenset("*?[\\")


@dataclass(frozen=True)
class RulePaths:
    """Paths and hosts that rules name. Of paths that may be written links are not followed."""

    allow_write: tuple[str, ...] = ()
    deny_write: tuple[str, ...] = ()
    deny_read: tuple[str, ...] = ()
    allowed_domains: tuple[str, ...] = ()
    denied_domains: tuple[str, ...] = ()

    def keeping(self, before: RulePaths) -> RulePaths:
        """Return these and what was denied before and is still there.

        Only so many files are looked at, and a command could make more of them than that.
        """
        write = _kept(before.deny_write, self.deny_write)
        return replace(self, deny_write=write, deny_read=_kept(before.deny_read, self.deny_read))


def _kept(before: Sequence[str], found: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*(path for path in before if os.path.lexists(path)), *found)))


@dataclass
class _Cache:
    settings: Settings | None = None
    version: int = -1
    until: float = 0.0
    found: RulePaths = field(default_factory=RulePaths)


_CACHE = StateKey(_Cache)


def rule_paths(session: Session) -> RulePaths:
    """Return what the rules in force name, as it is on disk; looked up again now and then."""
    cache, version, now = session.state[_CACHE], session.state[GRANTS].version, time.monotonic()
    changed = cache.settings is not session.settings or cache.version != version
    if changed or now > cache.until:
        found = _find(session)
        cache.found = found if changed else found.keeping(cache.found)
        cache.settings, cache.version, cache.until = session.settings, version, time.monotonic() + _FRESH
    return cache.found


def _find(session: Session) -> RulePaths:
    allowed, denied = list(_rules(session, "allow")), list(_rules(session, "deny"))
    return RulePaths(
        tuple(_allowed_paths(session, allowed)),
        tuple(_denied_paths(session, denied, ("Edit", "Write"))),
        tuple(_denied_paths(session, denied, ("Read",))),
        tuple(_domains(allowed)),
        tuple(_domains(denied)),
    )


def _rules(session: Session, behavior: RuleBehavior) -> Iterator[tuple[Rule, str]]:
    """Yield the rules in force and the folder their paths start from."""
    for level in levels(session):
        if behavior == "deny" or level.trusted:
            yield from _parsed(texts_of(level, behavior), level.base)
    project = str(session.project_dir)
    yield from _parsed(session.options.texts(_OPTIONS[behavior]), project)
    yield from ((rule, project) for rule in session.state[GRANTS].rules[behavior])


def _parsed(texts: Sequence[str], base: str) -> Iterator[tuple[Rule, str]]:
    for text in texts:
        try:
            yield parse_rule(text), base
        except RuleError:
            continue  # the plugin of the rules tells of it


def _allowed_paths(session: Session, rules: Sequence[tuple[Rule, str]]) -> Iterator[str]:
    for rule, base in rules:
        path = _plain(session, rule, base) if rule.tool in ("Edit", "Write") else None
        if path is not None:
            yield os.path.abspath(path)


def _denied_paths(session: Session, rules: Sequence[tuple[Rule, str]], tools: Sequence[str]) -> Iterator[str]:
    patterns: list[PathPattern] = []
    for rule, base in rules:
        if rule.tool not in tools or not rule.specifier:
            continue
        path = _plain(session, rule, base)
        if path is not None:
            yield os.path.realpath(path)
            continue
        try:
            patterns.append(
                compile_pattern(rule.specifier, allows=False, base=base, home=os.path.expanduser("~"))
            )
        except PatternError:
            continue  # the plugin of the rules tells of it
    if patterns:
        yield from _matching(session, patterns)


def _plain(session: Session, rule: Rule, base: str) -> str | None:
    """Return the one path a specifier names, with all below it; ``None`` where it is a real pattern."""
    text = (rule.specifier or "").removesuffix("/**").removesuffix("/*")
    if not text or _GLOB.intersection(text) or ("/" not in text and not text.startswith("~")):
        return None
    if text.startswith("//"):
        path = text[1:]
    elif text.startswith("~"):
        path = os.path.expanduser(text)
    elif text.startswith("/"):
        path = base + text
    else:
        path = os.path.join(session.project_dir, text)
    return path


def _matching(session: Session, patterns: Sequence[PathPattern]) -> Iterator[str]:
    for path in islice(_entries([str(folder) for folder in session.directories]), _MOST_ENTRIES):
        call = Call(session, "Read", {}, Action("read", path))
        if any(call.is_named_by(pattern) for pattern in patterns):
            yield os.path.realpath(path)


def _entries(folders: Sequence[str]) -> Iterator[str]:
    """Yield what is in the folders, the shallow first."""
    level = list(folders)
    for _ in range(_DEEPEST):
        below: list[str] = []
        for folder in level:
            try:
                with os.scandir(folder) as found:
                    entries = sorted(found, key=lambda entry: entry.name)
            except OSError:
                continue
            yield from (entry.path for entry in entries)
            below += (
                entry.path
                for entry in entries
                if entry.is_dir(follow_symlinks=False) and entry.name != "node_modules"
            )
        level = below


def _domains(rules: Sequence[tuple[Rule, str]]) -> Iterator[str]:
    for rule, _ in rules:
        kind, colon, host = (rule.specifier or "").partition(":")
        if rule.tool == "WebFetch" and kind == "domain" and colon and host.strip():
            yield host.strip()
