"""Which reads, changes and deletions of files need no reviewer."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Final

from gaff.hooks import Action, StateKey

from .._paths import folded, normal, real, stays_within, within
from .finding import Finding, danger, fine, unclear
from .lasting import lasting_part, unknown_part
from .place import Place
from .reading import text_of
from .secrets import SEEKS_SECRETS, holds_secrets, is_environment_file, is_secret

#: Folders and files that tools make and make again, whatever the project.
_MADE: Final = frozenset(
    """
    node_modules __pycache__ .pytest_cache .mypy_cache .ruff_cache .tox .nox .next .nuxt .turbo .parcel-cache htmlcov .coverage
    .nyc_output .gradle .eggs .svelte-kit .angular .vite .ipynb_checkpoints .hypothesis .cache
    """.split()
)
_MADE_SUFFIXES: Final = (".pyc", ".pyo", ".o", ".class", ".tsbuildinfo", ".egg-info")
#: A redirection that puts something in the place of what a file holds.
_REPLACES: Final = re.compile(r"(?<![>&\d-])\d*>(?![>&])|>\|")


@dataclass
class Made:
    """The files that this session made, so that taking one away loses nothing of before."""

    paths: set[str] = field(default_factory=set[str])


MADE = StateKey(Made)


def note_new(action: Action, place: Place) -> None:
    """Remember a file that does not exist yet and is about to be made."""
    path = normal(action.resolved or real(action.target))
    if action.kind == "write" and not os.path.lexists(path):
        place.session.state[MADE].paths.add(path)


def judge_file(action: Action, place: Place) -> Finding:
    """Say what an access to a file does."""
    if not action.understood:
        return unclear(action.why or "which file this is could not be made out")
    target, resolved = normal(action.target), normal(action.resolved or real(action.target))
    if action.kind == "read":
        return _read(target, resolved, place)
    records = real(os.path.join(place.session.home, "projects"))
    if within(resolved, records) and resolved.endswith(".jsonl"):
        return danger("it changes the record of a session", "hard_deny")
    if is_environment_file(resolved) or is_secret(resolved):
        return danger(f"it changes {os.path.basename(target)}, where credentials usually are")
    if not stays_within(target, resolved, place.folders, follows=False):
        return danger(f"it changes {target}, outside of the working directories")
    lasting = lasting_part(target, place.project) or lasting_part(resolved, place.project)
    if action.kind == "delete":
        return _delete(action, lasting, place)
    if lasting is not None:
        return unclear(f"it changes {lasting}, which others run or read")
    unknown = unknown_part(target, place.project, bare=not action.words)
    if unknown is not None and not is_made(resolved, place):
        return unclear(f"it changes {unknown}, which some program may run or read")
    if place.text and not action.words and _REPLACES.search(place.text) and holds_more(resolved, place):
        return unclear(f"it replaces {os.path.basename(target)}, which was there before")
    return fine("a change inside the working directories")


def _read(target: str, resolved: str, place: Place) -> Finding:
    if is_secret(target) or is_secret(resolved):
        return danger(f"it reads {target}, where credentials usually are")
    if within(real(os.path.expanduser("~")), resolved):
        return danger(f"it may read all of {target}, credentials too")
    if stays_within(target, resolved, place.folders, follows=True):
        return fine("reading changes nothing")
    if holds_secrets(resolved):
        return danger(f"it reads {target}, where credentials may be")
    if SEEKS_SECRETS.search(place.text):
        return danger(f"it looks for credentials in {target}, outside of the working directories")
    return fine("reading changes nothing")


def _delete(action: Action, lasting: str | None, place: Place) -> Finding:
    target, resolved = normal(action.target), normal(action.resolved or real(action.target))
    if is_made(resolved, place):
        return fine("what is deleted was made by this session or by a tool")
    if lasting is None and not os.path.lexists(target):
        return fine("there is nothing to delete")
    if action.words and os.path.basename(action.words[0]) == "mv" and lasting is None:
        return fine("what is moved is kept")
    return unclear(f"it deletes {os.path.relpath(target, place.project)}, which was there before")


def holds_more(path: str, place: Place) -> bool:
    """Whether there is a file with something in it that this session did not make."""
    if is_made(path, place):
        return False
    try:
        return os.path.isfile(path) and os.path.getsize(path) > 0
    except OSError:
        return True


def is_made(path: str, place: Place) -> bool:
    """Whether a path is of what tools make again, or all of it was made by this session."""
    made = place.session.state[MADE].paths
    if path in made:
        return True
    inside = path[len(place.project) :] if within(path, place.project) else ""
    parts = [folded(part) for part in inside.split("/") if part]
    if any(part in _MADE or part.endswith(_MADE_SUFFIXES) for part in parts) or _is_ignored(parts, place):
        return True
    return os.path.isdir(path) and not os.path.islink(path) and _holds_only(path, made)


def _is_ignored(parts: Sequence[str], place: Place) -> bool:
    """Whether the project's own ``.gitignore`` names a part of a path: what git is not to keep can be made again.

    Credentials are ignored too, but are looked at before.
    """
    text = text_of(os.path.join(place.project, ".gitignore")) or ""
    patterns = [line.strip().strip("/") for line in text.splitlines() if not line.startswith(("#", "!"))]
    plain = [folded(pattern) for pattern in patterns if pattern.strip("*") and "/" not in pattern]
    return any(fnmatchcase(part, pattern) for part in parts for pattern in plain)


def _holds_only(folder: str, made: set[str]) -> bool:
    for count, (parent, folders, files) in enumerate(os.walk(folder)):
        if count > 200 or any(os.path.islink(os.path.join(parent, name)) for name in folders):
            return False
        if any(os.path.join(parent, name) not in made for name in files):
            return False
    return True
