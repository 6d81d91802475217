"""Changing one object of a settings file, such as ``permissions``: atomically, alone, and nothing else in it.

A file that does not parse is never overwritten. A link inside a project may not lead the change out of it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import stat
import tempfile
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, Final, NoReturn, cast

from gaff.hooks import Json, SettingsError

from ._paths import within

#: Seconds to wait for another process that is changing the same file.
PATIENCE: Final = 5.0
_PAUSE: Final = 0.01

Permissions = dict[str, Json]
"""An object of a settings file."""


@dataclass(frozen=True, slots=True)
class SettingsFile:
    """A settings file to change."""

    path: str
    #: The folder it must really be in; empty for the user's own file, which may be a link anywhere.
    root: str
    #: Where lock files are kept.
    locks: str
    #: Permission bits of a new file.
    mode: int = 0o600


def change_permissions(
    file: SettingsFile, change: Callable[[Permissions], None], key: str = "permissions"
) -> Permissions:
    """Apply ``change`` to the ``permissions`` of a file, or to the object ``key``, and return it as written.

    An object that the change leaves empty is taken out.

    Raises:
        SettingsError: the file cannot be read, parsed or written; it is as it was.
    """
    real = os.path.realpath(file.path)
    if file.root and not within(real, os.path.realpath(file.root)):
        raise SettingsError(f"{file.path}: leads out of the project to {real}; not written")
    try:
        with _locked(file, real):
            return _change(real, file, change, key)
    except OSError as fault:
        raise SettingsError(
            f"{file.path}: cannot be written ({fault.strerror or fault}); not saved"
        ) from fault


def _change(real: str, file: SettingsFile, change: Callable[[Permissions], None], key: str) -> Permissions:
    text = _read(real)
    settings = _parse(text, file.path)
    found = settings.get(key, {})
    if not isinstance(found, dict):
        raise SettingsError(f"{file.path}: {key} is not an object; fix the file")
    changed = dict(cast("Permissions", found))
    change(changed)
    if changed != found:
        settings[key] = changed
        if not changed:
            del settings[key]
        _write(real, _encode(settings, text), file.mode)
    return changed


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", newline="") as file:
            return file.read()
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError as fault:
        raise SettingsError(f"{path}: not UTF-8 text; fix the file") from fault


def _parse(text: str, path: str) -> dict[str, Any]:
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


def _encode(settings: dict[str, Any], former: str) -> bytes:
    indent = re.search(r"\n([ \t]+)\"", former)
    text = json.dumps(settings, indent=indent[1] if indent else 2, ensure_ascii=False)
    if "\r\n" in former:
        text = text.replace("\n", "\r\n")
    end = "" if former and not former.endswith("\n") else "\r\n" if "\r\n" in former else "\n"
    return (text + end).encode("utf-8")


def _write(path: str, content: bytes, mode: int) -> None:
    folder = os.path.dirname(path)
    os.makedirs(folder, exist_ok=True)
    with contextlib.suppress(FileNotFoundError):
        mode = stat.S_IMODE(os.stat(path).st_mode)
    handle, name = tempfile.mkstemp(dir=folder, prefix=".settings-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, mode)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


@contextlib.contextmanager
def _locked(file: SettingsFile, real: str) -> Generator[None, None, None]:
    import fcntl

    os.makedirs(file.locks, mode=0o700, exist_ok=True)
    lock = os.path.join(file.locks, hashlib.sha256(os.fsencode(real)).hexdigest()[:32] + ".lock")
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
