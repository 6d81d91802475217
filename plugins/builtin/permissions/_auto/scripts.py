"""The project's own scripts, targets and tasks, by the tools that run them."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from . import manifests
from .finding import Finding, fine, unclear
from .installing import declared_install
from .place import Place
from .programs import PROGRAMS, is_java_build, judge_program
from .reading import text_of

_NODE_FLAGS: Final = frozenset(
    """
    --silent -s --if-present --workspaces -ws --no-audit --no-fund --prefer-offline --offline --frozen-lockfile --immutable
    --ignore-scripts --no-progress --quiet -r --recursive --legacy-peer-deps --loglevel=error
    """.split()
)
_SCRIPT_FLAGS: Final = re.compile(
    r"--(?:watch(?:All)?=false|ci|coverage|run|verbose|silent|fix|runInBand|bail|no-watch|colors?|no-color|passWithNoTests|updateSnapshot"
    r"|testNamePattern(?:=.+)?|testPathPattern(?:=[\w./-]+)?|grep(?:=.+)?|headless|quiet|check|write|noEmit|reporter=\w+)|-[tiuvbg]"
)
#: What tox and nox are told to do, by its usual names.
_ENVIRONMENTS: Final = re.compile(
    r"(?:(?:py|pypy)[\d.]*|tests?|unit|lint\w*|typ(?:e|es|ing|echeck)|mypy|ruff|style|format|check\w*|cov(?:erage)?|docs?|pre-commit)"
    r"(?:[-,][\w.]+)*"
)


def judge_node(words: Sequence[str], place: Place) -> Finding:
    """Judge ``npm`` and its like: declared scripts, and installing what is declared."""
    name, rest = words[0], [word for word in words[1:] if word not in _NODE_FLAGS]
    command, arguments = (rest[0], rest[1:]) if rest else ("install", [])
    if command in ("ls", "list", "outdated", "why", "root", "bin", "--version", "-v") or rest == ["audit"]:
        return fine(f"{name} {command} only shows")
    if command in ("ci", "install", "i") and not arguments:
        return declared_install(place, manifests.NODE)
    if command in ("run", "run-script") and arguments:
        command, arguments = arguments[0], arguments[1:]
    elif command in ("t", "tst"):
        command = "test"
    elif name == "npm" and command != "test":
        return unclear(f"npm {command}")
    return _script(name, command, arguments, place)


def _script(name: str, script: str, arguments: Sequence[str], place: Place) -> Finding:
    if name == "bun" and script == "test":
        return unclear("bun test")
    handed_on = [word for word in arguments if word != "--"]
    if any(word.startswith("-") and not _SCRIPT_FLAGS.fullmatch(word) for word in handed_on):
        return unclear(f"the script {script} with an option that may change what it runs")
    folders = list(place.manifest_folders(manifests.NODE))
    found = [
        commands
        for folder in folders
        if (commands := manifests.commands_of_script(manifests.node_scripts(folder), script)) is not None
    ]
    if not found:
        return unclear(f"package.json declares no script {script}")
    if not place.is_declared(manifests.NODE):
        return unclear("package.json was changed in this session")
    if all(manifests.is_ordinary(script, commands) for commands in found):
        return fine(f"the project's own script {script}")
    return unclear(f"the script {script} may do more than test and build")


def judge_make(words: Sequence[str], place: Place) -> Finding:
    """Say what ``make`` does: the recipes of its targets are looked at."""
    program = PROGRAMS["make"]
    targets = [word for word in words[1:] if not word.startswith("-")]
    if not program.accepts(words[1:]) or any("=" in target for target in targets):
        return unclear("make with settings of its own")
    folders = list(place.manifest_folders(manifests.MAKE))
    if not folders or not place.is_declared(manifests.MAKE):
        return unclear("there is no makefile, or it was changed in this session")
    for folder in folders:
        path = next(path for name in manifests.MAKE if os.path.lexists(path := os.path.join(folder, name)))
        text = text_of(path) or ""
        for target in targets or manifests.first_target(text):
            recipe = manifests.make_recipe(text, target)
            if recipe is None or not manifests.is_ordinary(target, recipe):
                return unclear(f"making {target} may do more than test and build")
    return fine("the project's own targets")


def judge_java(words: Sequence[str], place: Place) -> Finding:
    """Say what Gradle or Maven does by the names of its tasks."""
    if is_java_build(words[1:]) and place.is_declared(manifests.JAVA):
        return fine("the project's own build")
    return unclear(f"{words[0]} with tasks that may do more than test and build")


def judge_environments(words: Sequence[str], place: Place) -> Finding:
    """Judge tox and nox by the names of what they are told to run."""
    named = [after for before, after in pairwise(words) if before in ("-e", "-s", "--session", "--sessions")]
    glued = [
        word.partition("=")[2] for word in words if word.startswith(("--session=", "--sessions=", "--env="))
    ]
    if any(not _ENVIRONMENTS.fullmatch(name) for name in (*named, *glued)) or any(
        re.match(r"-[es]\w|-[kt]", word) for word in words[1:]
    ):
        return unclear(f"{words[0]} may do more than test and build")
    return judge_program(words[0], words[1:], place)
