"""The project's own scripts and targets, as its manifests declared them when auto mode began to judge.

A script counts only while the part of the manifest that says what it does is as it was then: what the
session itself wrote into a manifest is for the reviewer to see when it is run.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, cast

from gaff.hooks import StateKey

from . import suspicion
from .reading import text_of

#: Names of scripts and targets that test, check, format, build or make ready.
_ORDINARY: Final = re.compile(
    r"(?:unit|integration|e2e|all|ci)?[:_-]?(?:test|tests|testing|spec|specs|check|checks|lint|linting|typecheck|type-check|types|tsc|format|fmt|"
    r"prettier|eslint|style|build|compile|bundle|coverage|cov|verify|validate|analyze|analyse|clean|docs|doc|dev-build|unit|units|"
    r"mypy|ruff|pytest|clippy|vet|all|lib|dist|generate-types|codegen-check|storybook:build)(?:[:_-][\w:-]+)?"
)
#: Words in such names, or in what they run, that say that more happens.
_MORE: Final = re.compile(
    r"deploy|publish|release|upload|push|prod(?:uction)?\b|provision|migrat|seed|docker\s+(?:run|push|login)|\bssh\b|\bscp\b|\brsync\b"
    r"|\bcurl\b|\bwget\b|\bsudo\b|\bkubectl\b|\bterraform\b|\baws\b|\bgcloud\b|\bgh\b|\bgit\s+(?:push|reset|clean)|\bnpm\s+(?:login|token|adduser)"
    r"|\beval\b|\bnpx\s+-y|\bpip\s+install|\bnpm\s+install\s+\S|\bcrontab\b",
    re.IGNORECASE,
)
_TARGET: Final = re.compile(r"^([\w./%-]+(?:[ \t]+[\w./%-]+)*)[ \t]*::?(?!=)[ \t]*([^\n#]*)", re.MULTILINE)
#: Lines of a makefile that run or read something as soon as it is read.
_READ_TIME: Final = re.compile(r"\$\(shell|!=|^\s*-?include\b")
_SUB_MAKE: Final = re.compile(r"\$[({]MAKE[)}]\s+([\w.-]+)|\bmake\s+([\w.-]+)")

#: Files that say what tools and scripts run, by the tool that reads them.
NODE: Final = ("package.json",)
MAKE: Final = ("GNUmakefile", "makefile", "Makefile")
PYTHON: Final = ("pyproject.toml", "setup.py", "setup.cfg", "tox.ini", "noxfile.py", "pytest.ini")
RUST: Final = ("Cargo.toml", "build.rs", ".cargo/config.toml")
GO: Final = ("go.mod",)
JAVA: Final = (
    *(
        "pom.xml",
        "build.gradle",
        "build.gradle.kts",
        "settings.gradle",
        "settings.gradle.kts",
        "gradlew",
        "mvnw",
    ),
    *("gradle/wrapper/gradle-wrapper.properties", ".mvn/wrapper/maven-wrapper.properties"),
)
OTHER: Final = (
    *("Gemfile", "Rakefile", "composer.json", "mix.exs", "Package.swift", "CMakeLists.txt", "deno.json"),
    *(".pre-commit-config.yaml", "manage.py", "Directory.Build.props"),
)
LOCKS: Final = (
    *(
        "package-lock.json",
        "npm-shrinkwrap.json",
        "yarn.lock",
        "pnpm-lock.yaml",
        "bun.lock",
        "requirements.txt",
    ),
    *(
        "poetry.lock",
        "uv.lock",
        "pdm.lock",
        "Cargo.lock",
        "go.sum",
        "Gemfile.lock",
        "composer.lock",
        "mix.lock",
    ),
    *("requirements-dev.txt", "requirements/dev.txt", "requirements/base.txt", "requirements_dev.txt"),
    *("dev-requirements.txt", "test-requirements.txt", "requirements-test.txt"),
)
ALL: Final = (*NODE, *MAKE, *PYTHON, *RUST, *GO, *JAVA, *OTHER, *LOCKS)

#: Sections of pyproject.toml that no program takes for something to run.
_HARMLESS_SECTIONS: Final = frozenset(
    {"ruff", "mypy", "pyright", "basedpyright", "black", "isort", "coverage", "pylint", "bandit"}
)


@dataclass
class Manifests:
    """Fingerprints of manifests as they were when first asked for, by path."""

    known: dict[str, str] = field(default_factory=dict[str, str])
    folders: set[str] = field(default_factory=set[str])

    def remember(self, folder: str) -> None:
        """Take down how the manifests of a folder are now, unless that was done before."""
        if folder not in self.folders:
            self.folders.add(folder)
            for name in ALL:
                path = os.path.join(folder, name)
                self.known[path] = fingerprint(path)

    def is_unchanged(self, folder: str, names: Iterable[str]) -> bool:
        """Whether these manifests of a folder are as they were; one that was not looked at before is not."""
        if folder not in self.folders:
            return False
        paths = [os.path.join(folder, name) for name in names]
        return all(self.known.get(path) == fingerprint(path) for path in paths)


MANIFESTS = StateKey(Manifests)


def fingerprint(path: str) -> str:
    """Return a fingerprint of what a manifest has tools run; empty where there is no such file."""
    text = text_of(path)
    if text is None:
        return ""
    relevant = _RELEVANT.get(os.path.basename(path), _whole)(text)
    return hashlib.sha256(relevant.encode("utf-8", "surrogatepass")).hexdigest()


def _whole(text: str) -> str:
    return text


def _package_json(text: str) -> str:
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError):
        return text
    if not isinstance(value, Mapping):
        return text
    ignored = (
        "version",
        "description",
        "keywords",
        "author",
        "license",
        "homepage",
        "bugs",
        "name",
        "private",
    )
    kept = {key: item for key, item in cast("Mapping[str, object]", value).items() if key not in ignored}
    return json.dumps(kept, sort_keys=True)


def _pyproject(text: str) -> str:
    import tomllib

    try:
        value = tomllib.loads(text)
    except (ValueError, RecursionError):
        return text
    tool = cast("object", value.get("tool"))
    if isinstance(tool, dict):
        tools = cast("dict[str, object]", tool)
        kept = {name: item for name, item in tools.items() if name not in _HARMLESS_SECTIONS}
        value["tool"] = kept or None
    value.setdefault("tool", None)
    project = cast("object", value.get("project"))
    if isinstance(project, dict):
        about = cast("dict[str, object]", project)
        value["project"] = {
            name: item for name, item in about.items() if name not in ("version", "description", "urls")
        }
    return repr(_sorted(value))


def _sorted(value: object) -> object:
    if isinstance(value, dict):
        items = cast("dict[str, object]", value)
        return [(name, _sorted(items[name])) for name in sorted(items)]
    return [_sorted(item) for item in cast("list[object]", value)] if isinstance(value, list) else value


_RELEVANT: Final[dict[str, Callable[[str], str]]] = {
    "package.json": _package_json,
    "pyproject.toml": _pyproject,
}


# Scripts and targets.


def is_ordinary(name: str, commands: Iterable[str]) -> bool:
    """Whether a script of this name, which runs these commands, does what its name says and no more."""
    if not _ORDINARY.fullmatch(name) or _MORE.search(name):
        return False
    return all(not _MORE.search(command) and suspicion.suspect(command) is None for command in commands)


def node_scripts(folder: str) -> dict[str, str]:
    """Return the scripts of a folder's package.json by name; none where there is none."""
    text = text_of(os.path.join(folder, "package.json"))
    try:
        value: object = json.loads(text) if text else None
    except (ValueError, RecursionError):
        return {}
    scripts = cast("Mapping[str, object]", value).get("scripts") if isinstance(value, Mapping) else None
    if not isinstance(scripts, Mapping):
        return {}
    return {
        name: item for name, item in cast("Mapping[str, object]", scripts).items() if isinstance(item, str)
    }


