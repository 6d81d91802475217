"""Matchers: which firings of an event a group of handlers is for.

Source: code.claude.com/docs/en/hooks, "Matcher patterns".
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from ._events import EVENTS, has_narrow_lists

_NAMES: Final = re.compile(r"[A-Za-z0-9_\- ,|]*")
_NARROW_NAMES: Final = re.compile(r"[A-Za-z0-9_|]*")
#: How JavaScript names a group; Python wants a P.
_NAMED_GROUP: Final = re.compile(r"\(\?<(?=[A-Za-z_$])")


@dataclass(frozen=True)
class Matcher:
    """A matcher made ready."""

    text: str
    #: The names it lists; empty where it is a pattern or for all.
    names: tuple[str, ...] = ()
    matches: Callable[[str], bool] = lambda value: True
    #: Why it can never match; empty where it can.
    problem: str = ""
    #: Whether it cannot be read. Names that nothing has now may be those of a tool that comes later.
    broken: bool = False

    def covers(self, value: str | None) -> bool:
        """Whether the group is for a firing with this value; ``None``: the event has no matchers."""
        return value is None or self.matches(value)


def compile_matcher(event: str, text: str, known: Iterable[str]) -> Matcher:
    """Make a matcher ready. ``known`` are names that tool events can have, beside those of MCP servers."""
    facts = EVENTS[event]
    if text in ("", "*"):
        return Matcher(text)
    if not facts.matched:
        told = "" if text == ".*" else f"is passed over: {event} has no matchers, so this runs every time"
        return Matcher(text, problem=told)
    narrow = has_narrow_lists(event)
    if (_NARROW_NAMES if narrow else _NAMES).fullmatch(text):
        parts = text.split("|") if narrow else re.split(r"[|,]", text)
        names = tuple(name for part in parts if (name := part.strip()))
        return Matcher(text, names, frozenset(names).__contains__, _never_names(event, names, known))
    try:
        with warnings.catch_warnings():
            # A later Python may read [[ otherwise; what it means today is what JavaScript means.
            warnings.simplefilter("ignore", FutureWarning)
            pattern = re.compile(_NAMED_GROUP.sub("(?P<", text), re.ASCII)
    except re.error as fault:
        # It covers all: only gates are run in spite of a slip, and those must hold.
        return Matcher(text, (), problem=f"is no regular expression ({fault})", broken=True)
    return Matcher(text, (), lambda value: pattern.search(value) is not None, _never(event, pattern, known))


def _never_names(event: str, names: tuple[str, ...], known: Iterable[str]) -> str:
    """Return why none of these names can come; empty where one can."""
    possible = EVENTS[event].values or (tuple(known) if EVENTS[event].names_tool else ())
    if not possible or any(name in possible or _is_mcp_tool(name) for name in names):
        return ""
    if server := next((name for name in names if name.startswith("mcp__")), ""):
        return f"matches only a tool of exactly this name; for all tools of the server write {server}__.*"
    from difflib import get_close_matches

    lowered = {name.lower(): name for name in possible}
    near = [lowered[one] for one in get_close_matches(names[0].lower() if names else "", lowered, 1)]
    hint = f"; did you mean {near[0]}?" if near else ""
    return f"names nothing that {event} can have{hint}"


def _is_mcp_tool(name: str) -> bool:
    return name.startswith("mcp__") and name.count("__") >= 2


def _never(event: str, pattern: re.Pattern[str], known: Iterable[str]) -> str:
    facts = EVENTS[event]
    possible = facts.values or (tuple(known) if facts.names_tool else ())
    if not possible or "mcp" in pattern.pattern or any(map(pattern.search, possible)):
        return ""
    return f"matches nothing that {event} can have"
