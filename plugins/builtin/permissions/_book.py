"""All rules in force, compiled once for each reading of the settings."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from gaff.hooks import Action, ActionKind, Json, Options, Rule, Session, Settings, StateKey

from ._auto.broad import is_broad
from ._call import Call
from ._levels import GRANTS, Level, levels
from ._lint import doubt, misspelt, near, shadowed
from ._matching import ALL_KINDS, Matcher, Terms, compile_rule
from ._paths import shown
from ._syntax import (
    DOCUMENTED_TOOLS,
    RULE_BEHAVIORS,
    RuleBehavior,
    RuleError,
    compile_tool_name,
    covers_whole_tool,
    parse_rule,
)

#: ``git * main``: the wildcard stands where the subcommand would.
_ANY_SUBCOMMAND: Final = re.compile(r"[^* ]+ \*.*[^*]$")
_OPTIONS: Final[dict[RuleBehavior, str]] = {"allow": "allowedTools", "deny": "disallowedTools"}


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """A rule in force. ``reason`` names it, its level and its file."""

    reason: str
    matches: Matcher
    #: Whether it names files, and not a tool as such.
    is_about_files: bool = False
    #: Whether it allows so much that auto mode does without it.
    is_broad: bool = False
    #: Whether it is about all commands, and says nothing of what they do.
    is_bare_bash: bool = False


@dataclass(frozen=True, slots=True)
class RuleBook:
    """The rules in force, and what is to be told about those that are not."""

    rules: Mapping[tuple[RuleBehavior, ActionKind], tuple[CompiledRule, ...]]
    #: Names of tools that are denied altogether.
    hidden: tuple[re.Pattern[str], ...]
    #: Lines for the user: rules that are not consulted, tools that nobody knows.
    warnings: tuple[str, ...]
    #: Denials that cannot be read, so that nobody knows what they would have stopped.
    faults: tuple[str, ...]

    def find(
        self, behavior: RuleBehavior, call: Call, *, without_broad: bool = False, without_bare: bool = False
    ) -> CompiledRule | None:
        """Return the first rule of this behavior that covers the action.

        Broad ones, and those about all commands of Bash, are left out if wanted.
        """
        for rule in self.rules[behavior, call.action.kind]:
            left_out = (without_broad and rule.is_broad) or (without_bare and rule.is_bare_bash)
            if not left_out and rule.matches(call):
                return rule
        return None

    def permit(self, call: Call, *, without_broad: bool = False) -> CompiledRule | None:
        """Return an allow rule that covers the action.

        Where a link leads to another file, one rule may cover the link and another one what it leads to.
        """
        found = self.find("allow", call, without_broad=without_broad)
        if found is not None or not call.is_file or call.target == call.resolved:
            return found
        ends = [self.find("allow", end, without_broad=without_broad) for end in call.at_each_end()]
        return ends[0] if all(end is not None and end.is_about_files for end in ends) else None

    @property
    def broad(self) -> tuple[str, ...]:
        """The allow rules that auto mode does without, each with its place."""
        rules = (rule for (behavior, _), found in self.rules.items() if behavior == "allow" for rule in found)
        return tuple(dict.fromkeys(rule.reason for rule in rules if rule.is_broad))

    def hides(self, tool: str) -> bool:
        """Whether a deny rule takes the tool away from the model altogether."""
        return any(name.fullmatch(tool) for name in self.hidden)


@dataclass
class _Cache:
    settings: Settings | None = None
    options: Options | None = None
    version: int = -1
    book: RuleBook | None = None


_CACHE = StateKey(_Cache)


def rule_book(session: Session) -> RuleBook:
    """Return the rules in force, compiled again only where settings, options or grants changed."""
    cache, version = session.state[_CACHE], session.state[GRANTS].version
    settings, options = session.settings, session.options
    if (
        cache.book is None
        or cache.settings is not settings
        or cache.options is not options
        or cache.version != version
    ):
        cache.book = _Compiler(session).compile()
        cache.settings, cache.options, cache.version = settings, options, version
    return cache.book


def read_denial(session: Session, path: str) -> str | None:
    """Return the reason why a deny rule keeps this absolute path from being read; ``None`` where none does.

    For tools that come across files nobody named, such as searches: what is denied is left out.
    """
    found = rule_book(session).find("deny", Call(session, "Read", {}, Action("read", path)))
    return found.reason if found else None


@dataclass
class _Compiler:
    session: Session
    home: str = field(default_factory=lambda: os.path.expanduser("~"))
    rules: dict[tuple[RuleBehavior, ActionKind], list[CompiledRule]] = field(
        default_factory=lambda: {(behavior, kind): [] for behavior in RULE_BEHAVIORS for kind in ALL_KINDS}
    )
    hidden: list[re.Pattern[str]] = field(default_factory=list[re.Pattern[str]])
    warnings: dict[str, str] = field(default_factory=dict[str, str])
    faults: list[str] = field(default_factory=list[str])
    #: The rules in force, each with the line that names it.
    found: list[tuple[RuleBehavior, Rule, str]] = field(default_factory=list[tuple[RuleBehavior, Rule, str]])

    def compile(self) -> RuleBook:
        """Gather the rules of all levels, the command line and the session."""
        managed_only = any(
            value.level == "managed" and value.value is True
            for value in self.session.settings.by_level("allowManagedPermissionRulesOnly")
        )
        for level in levels(self.session):
            self._add_level(level, managed_only and level.name != "managed")
        self._add_options(managed_only)
        self._add_grants(managed_only)
        for which, what in shadowed(self.found):
            self._warn(which, what)
        return RuleBook(
            {key: tuple(rules) for key, rules in self.rules.items()},
            tuple(self.hidden),
            tuple(self.warnings.values()),
            tuple(self.faults),
        )

    def _add_level(self, level: Level, without_allow: bool) -> None:
        where = self._where(level)
        if not isinstance(level.permissions, Mapping):
            self.faults.append(f"permissions in {where} is not an object")
            return
        for key, meant in misspelt(level.permissions):
            self._add_misspelt(key, meant, where)
        for behavior in RULE_BEHAVIORS:
            for text in self._entries(level.permissions.get(behavior), behavior, where):
                if behavior != "allow" or (level.trusted and not without_allow):
                    self._add_text(text, Terms(behavior, level.base, self.home), f"in {where}")

    def _add_misspelt(self, key: str, meant: str, where: str) -> None:
        """Tell of a key that nobody reads; one that was probably meant to deny or ask is a fault."""
        hint = f"; did you mean {meant!r}?" if meant else ""
        self._warn(f"permissions.{key} in {where}", f"is not a known setting{hint}")
        if meant in ("deny", "ask"):
            self.faults.append(f"permissions.{key} in {where} is not a known setting{hint}")

    def _entries(self, value: Json, behavior: RuleBehavior, where: str) -> Iterator[str]:
        """Yield the rules of a list; what cannot be one is told, and as a denial it is a fault."""
        if value is None:
            return
        if not isinstance(value, (list, tuple)):
            self._unreadable(behavior, f"permissions.{behavior} in {where}", "is not a list of rules")
            return
        for item in value:
            if isinstance(item, str):
                yield item
            else:
                self._unreadable(behavior, f"{item!r} in permissions.{behavior} in {where}", "is not a rule")

    def _add_options(self, managed_only: bool) -> None:
        base = str(self.session.project_dir)
        for behavior, option in _OPTIONS.items():
            if behavior == "deny" or not managed_only:
                terms = Terms(behavior, base, self.home, is_option=True)
                for text in self.session.options.texts(option):
                    self._add_text(text, terms, f"in --{option} (command line)")

    def _add_grants(self, managed_only: bool) -> None:
        base = str(self.session.project_dir)
        for behavior, rules in self.session.state[GRANTS].rules.items():
            if behavior == "deny" or not managed_only:
                for rule in rules:
                    self._add(rule, str(rule), Terms(behavior, base, self.home), "of this session")

    def _add_text(self, text: str, terms: Terms, where: str) -> None:
        try:
            rule = parse_rule(text)
        except RuleError as fault:
            which = f"{terms.behavior} rule {text!r} {where}"
            self._unreadable(terms.behavior, which, f"cannot be read: {fault}")
            return
        self._add(rule, text, terms, where)

    def _add(self, rule: Rule, text: str, terms: Terms, where: str) -> None:
        self._check_tool(rule.tool, f"{terms.behavior} rule {text} {where}", terms)
        try:
            matching = compile_rule(rule, terms)
        except RuleError as fault:
            self._warn(f"{terms.behavior} rule {text} {where}", f"is not consulted: {fault}")
            return
        if matching is None:
            return
        is_about_files = rule.tool in ("Read", "Edit") and not covers_whole_tool(rule)
        reason = f"{terms.behavior} rule {text} {where}"
        broad = terms.allows and is_broad(rule)
        bare = rule.tool == "Bash" and covers_whole_tool(rule)
        compiled = CompiledRule(reason, matching.matches, is_about_files, broad, bare)
        self.found.append((terms.behavior, rule, reason))
        for kind in matching.kinds:
            self.rules[terms.behavior, kind].append(compiled)
        if terms.behavior == "deny" and covers_whole_tool(rule):
            self.hidden.append(compile_tool_name(rule.tool))
        if terms.allows and rule.tool == "Bash" and _ANY_SUBCOMMAND.match(rule.specifier or ""):
            self._warn(compiled.reason, "allows any subcommand: a '*' stands before it")
        if (what := doubt(rule, terms.behavior, terms.base)) is not None:
            self._warn(compiled.reason, what)

    def _check_tool(self, tool: str, which: str, terms: Terms) -> None:
        """Tell of a rule whose tool nobody knows; names with ``_`` or ``*`` may be of tools yet to come."""
        if "_" in tool or "*" in tool or tool in self._known:
            return
        # An allow rule may be for a plugin that is not here; one that is nearly a known name is a slip.
        meant = near(tool, self._known, 0.8 if terms.allows else 0.6)
        if meant or not terms.allows:
            self._warn(which, f"names no tool: {tool}" + (f"; did you mean {meant}?" if meant else ""))

    @cached_property
    def _known(self) -> frozenset[str]:
        return DOCUMENTED_TOOLS.union(
            tool.name for tool in self.session.kernel.contributed("gaff_register_tools")
        )

    def _unreadable(self, behavior: RuleBehavior, which: str, what: str) -> None:
        """Keep a warning; where it may have been a denial, a fault."""
        self._warn(which, what)
        if behavior != "allow":
            self.faults.append(f"{which} {what}")

    def _warn(self, which: str, what: str) -> None:
        """Keep a warning; the first one about a rule is the one that tells."""
        self.warnings.setdefault(which, f"{which} {what}")

    def _where(self, level: Level) -> str:
        return level.where.replace(level.path, shown(level.path, self.home), 1)
