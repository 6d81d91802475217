"""Tell the model which licence the project has, so that it copies nothing in that does not fit."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path

from gaff.hooks import PromptSection, Session, hookimpl

FILES = ("LICENSE", "LICENSE.md", "LICENSE.txt", "LICENCE", "COPYING")


def section(session: Session) -> str:
    """Return the section; empty where the project does not say."""
    licence = _declared(session.project_dir / "pyproject.toml") or _titled(session.project_dir)
    if not licence:
        return ""
    return (
        f"# Licence\nThis project is under {licence}. Take no code from elsewhere whose licence does not "
        "allow that, and say where code comes from that you did take."
    )


def _declared(pyproject: Path) -> str:
    try:
        licence = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]["license"]
    except (OSError, ValueError, LookupError, TypeError):  # no such file, no TOML, no such key
        return ""
    return _line(licence) if isinstance(licence, str) else ""


def _titled(folder: Path) -> str:
    """Return the first line of the licence, which is its title in all the usual ones."""
    for name in FILES:
        try:
            with (folder / name).open(encoding="utf-8", errors="replace") as file:
                return next((_line(line) for line in file if line.strip()), "")
        except OSError:
            continue
    return ""


def _line(text: str) -> str:
    """Return text of the project so that it cannot begin a line of the prompt, nor be a page of it."""
    return " ".join(text.split())[:100]


@hookimpl
def gaff_register_prompt_sections() -> Sequence[PromptSection]:
    """Contribute the section."""
    return [PromptSection("licence", section, layer="project")]