def commands_of_script(scripts: Mapping[str, str], name: str) -> tuple[str, ...] | None:
    """Return all that running a script runs, its pre and post scripts and those it calls; ``None`` for no script."""
    if name not in scripts:
        return None
    found: dict[str, str] = {}
    _follow(scripts, name, found)
    return tuple(found.values())


def _follow(scripts: Mapping[str, str], name: str, found: dict[str, str]) -> None:
    for one in (f"pre{name}", name, f"post{name}"):
        if one in scripts and one not in found and len(found) < 64:
            found[one] = scripts[one]
            for called in re.findall(
                r"\b(?:npm|pnpm|yarn|bun)(?:\s+run(?:-script)?)?\s+([\w:.-]+)", scripts[one]
            ):
                _follow(scripts, called, found)


def first_target(text: str) -> tuple[str, ...]:
    """Return what make makes without being told: the first target of a makefile."""
    names = (name for head in _TARGET.finditer(text) for name in head[1].split())
    first = next((name for name in names if not name.startswith(".")), None)
    return () if first is None else (first,)


def make_recipe(text: str, target: str) -> tuple[str, ...] | None:
    """Return all recipe lines that making a target may run; ``None`` where the makefile declares no such target.

    Lines outside of recipes count too where they run something when the makefile is read.
    """
    rules: dict[str, tuple[list[str], list[str]]] = {}
    for head in _TARGET.finditer(text):
        recipe = _recipe_after(text, head.end())
        for name in head[1].split():
            needs, lines = rules.setdefault(name, ([], []))
            needs += head[2].split()
            lines += recipe
    if target not in rules:
        return None
    loud = [line for line in text.splitlines() if _READ_TIME.search(line)]
    found: dict[str, Sequence[str]] = {}
    _gather(rules, target, found)
    return (*loud, *(line for lines in found.values() for line in lines))


def _recipe_after(text: str, end: int) -> list[str]:
    lines: list[str] = []
    for row in text[end:].split("\n")[1:]:
        if row.startswith("\t"):
            lines.append(row.strip())
        elif row.strip() and not row.lstrip().startswith("#"):
            break
    return lines


def _gather(
    rules: Mapping[str, tuple[Sequence[str], Sequence[str]]], target: str, found: dict[str, Sequence[str]]
) -> None:
    """Collect the recipe of a target and of all it needs or makes."""
    waiting = [target]
    while waiting:
        name = waiting.pop()
        if name in rules and name not in found:
            needs, found[name] = rules[name]
            called = (pair[0] or pair[1] for line in found[name] for pair in _SUB_MAKE.findall(line))
            waiting += [*needs, *called]
