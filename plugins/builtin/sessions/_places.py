"""Where transcripts are on disk.

``<home>/projects/<slug of the project>/<session id>.jsonl``. Source: code.claude.com/docs/en/sessions; the
slug as claude-agent-sdk (MIT) computes it in ``_internal/sessions.py``.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from gaff.hooks import SessionError

SUFFIX: Final = ".jsonl"
#: Longer slugs are cut here and told apart by a hash: file systems allow 255 bytes a name.
SLUG_LENGTH: Final = 200

_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")
_NOT_IN_SLUGS: Final = re.compile(r"[^a-zA-Z0-9]")
_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"


def slug(project_dir: Path) -> str:
    """Return the name of a project's folder."""
    canonical = unicodedata.normalize("NFC", os.path.realpath(project_dir))
    plain = _NOT_IN_SLUGS.sub("-", canonical)
    if len(plain) <= SLUG_LENGTH:
        return plain
    return f"{plain[:SLUG_LENGTH]}-{_hash(canonical)}"


def _hash(text: str) -> str:
    """Return the 32-bit string hash of JavaScript programs (``h * 31 + c``) in base 36."""
    value = 0
    for character in text:
        value = (value * 31 + ord(character)) & 0xFFFFFFFF
    value = min(value, 0x1_0000_0000 - value)  # the magnitude, read as a signed number
    digits = ""
    while value:
        value, digit = divmod(value, 36)
        digits = _DIGITS[digit] + digits
    return digits or "0"


def project_folders(home: Path, project_dir: Path) -> list[Path]:
    """Return the folders that hold sessions of this project: ours, and those of programs that hash otherwise."""
    own = home / "projects" / slug(project_dir)
    folders = [own] if own.is_dir() else []
    if len(own.name) > SLUG_LENGTH:
        prefix = own.name[: SLUG_LENGTH + 1]
        folders += [one for one in all_folders(home) if one.name.startswith(prefix) and one != own]
    return folders


def all_folders(home: Path) -> Iterator[Path]:
    """Yield the folders of all projects."""
    try:
        with os.scandir(home / "projects") as found:
            yield from (Path(entry.path) for entry in found if entry.is_dir())
    except OSError:
        return


def transcripts(folder: Path) -> Iterator[Path]:
    """Yield the transcripts in a project's folder."""
    try:
        with os.scandir(folder) as found:
            names = [entry.name for entry in found]
    except OSError:
        return
    for name in names:
        if name.endswith(SUFFIX) and _ID.fullmatch(name.removesuffix(SUFFIX)):
            yield folder / name


def file_name(session_id: str) -> str:
    """Return the name of a session's transcript.

    Raises:
        SessionError: the id could lead out of the folder.
    """
    if not _ID.fullmatch(session_id):
        raise SessionError(f"{session_id!r} is not a session id: letters, digits, - and _ only")
    return session_id + SUFFIX


def locate(home: Path, session_id: str, project_dir: Path) -> Path | None:
    """Return the transcript of a session: of this project, else of any; ``None`` where there is none."""
    name = file_name(session_id)
    for folder in (*project_folders(home, project_dir), *all_folders(home)):
        if (folder / name).is_file():
            return folder / name
    return None
