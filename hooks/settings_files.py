"""Changing a settings file: atomically, alone, and nothing else in it.

A file that cannot be read as settings is never overwritten. A link inside a project may not lead the
change out of it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import stat
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NoReturn, cast

from .errors import SettingsError
from .files import write_atomically
from .json_text import edit_json
from .values import Json

#: Seconds to wait for another process that is changing the same file.
PATIENCE: Final = 5.0
_PAUSE: Final = 0.01

#: An object of a settings file, to be changed in place.
Section = dict[str, Json]


@dataclass(frozen=True, slots=True)
class SettingsFile:
    """A settings file to change."""

    path: Path
    #: Where lock files are kept: the folder ``locks`` of gaff's home.
    locks: Path
    #: The folder the file must really be in; ``None`` for the user's own, which may be a link anywhere.
    root: Path | None = None
    #: Permission bits of a new file.
    mode: int = 0o600


def change_settings(file: SettingsFile, key: str, change: Callable[[Section], None]) -> Section:
    """Apply ``change`` to the object under a key of a settings file, and return it as written.

    Blocks: reads and writes files, and waits for a lock.

    Raises:
        SettingsError: the file cannot be read, parsed or written; it is as it was.
    """
    real = Path(os.path.realpath(file.path))
    if file.root is not None and not real.is_relative_to(os.path.realpath(file.root)):
        raise SettingsError(f"{file.path}: leads out of the project to {real}; not written")
    try:
        with _locked(file, real):
            return _change(real, file, key, change)
    except OSError as fault:
        raise SettingsError(
            f"{file.path}: cannot be written ({fault.strerror or fault}); not saved"
        ) from fault


def _change(real: Path, file: SettingsFile, key: str, change: Callable[[Section], None]) -> Section:
    text = _read(real)
    settings = _parse(text, file.path)
    found = settings.get(key, {})
    if not isinstance(found, dict):
        raise SettingsError(f"{file.path}: {key} is not an object; fix the file, nothing was saved")
    section = dict(cast("Section", found))
    change(section)
    if section != found:
        real.parent.mkdir(parents=True, exist_ok=True)
        mode = file.mode
        with contextlib.suppress(FileNotFoundError):
            mode = stat.S_IMODE(real.stat().st_mode)
        write_atomically(real, edit_json(text, {**settings, key: section}).encode(), mode)
    return section


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode()  # as bytes: line ends stay what they are
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError as fault:
        raise SettingsError(f"{path}: not UTF-8 text; fix the file") from fault


def _parse(text: str, path: Path) -> dict[str, Any]:
    if not text.strip():
        return {}
    try:
        settings: Any = json.loads(text, object_pairs_hook=_object, parse_constant=_no_constant)
    except (ValueError, RecursionError) as fault:
        raise SettingsError(f"{path}: not valid JSON ({fault}); fix the file, nothing was saved") from fault
    if not isinstance(settings, dict):
        raise SettingsError(f"{path}: must be a JSON object; fix the file, nothing was saved")
    return cast("dict[str, Any]", settings)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        # Writing it back would lose one of them.
        raise ValueError("it holds the same key twice")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


@contextlib.contextmanager
def _locked(file: SettingsFile, real: Path) -> Generator[None]:
    """Hold the lock that everybody holds who changes this file."""
    import fcntl

    file.locks.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = file.locks / (hashlib.sha256(os.fsencode(real)).hexdigest()[:32] + ".lock")
    handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise SettingsError(f"{file.path}: another process is changing it; try again") from None
                time.sleep(_PAUSE)
        yield
    finally:
        os.close(handle)
