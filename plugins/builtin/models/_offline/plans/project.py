"""The plan that describes a project: what is there, what it calls itself, how it is run and tested."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final, cast

from ..languages import base_name
from ..manifests import Facts, member, parse_manifest
from ..markdown import code, listed, many, paragraphs
from ..outline import first_paragraph
from ..plan import Plan, Reply, World, call
from ..requests import DescribeProject, Scope
from ..results import FileText, Result
from .common import no_tool, read
from .counting import Tally, all_counts, by_language, line_counts
from .searching import folder_entries, ls
from .testing import test_commands

#: Files that say what a project is, in the order in which they are believed.
MANIFESTS: Final = (
    "pyproject.toml",
    "package.json",
    "Cargo.toml",
    "go.mod",
    "setup.cfg",
    "composer.json",
    "pom.xml",
    "Gemfile",
    "CMakeLists.txt",
    "Makefile",
)
MANIFESTS_READ: Final = 4
FOLDERS_SHOWN: Final = 15
ENTRY_NAMES: Final = frozenset(
    {"__main__.py", "main.py", "main.go", "main.rs", "manage.py", "index.js", "index.ts", "main.ts"}
)


def describe_project(request: DescribeProject, world: World) -> Plan:
    """List the folder and count all lines; read the README and the manifests; say what they say."""
    if missing := world.missing("Bash", "Grep", "Read"):
        return (yield from no_tool(missing))
    listing, counted = yield from call(ls(), line_counts(Scope()))
    if listing.is_error and counted.is_error:
        return Reply(f"I could not look at the project: {listing.trouble}.", done=False)
    entries = folder_entries(listing) if not listing.is_error else []
    tally = yield from all_counts(counted, Scope())
    files = tally if isinstance(tally, Tally) else Tally([], complete=False)
    readme = next((entry for entry in entries if re.match(r"readme\b", entry, re.IGNORECASE)), "")
    manifests = [name for name in MANIFESTS if name in entries][:MANIFESTS_READ]
    wanted = [*([readme] if readme else []), *manifests]
    texts = dict(zip(wanted, (yield from read(world, wanted)), strict=True)) if wanted else {}
    return Reply(_description(entries, files, readme, texts))


def _description(
    entries: Sequence[str],
    tally: Tally,
    readme: str,
    texts: Mapping[str, FileText | Result],
) -> str:
    held = {name: text.text for name, text in texts.items() if isinstance(text, FileText)}
    facts = {name: parse_manifest(name, text) for name, text in held.items()}
    return paragraphs(
        _identity(readme, held, facts),
        _part("Size", _size(tally)),
        _part("Folders", _folders(entries, tally.files)),
        _part("Where it starts", _entry_points(tally.files, facts)),
        _part("Tests", _tests(entries, held)),
        "All this is read off file names, manifests and the README; I do not understand what the code does.",
    )


def _part(title: str, rows: Sequence[str]) -> str:
    return f"**{title}**\n\n{listed(rows)}" if rows else ""


def _identity(readme: str, held: Mapping[str, str], facts: Mapping[str, Facts]) -> str:
    """Return the project's name, what it says of itself, and where it says so."""
    lines: list[str] = []
    for name, manifest in facts.items():
        for table in (("project",), ("package",), ("tool", "poetry"), ()):
            title, about = member(manifest, *table, "name"), member(manifest, *table, "description")
            if isinstance(title, str) and title and not lines:
                words = f": {' '.join(about.split())}" if isinstance(about, str) and about.strip() else ""
                lines.append(f"**{title}**{words} (from {code(name)})")
    module = re.search(r"^module (\S+)", held.get("go.mod", ""), re.MULTILINE)
    if module and not lines:
        lines.append(f"**{module[1]}** (from `go.mod`)")
    if words := first_paragraph(held.get(readme, "")):
        lines.append(f"{code(readme)} begins: {words}")
    return "\n\n".join(lines) or "It has no manifest or README that says what it is."


def _size(tally: Tally) -> list[str]:
    if not tally.files:
        return []
    total = f"{tally.at_least}{many(len(tally.files), 'text file')}, {many(tally.lines, 'line')}"
    return [total, *by_language(tally.files, 8)]


def _folders(entries: Sequence[str], files: list[tuple[str, int]]) -> list[str]:
    """Return a row for each folder at the top, and one for the files beside them."""
    inside: Counter[str] = Counter()
    parts: dict[str, Counter[str]] = {}
    for path, _ in files:
        top, slash, rest = path.partition("/")
        if slash:
            inside[top] += 1
            second, deeper, _ = rest.partition("/")
            parts.setdefault(top, Counter())[second] += bool(deeper)
    folders = [entry.rstrip("/") for entry in entries if entry.endswith("/")]
    rows: list[str] = []
    for folder in [folder for folder in folders if inside[folder]][:FOLDERS_SHOWN]:
        below = [f"{name}/" for name, count in parts.get(folder, Counter()).most_common(6) if count]
        detail = f" ({', '.join(below)})" if below else ""
        rows.append(f"{code(f'{folder}/')}: {many(inside[folder], 'text file')}{detail}")
    others = [code(f"{folder}/") for folder in folders if not inside[folder]]
    beside = [code(entry) for entry in entries if not entry.endswith("/")]
    rows += [f"ignored by git or without text: {_some(others)}"] if others else []
    return rows + ([f"beside them: {_some(beside)}"] if beside else [])


def _some(items: Sequence[str], most: int = 15) -> str:
    more = f" and {len(items) - most} more" if len(items) > most else ""
    return f"{', '.join(items[:most])}{more}"


def _entry_points(files: list[tuple[str, int]], facts: Mapping[str, Facts]) -> list[str]:
    rows: list[str] = []
    for name, manifest in facts.items():
        for path in (("project", "scripts"), ("tool", "poetry", "scripts"), ("bin",), ("scripts",)):
            found = member(manifest, *path)
            if isinstance(found, Mapping):
                table = cast("Facts", found)
                rows += [
                    f"{code(key)} → {code(str(value))} ({code(name)})"
                    for key, value in list(table.items())[:8]
                ]
            elif isinstance(found, str):
                rows.append(f"{code(found)} ({code(name)})")
    rows += [code(path) for path, _ in files if base_name(path) in ENTRY_NAMES and "test" not in path][:8]
    return rows


def _tests(entries: Sequence[str], held: Mapping[str, str]) -> list[str]:
    commands = test_commands(entries, held)
    return [f"{code(commands[0].command)} ({commands[0].why}); say `run the tests`"] if commands else []
