"""Reads ``hooks`` as settings files hold it: event, group, handler. What cannot be used is told, not dropped."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Final

from gaff.hooks import FieldType, HookHandler, HookSource, Json, JsonObject, is_object, text_at
from gaff.hooks.handlers import is_of_type

from ._events import EVENTS, WITH_CONDITIONS
from ._matcher import Matcher, compile_matcher

if TYPE_CHECKING:
    from ._condition import Condition

#: Lines told about one file.
_TOLD: Final = 20
#: The fields that every entry may have.
_COMMON: Final[Mapping[str, FieldType]] = {
    "type": "string",
    "if": "string",
    "timeout": "number",
    "statusMessage": "string",
    "once": "boolean",
    "onFailure": "string",
}
#: Fields that are looked for in entries alone, however often they are put beside a matcher.
_OF_ENTRIES: Final = frozenset({*_COMMON, "command", "async", "asyncRewake"})


@dataclass(frozen=True, eq=False)
class Entry:
    """One configured handler."""

    event: str
    matcher: Matcher
    config: JsonObject
    source: HookSource
    handler: HookHandler | None
    condition: Condition | None = None
    #: Why it cannot be used; empty where it can.
    problem: str = ""
    #: Whether it is removed after its first successful run.
    once: bool = False

    @property
    def type(self) -> str:
        """The type the entry names."""
        return text_at(self.config, "type")

    @cached_property
    def title(self) -> str:
        """What tells it from others."""
        text = self.handler.title(self.config) if self.handler is not None else ""
        return " ".join((text or json.dumps(self.config)).split())

    @property
    def blocks_on_failure(self) -> bool:
        """Whether a failure counts as an objection."""
        return self.config.get("onFailure") == "block" or EVENTS[self.event].must_work

    @cached_property
    def key(self) -> str:
        """What an identical entry of another settings file has, too; copies of plugins stay separate."""
        own = "" if self.source.level not in ("plugin", "session") else self.source.path
        if self.type == "function" and _starts_from_settings(text_at(self.config, "function")):
            own = own or str(self.source.base)
        return json.dumps([self.event, own, self.config], sort_keys=True)

    @cached_property
    def timeout(self) -> float:
        """Seconds a run may take, as configured or by default."""
        given = self.config.get("timeout")
        if isinstance(given, int | float) and not isinstance(given, bool) and given > 0:
            return float(given)
        if self.handler is None:
            return 600.0
        short = EVENTS[self.event].timeout
        waits = self.handler.waits(self.config)
        if short is None or not waits or not self.handler.is_quick:
            return self.handler.timeout
        return min(short, self.handler.timeout)


@dataclass
class Reading:
    """What was read of all sources: the entries, and lines for the user about what is wrong."""

    entries: list[Entry] = field(default_factory=list[Entry])
    problems: list[str] = field(default_factory=list[str])


class Reader:
    """Reads the hooks of sources into one list."""

    def __init__(
        self,
        handler_of: Callable[[str], HookHandler | None],
        check: Callable[[HookHandler, JsonObject, HookSource], str | None],
        types: tuple[str, ...],
        tools: tuple[str, ...],
    ) -> None:
        """``handler_of`` returns the handler of a type, ``types`` are those there are, ``tools`` tool names."""
        self._handler_of = handler_of
        self._check = check
        self._types = types
        self._tools = tools
        self.reading = Reading()
        self._told: dict[str, int] = {}

    def read(self, hooks: Json, source: HookSource) -> None:
        """Read one source's hooks."""
        if not is_object(hooks):
            self._tell(source, "hooks", "must be an object of events")
            return
        for event, groups in hooks.items():
            if event not in EVENTS:
                # To look for what was meant costs more than a stranger's file may make us spend.
                near = _near(event, tuple(EVENTS)) if self._told.get(source.path, 0) < _TOLD else ""
                self._tell(source, f"hooks.{event}", f"is no event{near}; it never fires")
            elif not isinstance(groups, list):
                self._tell(source, f"hooks.{event}", 'must be a list of {"matcher": ..., "hooks": [...]}')
            else:
                for number, group in enumerate(groups):
                    self._group(event, f"hooks.{event}[{number}]", group, source)

    def _group(self, event: str, where: str, group: Json, source: HookSource) -> None:
        if not is_object(group) or not isinstance(handlers := group.get("hooks"), list):
            hint = '; put the handler into "hooks": [...]' if is_object(group) and "type" in group else ""
            self._tell(source, where, f'must be {{"matcher": ..., "hooks": [...]}}{hint}')
            return
        text = group.get("matcher", "")
        if text is not None and not isinstance(text, str):
            self._tell(source, f"{where}.matcher", "must be a text; the group is left out")
            return
        # A stranger's pattern is not tried on anything.
        matcher = compile_matcher(event, text or "", self._tools) if source.trusted else Matcher(text or "")
        if matcher.problem:
            self._tell(source, f"{where}.matcher {text!r}", matcher.problem)
        for name in group:
            if name in _OF_ENTRIES:
                self._tell(source, f"{where}.{name}", "does nothing here; put it into the handler's entry")
        for number, entry in enumerate(handlers):
            self._entry(event, f"{where}.hooks[{number}]", entry, matcher, source)

    def _entry(self, event: str, where: str, config: Json, matcher: Matcher, source: HookSource) -> None:
        if not is_object(config):
            self._tell(source, where, "must be an object with a type; it is left out")
            return
        handler = self._handler_of(text_at(config, "type"))
        if not source.trusted:
            self.reading.entries.append(Entry(event, matcher, config, source, handler))
            return
        condition, fault = _condition(event, config)
        problem = self._problem(event, config, handler, source) or fault
        if problem:
            self._tell(source, where, problem)
        elif matcher.broken:
            problem = matcher.problem
        for field_name in self._unknown(config, handler):
            self._tell(source, f"{where}.{field_name}", "is no field of this handler; it does nothing")
        once = config.get("once") is True and source.level == "session"
        if config.get("once") is True and not once:
            self._tell(source, f"{where}.once", "does nothing here; it is for hooks of a skill")
        self.reading.entries.append(Entry(event, matcher, config, source, handler, condition, problem, once))

    def _problem(
        self, event: str, config: JsonObject, handler: HookHandler | None, source: HookSource
    ) -> str:
        kind = config.get("type")
        if handler is None:
            if not isinstance(kind, str):
                return f"needs a type; there are {', '.join(self._types)}"
            return f"there is no handler type {kind!r}{_near(kind, self._types)}"
        for name, wanted in (*_COMMON.items(), *handler.fields.items()):
            if name in config and not is_of_type(config[name], wanted):
                return f"{name} must be of type {wanted}"
        if missing := next((name for name in handler.required if not config.get(name)), ""):
            return f"needs {missing}"
        if config.get("onFailure") not in (None, "block", "continue"):
            return 'onFailure must be "block" or "continue"'
        if handler.name in EVENTS[event].without or event in handler.unsupported:
            return f"{event} does not run handlers of type {handler.name}"
        return self._check(handler, config, source) or ""

    def _unknown(self, config: JsonObject, handler: HookHandler | None) -> Iterator[str]:
        if handler is not None:
            yield from (name for name in config if name not in _COMMON and name not in handler.fields)

    def _tell(self, source: HookSource, where: str, what: str) -> None:
        told = self._told[source.path] = self._told.get(source.path, 0) + 1
        if told <= _TOLD:
            self.reading.problems.append(f"{source.path}: {where} {what}")
        elif told == _TOLD + 1:
            self.reading.problems.append(
                f"{source.path}: there is more wrong with its hooks; mend these first"
            )


def _starts_from_settings(function: str) -> bool:
    """Whether a function's file is looked for from the folder of its settings: elsewhere it is another one."""
    where = function.rpartition(":")[0]
    return (where.endswith(".py") or "/" in where) and not where.startswith(("/", "~", "$"))


def _condition(event: str, config: JsonObject) -> tuple[Condition | None, str]:
    text = config.get("if")
    if not isinstance(text, str) or not text:
        return None, ""
    if event not in WITH_CONDITIONS:
        return None, f"never runs: {event} has no tool call that its if rule could be about"
    from ._condition import Condition

    try:
        return Condition(text), ""
    except ValueError as fault:
        return None, f"if {text!r}: {fault}"


def _near(name: str, known: tuple[str, ...]) -> str:
    from difflib import get_close_matches

    lowered = {one.lower(): one for one in known}
    near = get_close_matches(name.lower(), lowered, 1)
    return f"; did you mean {lowered[near[0]]}?" if near else f"; there are {', '.join(known)}"
