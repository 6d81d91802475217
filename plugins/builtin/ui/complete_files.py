"""Completes file names after ``@``, from git's list or the folder itself."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final

from gaff.hooks import Completer, Completion, Session, StateKey, hookimpl

#: Files that are looked at, completions that are offered, seconds the list stays good, seconds git may take.
_FILES: Final = 50_000
_OFFERED: Final = 50
_FRESH: Final = 5.0
_PATIENCE: Final = 2.0
_MENTION: Final = re.compile(r"(?:^|(?<=\s))@([^\s@]*)$")
_SKIPPED: Final = frozenset({".git", "node_modules", "__pycache__", ".venv", ".mypy_cache", ".ruff_cache"})


@dataclass
class _Files:
    """The files of a folder, as of a moment."""

    folder: Path | None = None
    when: float = 0.0
    names: Sequence[str] = ()


_KNOWN: Final = StateKey(_Files)


class FileCompleter(Completer):
    """Files of the current folder; a mention stays text, and the model reads the file it names."""

    name: ClassVar[str] = "files"

    def complete(self, before: str, session: Session) -> Sequence[Completion]:
        mention = _MENTION.search(before)
        if mention is None:
            return ()
        typed = mention.group(1)
        names = _outside(typed) if typed.startswith(("/", "~", "..")) else _inside(session)
        found = best(typed, names)
        return [Completion(f"@{name}", len(typed) + 1, name) for name in found]


def best(typed: str, names: Sequence[str]) -> list[str]:
    """Return the names that fit best: those that begin so, then by file name, then anywhere, then by letters."""
    wanted = typed.lower()
    ranked: list[tuple[int, int, str]] = []
    for name in names:
        rank = _rank(wanted, name.lower())
        if rank is not None:
            ranked.append((rank, len(name), name))
    return [name for _, _, name in sorted(ranked)[:_OFFERED]]


def _rank(wanted: str, name: str) -> int | None:
    if name.startswith(wanted):
        return 0
    if name.rstrip("/").rpartition("/")[2].startswith(wanted):
        return 1
    if wanted in name:
        return 2
    letters = iter(name)
    return 3 if all(letter in letters for letter in wanted) else None


def _outside(typed: str) -> list[str]:
    """Return what is in the folder that a typed absolute or home path names."""
    folder = typed.rpartition("/")[0] + "/" if "/" in typed else typed
    try:
        with os.scandir(os.path.expanduser(folder)) as entries:
            return [folder.rstrip("/") + f"/{entry.name}{'/' if entry.is_dir() else ''}" for entry in entries]
    except OSError:
        return []


def _inside(session: Session) -> Sequence[str]:
    known, folder = session.state[_KNOWN], session.cwd
    if known.folder != folder or time.monotonic() - known.when > _FRESH:
        files = _of_git(folder, session) or list(_walk(folder))
        folders = {name[: place + 1] for name in files for place, letter in enumerate(name) if letter == "/"}
        known.folder, known.when, known.names = folder, time.monotonic(), [*files, *sorted(folders)]
    return known.names


def _of_git(folder: Path, session: Session) -> list[str]:
    """Return tracked and new files that are not ignored; empty where git cannot tell.

    What a repository configures to run with git stays off.
    """
    command = ["git", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "ls-files", "-z"]
    command += ["--cached", "--others", "--exclude-standard"]
    environ = {**session.environ, "GIT_OPTIONAL_LOCKS": "0"}
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PATIENCE,
            start_new_session=True,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return []
    names = done.stdout.decode("utf-8", "replace").split("\0")[:_FILES]
    return [name for name in names if name]


def _walk(folder: Path) -> Iterator[str]:
    """Yield files below the folder, level by level, until there are enough."""
    waiting, count = [""], 0
    while waiting and count < _FILES:
        below = waiting.pop(0)
        try:
            with os.scandir(folder / below) as entries:
                for entry in sorted(entries, key=lambda one: one.name):
                    name, count = f"{below}{entry.name}", count + 1
                    if entry.is_dir(follow_symlinks=False):
                        waiting += [f"{name}/"] if entry.name not in _SKIPPED else []
                    else:
                        yield name
        except OSError:
            continue


@hookimpl
def gaff_register_completers() -> Sequence[Completer]:
    """Offer the completer of files."""
    return [FileCompleter()]
