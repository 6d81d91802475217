"""Which simple commands need no reviewer: the project's own checks and builds, local work, harmless looks."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from typing import Final

from gaff.hooks import Action

from .._commands import has_harmless_front
from .._paths import normal, within
from . import manifests
from .fetching import is_plain_fetch
from .finding import Finding, fine, unclear
from .installing import REQUIREMENTS, judge_install, judge_pip, judge_venv
from .local import (
    EDITING,
    FILTERS,
    SHOWING,
    judge_chmod,
    judge_edits,
    judge_filter,
    judge_github,
    judge_repository,
    judge_show,
    judge_tee,
)
from .place import Place
from .programs import HARMLESS_MODULES, MODULES, VERSIONS, judge_program
from .scripts import judge_environments, judge_java, judge_make, judge_node

_PYTHON: Final = re.compile(r"python(?:3(?:\.\d+)?)?")
_RUNNERS: Final[dict[str, tuple[str, ...]]] = {
    "npx": (),
    "bunx": (),
    "pnpm": ("exec",),
    "yarn": ("exec",),
    "uv": ("run",),
    "poetry": ("run",),
    "pdm": ("run",),
    "hatch": ("run",),
    "pipenv": ("run",),
    "bundle": ("exec",),
}
_NODE_MANAGERS: Final = frozenset({"npm", "pnpm", "yarn", "bun"})
_SYNTAX_CHECKS: Final[dict[str, tuple[str, ...]]] = {
    **dict.fromkeys(("bash", "sh", "zsh", "dash"), ("-n",)),
    "node": ("--check", "-c"),
    "php": ("-l",),
    "ruby": ("-c",),
}


def judge_run(action: Action, place: Place) -> Finding:
    """Say what a simple command does. Its files are actions of their own where the shell tool named them."""
    words = action.words
    if not action.understood or not words:
        return unclear(action.why or "the command could not be read")
    if "xargs" in action.prefix:
        return unclear("what it is given is known only when it runs")
    if not has_harmless_front(action.prefix):
        return unclear(f"{action.prefix[0]} in front of it changes how it runs")
    if place.moves is None:
        return unclear("the folder it runs in is known only when it runs, or is outside of the project")
    if not place.finds(words[0]) and not _is_wrapper(words[0], place):
        return unclear(f"{words[0]} is a program that the project brings along")
    return _judge(words, place)


def _is_wrapper(name: str, place: Place) -> bool:
    """Whether this is the build tool that the project brings along, as it was."""
    return name in ("./gradlew", "./mvnw") and place.is_declared(manifests.JAVA)


def _judge(words: Sequence[str], place: Place) -> Finding:
    name, arguments = os.path.basename(words[0]), words[1:]
    if name == "git":
        return judge_repository(arguments, place)
    if name in ("curl", "wget"):
        return (
            fine("a request that only reads")
            if is_plain_fetch(words, place)
            else unclear(f"{name} talks to a server")
        )
    if name in EDITING:
        return judge_edits(words, place)
    lasting = place.names_lasting(arguments) if name not in ("cat", "ls") else None
    if lasting is not None and not REQUIREMENTS.fullmatch(lasting) and name not in SHOWING:
        return unclear(f"it is given {lasting}, which others run or read")
    if not place.keeps_inside(arguments):
        return unclear("it names something outside of the project, or something known only when it runs")
    judge = _JUDGES.get(name)
    if judge is not None:
        return judge(words, place)
    if _PYTHON.fullmatch(name):
        return _python(words, place)
    return judge_program(name, arguments, place)


def _python(words: Sequence[str], place: Place) -> Finding:
    arguments = words[1:]
    if list(arguments) in (["--version"], ["-V"]):
        return fine("Python tells its version")
    if (
        len(arguments) >= 2
        and arguments[0] == "manage.py"
        and arguments[1] in ("test", "check", "showmigrations")
    ):
        declared = place.is_declared(manifests.OTHER)
        return fine("the project's tests") if declared else unclear("manage.py was changed in this session")
    if len(arguments) < 2 or arguments[0] != "-m":
        return unclear("Python runs code that is not a declared check of the project")
    module, rest = arguments[1], arguments[2:]
    if module in MODULES:
        return _judge((module, *rest), place)
    if module == "pip":
        return judge_pip(("pip", *rest), place)
    if module == "venv":
        return judge_venv(rest)
    if module in HARMLESS_MODULES and place.is_declared(manifests.PYTHON):
        return fine(f"Python's {module}")
    return unclear(f"Python's module {module}")


def _interpreter(words: Sequence[str], place: Place) -> Finding:
    """Judge an interpreter: it may check a file's syntax, or tell its version."""
    if len(words) == 3 and words[1] in _SYNTAX_CHECKS[words[0]]:
        return fine(f"{words[0]} only checks the syntax")
    if len(words) == 2 and words[1] in VERSIONS - {"-v"}:
        return fine(f"{words[0]} tells its version")
    return unclear(f"{words[0]} runs code that is not a declared check of the project")


