"""Cases: a call, the rules and mode it is made under, and the decision that is expected."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, cast

from gaff.hooks import PERMISSION_MODES, Behavior, Json, JsonObject, PermissionMode, UsageError, is_object
from gaff.hooks.values import list_at, object_at, text_at

_DECISIONS: Final[tuple[Behavior, ...]] = ("allow", "ask", "deny")
_RULES: Final = ("allow", "ask", "deny")
#: Whose home a path lies in, by the usual places.
_IN_HOME: Final = re.compile(r"(/(?:home|Users)/[^/]+|/root)(?:/|\Z)")
#: A home somewhere in a text.
_NAMED_HOME: Final = re.compile(r"(?<![\w.~*-])(/(?:home|Users)/[\w.-]+)")
_LONGEST: Final = 4_000_000


@dataclass(frozen=True)
class Case:
    """One case. All paths are absolute."""

    id: str
    tool: str
    input: JsonObject
    cwd: str
    project_dir: str
    home: str
    #: The ``permissions`` of the project's settings; ``None`` for those in force here.
    rules: JsonObject | None
    mode: PermissionMode
    expect: Behavior
    #: Every decision that counts as right.
    right: frozenset[Behavior]
    links: Mapping[str, str]


@dataclass(frozen=True)
class Defaults:
    """What holds for a case that does not say."""

    project_dir: str
    home: str


def read_cases(lines: Iterable[bytes], where: str, defaults: Defaults) -> Iterator[Case]:
    """Yield the cases of a file, one JSON object a line; empty lines are passed over.

    Raises:
        UsageError: a line is no case; the message names it by its number.
    """
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            yield _case(_object(line), number, defaults)
        except ValueError as fault:
            raise UsageError(f"{where}, line {number}: {fault}") from fault


def _object(line: bytes) -> JsonObject:
    if len(line) > _LONGEST:
        raise ValueError("longer than 4 MB")
    try:
        value: object = json.loads(line)
    except UnicodeDecodeError:
        raise ValueError("not UTF-8 text") from None
    except RecursionError:
        raise ValueError("nested too deep") from None
    except json.JSONDecodeError as fault:
        raise ValueError(f"not valid JSON: {fault.msg} (column {fault.colno})") from None
    if not is_object(value):
        raise ValueError("a case is a JSON object")
    return value


def _case(value: JsonObject, number: int, defaults: Defaults) -> Case:
    value = {key: one for key, one in value.items() if one is not None}
    tool, tool_input = value.get("tool"), value.get("input", {})
    if not isinstance(tool, str) or not tool:
        raise ValueError("tool: the name of a tool is missing")
    if not is_object(tool_input):
        raise ValueError("input must be an object, as the tool takes it")
    project, cwd = _folders(value, defaults)
    home = _home(value, project, cwd, defaults)
    project, cwd = _expanded(project, home, home), _expanded(cwd, home, home)
    expect = _decision(value.get("expect"), "expect")
    also = value.get("also_ok", [])
    given = [also] if isinstance(also, str) else _list(also)
    right: set[Behavior] = {expect, *(_decision(one, "also_ok") for one in given)}
    return Case(
        str(value.get("id", number)),
        tool,
        tool_input,
        cwd,
        project,
        home,
        _rules(value.get("rules")),
        _mode(value.get("mode")),
        expect,
        frozenset(right),
        _links(object_at(value, "fs"), cwd, home),
    )


def _list(value: Json) -> Iterable[Json]:
    if not isinstance(value, list):
        raise ValueError("also_ok must be a decision or a list of them")
    return value


def _decision(value: Json, key: str) -> Behavior:
    for decision in _DECISIONS:
        if decision == value:
            return decision
    raise ValueError(f"{key} must be allow, ask or deny" + ("" if value is None else f", not {value!r}"))


def _mode(value: Json) -> PermissionMode:
    wanted = {None: "default", "manual": "default"}.get(cast("str | None", value), value)
    for mode in PERMISSION_MODES:
        if mode == wanted:
            return mode
    raise ValueError(f"mode must be one of {', '.join(PERMISSION_MODES)}, not {value!r}")


def _rules(value: Json) -> JsonObject | None:
    if value is None:
        return None
    if not is_object(value):
        raise ValueError("rules must be an object with the lists allow, ask and deny")
    for key in _RULES:
        rules = value.get(key) or []
        if not isinstance(rules, list) or not all(isinstance(rule, str) for rule in rules):
            raise ValueError(f"rules.{key} must be a list of rules")
    return value


def _folders(value: JsonObject, defaults: Defaults) -> tuple[str, str]:
    for key in ("cwd", "project_dir", "home"):
        if not isinstance(value.get(key, ""), str):
            raise ValueError(f"{key} must be a path")
    cwd = text_at(value, "cwd")
    project = text_at(value, "project_dir") or cwd or defaults.project_dir
    return project, cwd or project


def _home(value: JsonObject, project: str, cwd: str, defaults: Defaults) -> str:
    """Return what ``~`` stands for: as given, else the home the case speaks of, else the user's own."""
    if given := text_at(value, "home"):
        return os.path.normpath(given)
    rest = json.dumps([value.get(key) for key in ("input", "rules", "fs")])
    found = _IN_HOME.match(project) or _IN_HOME.match(cwd) or _NAMED_HOME.search(rest)
    return found[1] if found else defaults.home


def _expanded(path: str, home: str, base: str) -> str:
    """Return an absolute path, ``~`` being ``home`` and relative ones below ``base``; links as they are."""
    if path == "~" or path.startswith("~/"):
        path = home + path[1:]
    found = os.path.normpath(os.path.join(base, path))
    return found[1:] if found.startswith("//") else found


def _links(fs: JsonObject, cwd: str, home: str) -> Mapping[str, str]:
    found: dict[str, str] = {}
    links = fs.get("symlinks", {})
    if not is_object(links):
        raise ValueError("fs.symlinks must be an object: {link: target}")
    for link, target in links.items():
        if not isinstance(target, str) or not target or "\0" in link + target:
            raise ValueError(f"fs.symlinks: {link!r} must lead to a path")
        relative = not target.startswith(("/", "~"))
        found[_expanded(link, home, cwd)] = target if relative else _expanded(target, home, "/")
    return found


def names_of_rules(rules: JsonObject, behavior: str) -> Iterator[str]:
    """Yield the rules of a list."""
    yield from (rule for rule in list_at(rules, behavior) if isinstance(rule, str))
