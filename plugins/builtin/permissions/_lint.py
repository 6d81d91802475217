"""What is told about rules that can be read but can never do what they seem to be for."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from gaff.hooks import Json, Rule

from ._syntax import RULE_BEHAVIORS, RuleBehavior, compile_tool_name, covers_whole_tool

#: Every documented key of ``permissions``.
PERMISSION_KEYS: Final = (
    *RULE_BEHAVIORS,
    "additionalDirectories",
    "blockReadsOutsideWorkingDirectories",
    "defaultMode",
    "disableAutoMode",
    "disableBypassPermissionsMode",
)
#: Folders of the file system's root that hardly any project has at its own.
_AT_ROOT: Final = frozenset(
    "etc usr home Users var tmp root opt proc sys dev mnt srv Volumes Library".split()
)
_QUOTED: Final = re.compile(r"'[^']*'|\"(?:[^\"\\]|\\.)*\"|\\.", re.DOTALL)
_OPERATOR: Final = re.compile(r"&&|\|\||[;|&\n]")
_INNER_COLON: Final = re.compile(r"[^:\s]:\*(?!\Z)")


def doubt(rule: Rule, behavior: RuleBehavior, base: str) -> str | None:
    """Return why a rule can never match, or matches something else than it seems to; ``None`` where it may do.

    ``base`` is the folder that ``/path`` starts from.
    """
    specifier = (rule.specifier or "").strip()
    if rule.tool == "Bash":
        return _doubt_of_command(specifier, behavior)
    if rule.tool in ("Read", "Edit"):
        return _doubt_of_path(specifier, base)
    return None


def _doubt_of_command(specifier: str, behavior: RuleBehavior) -> str | None:
    if _INNER_COLON.search(specifier):
        return "takes the ':' literally: ':*' stands for any arguments only at the end"
    found = _OPERATOR.search(_QUOTED.sub("", specifier)) if behavior == "allow" else None
    if found is not None:
        operator = found[0] if found[0] != "\n" else "line break"
        return f"can never match: each side of a {operator!r} is judged alone; write a rule for each"
    return None


def _doubt_of_path(specifier: str, base: str) -> str | None:
    first = specifier[1:].partition("/")[0]
    if specifier.startswith("//") or not specifier.startswith("/") or first not in _AT_ROOT:
        return None
    if os.path.lexists(os.path.join(base, first)):
        return None
    return f"means {base.rstrip('/')}{specifier}; for the root of the file system write '/{specifier}'"


def shadowed(rules: Iterable[tuple[RuleBehavior, Rule, str]]) -> Iterator[tuple[str, str]]:
    """Yield every allow rule that a denial leaves nothing of, and which denial that is.

    ``rules`` are behavior, rule and the line that names it.
    """
    found = list(rules)
    denials = [(rule, which) for behavior, rule, which in found if behavior == "deny"]
    whole = [(compile_tool_name(rule.tool), which) for rule, which in denials if covers_whole_tool(rule)]
    exact = dict(denials)
    for behavior, rule, which in found:
        if behavior != "allow":
            continue
        denial = next((other for name, other in whole if name.fullmatch(rule.tool)), exact.get(rule))
        if denial is not None:
            yield which, f"never counts: {denial} covers all of it, and a denial has no exceptions"


def misspelt(permissions: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    """Yield every key of ``permissions`` that nobody reads, with the one that may be meant or nothing."""
    for key in permissions:
        if key not in PERMISSION_KEYS:
            yield key, near(key, PERMISSION_KEYS)


def near(name: str, known: Iterable[str], likeness: float = 0.6) -> str:
    """Return the name that is most like this one; empty where none is."""
    from difflib import get_close_matches

    names: Mapping[str, str] = {one.casefold(): one for one in known}
    found = get_close_matches(name.casefold(), names, 1, likeness)
    return names[found[0]] if found else ""
