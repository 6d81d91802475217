"""Tells the model where it is: folder, repository, system, date, model."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Final

from gaff.hooks import PromptSection, hookimpl
from gaff.hooks.session import Session

#: What a branch may be called to be repeated to the model: a repository chooses the name.
_BRANCH: Final = re.compile(r"ref: refs/heads/([\w./+@#=-]{1,200})")
_COMMIT: Final = re.compile(r"[0-9a-f]{40,64}")
#: No name in a path can begin a line of the prompt.
_LINE_ENDS: Final = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")


def describe(session: Session) -> str:
    """Return the section, as of now. It is asked for once a session, so the date does not break the cache."""
    return "# Environment\n" + "\n".join(_lines(session))


def _lines(session: Session) -> Iterator[str]:
    yield f"Working directory: {_shown(session.cwd)}"
    others = [folder for folder in session.directories if folder != session.project_dir.resolve()]
    if others:
        yield f"Further directories: {', '.join(map(_shown, others))}"
    yield f"Git: {_git(session.cwd)}"
    system = os.uname()
    yield f"Platform: {system.sysname} {system.release} {system.machine}"
    shell = Path(session.environ.get("SHELL") or "bash").name
    yield "Shell: bash" + ("" if shell == "bash" else f" (the user's own is {_shown(shell)})")
    yield f"Date at the start of the session: {date.today().isoformat()}"
    yield f"Model: {_shown(session.model.name)}"


def _shown(text: object) -> str:
    return _LINE_ENDS.sub("?", str(text))


def _git(folder: Path) -> str:
    """Say whether the folder is in a work tree, from git's own files: starting git would cost 3 ms."""
    found = next((one for one in (folder, *folder.parents) if (one / ".git").exists()), None)
    if found is None:
        return "not a repository"
    head = _head(found / ".git")
    branch = _BRANCH.fullmatch(head)
    if branch:
        state = f", on branch {branch[1]} at the start"
    else:
        state = f", at commit {head[:12]} at the start" if _COMMIT.fullmatch(head) else ""
    return ("the root of a repository" if found == folder else f"in the repository {_shown(found)}") + state


def _head(dot_git: Path) -> str:
    """Return the first line of HEAD; empty where it cannot be read."""
    try:
        if dot_git.is_file():  # a linked worktree or submodule: the file names the folder
            dot_git = dot_git.parent / _first_line(dot_git).removeprefix("gitdir: ")
        return _first_line(dot_git / "HEAD")
    except (OSError, ValueError):
        return ""


def _first_line(path: Path) -> str:
    if not path.is_file():  # a pipe in its place would make us wait for ever
        raise ValueError(f"{path} is not a file")
    with path.open(encoding="utf-8") as file:
        return file.readline(4096).rstrip("\n")


@hookimpl
def gaff_register_prompt_sections() -> Sequence[PromptSection]:
    """Offer the section."""
    return (PromptSection("environment", describe, layer="project", order=0),)