def _runner(words: Sequence[str], place: Place) -> Finding:
    """Judge what a package manager runs, if that is a tool that is installed already."""
    name, rest = words[0], list(words[1:])
    before = _RUNNERS[name]
    if tuple(rest[: len(before)]) != before:
        return _JUDGES_AFTER.get(name, _declined)(words, place)
    rest = rest[len(before) :]
    if not rest or rest[0].startswith("-") or "/" in rest[0]:
        return unclear(f"{name} with options of its own may run anything")
    if name in ("npx", "bunx", "pnpm", "yarn") and not _is_installed(rest[0], place):
        return unclear(f"{name} would download {rest[0]}")
    return _judge(rest, place)


def _is_installed(tool: str, place: Place) -> bool:
    folders = (folder for start in place.moves or () for folder in _upwards(start, place.project))
    return any(os.path.lexists(os.path.join(folder, "node_modules", ".bin", tool)) for folder in folders)


def _upwards(start: str, project: str) -> Sequence[str]:
    found: list[str] = []
    at = normal(start)
    while within(at, project):
        found.append(at)
        at = os.path.dirname(at)
    return found


def _coverage(words: Sequence[str], place: Place) -> Finding:
    if len(words) > 3 and list(words[1:3]) == ["run", "-m"]:
        return _judge(words[3:], place)
    return judge_program("coverage", words[1:], place)


def _declined(words: Sequence[str], place: Place) -> Finding:
    return unclear(f"{words[0]} may run anything")


def _manager(words: Sequence[str], place: Place) -> Finding:
    """Judge ``npm`` and its like, which run scripts, install, and start installed tools."""
    if words[0] in ("pnpm", "yarn") and list(words[1:2]) == ["exec"]:
        return _runner(words, place)
    return judge_node(words, place)


_JUDGES_AFTER: Final[dict[str, Callable[[Sequence[str], Place], Finding]]] = {
    "uv": judge_install,
    "poetry": judge_install,
    "pdm": judge_install,
    "bundle": judge_install,
}
_JUDGES: Final[dict[str, Callable[[Sequence[str], Place], Finding]]] = {
    **dict.fromkeys(_NODE_MANAGERS, _manager),
    **dict.fromkeys(("npx", "bunx", "uv", "poetry", "pdm", "hatch", "pipenv", "bundle"), _runner),
    **dict.fromkeys(SHOWING, judge_show),
    **dict.fromkeys(FILTERS, judge_filter),
    **dict.fromkeys(("pip", "pip3"), judge_pip),
    **dict.fromkeys(("gradle", "gradlew", "mvn", "mvnw"), judge_java),
    **dict.fromkeys(_SYNTAX_CHECKS, _interpreter),
    "tox": judge_environments,
    "nox": judge_environments,
    "coverage": _coverage,
    "make": judge_make,
    "composer": judge_install,
    "go": judge_install,
    "tee": judge_tee,
    "chmod": judge_chmod,
    "gh": judge_github,
}
