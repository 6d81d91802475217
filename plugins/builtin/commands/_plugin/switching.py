"""Switching plugins on and off in a settings file, where nothing else changes.

The text is edited rather than written anew, so that a file that people keep by hand stays theirs.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import re
import stat
import tempfile
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final, cast

from gaff.hooks import Kernel, SettingsError, is_object

#: Seconds to wait for another process that is changing the same file.
_PATIENCE: Final = 5.0
_SPACE: Final = re.compile(r"[ \t\r\n]*")
_decode: Final = json.JSONDecoder().raw_decode


def switch(kernel: Kernel, name: str, level: str, *, on: bool) -> str:
    """Write to the settings of a level whether a plugin is enabled, and return what to tell the user.

    ``level`` is user, project or local.

    Raises:
        SettingsError: the file cannot be read, understood or written; it is as it was.
    """
    path = settings_path(kernel, level)
    real = Path(os.path.realpath(path))
    root = Path(os.path.realpath(_root(kernel.project_dir)))
    if level != "user" and not real.is_relative_to(root):
        raise SettingsError(f"{path}: leads out of the project to {real}; not written")
    try:
        with _locked(kernel.home / "locks", real):
            # As bytes: line ends stay what they are.
            text = real.read_bytes().decode() if real.exists() else ""
            _write(real, switched(text, name, on, str(path)), 0o644 if level == "project" else 0o600)
            if level == "local":
                _keep_out_of_git(real, root)
    except UnicodeDecodeError as fault:
        raise SettingsError(f"{path}: not UTF-8 text; fix the file") from fault
    except OSError as fault:
        raise SettingsError(f"{path}: cannot be written ({fault.strerror or fault}); not saved") from fault
    word = "enabled" if on else "disabled"
    return (
        f"{name} is {word} in {path}; that counts from the next start.{_overruled(kernel, name, level, on)}"
    )


def settings_path(kernel: Kernel, level: str) -> Path:
    """Return the file of a level: the user's, the project's, or the one at the root of its work tree."""
    if level == "user":
        return kernel.home / "settings.json"
    if level == "project":
        return kernel.project_dir / ".gaff" / "settings.json"
    return _root(kernel.project_dir) / ".gaff" / "settings.local.json"


def _root(folder: Path) -> Path:
    found = (one for one in (folder, *folder.parents) if (one / ".git").exists())
    return next(found, folder)


def _overruled(kernel: Kernel, name: str, level: str, on: bool) -> str:
    """Return a sentence where the new value does not hold."""
    if level != "user" and not kernel.trusted:
        return " It does not count before this folder is trusted: say /trust, or start with --trust."
    higher = True
    for value in kernel.settings.by_level("plugins"):
        higher = higher and value.level != level
        for pattern, said in value.value.items() if value.trusted and is_object(value.value) else ():
            if pattern == name and higher and (said is not False) != on:
                return f" But {value.path} says otherwise, and it has the last word."
            if pattern != name and on and said is False and fnmatchcase(name, pattern):
                return f" But {value.path} disables {pattern}, and with it {name}."
    return ""


def switched(text: str, name: str, on: bool, where: str) -> str:
    """Return the text of a settings file with the plugin switched on or off.

    Raises:
        SettingsError: it is not what settings are.
    """
    settings = _parse(text, where)
    plugins = settings.get("plugins", {})
    if not is_object(plugins):
        raise SettingsError(f"{where}: plugins is not an object; fix the file, nothing was saved")
    wanted = {**settings, "plugins": {**plugins, name: on}}
    if not text.strip():
        return json.dumps(wanted, indent=2, ensure_ascii=False) + "\n"
    edited = _edited(text, name, on)
    if json.loads(edited) != wanted:  # whatever was misread, the values are right
        return json.dumps(wanted, indent=2, ensure_ascii=False) + "\n"
    return edited


def _parse(text: str, where: str) -> dict[str, Any]:
    try:
        settings: Any = json.loads(text, object_pairs_hook=_object) if text.strip() else {}
    except (ValueError, RecursionError) as fault:
        raise SettingsError(f"{where}: not valid JSON ({fault}); fix the file, nothing was saved") from fault
    if not is_object(settings):
        raise SettingsError(f"{where}: must be a JSON object; fix the file, nothing was saved")
    return dict(settings)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("it holds the same key twice")
    return found


@dataclass(frozen=True)
class _Member:
    """A member of an object in a text: its key, and where key and value stand."""

    key: str
    start: int
    value: int
    end: int


def _edited(text: str, name: str, on: bool) -> str:
    top = _skip(text, 0)
    value = "true" if on else "false"
    members = list(_members(text, top))
    plugins = next((one for one in members if one.key == "plugins"), None)
    if plugins is None:
        indent = _indent(text, members, top)
        inner = f"{indent}{_step(text)}" if "\n" in indent else ""
        end = indent if inner else ""
        return _inserted(text, top, members, f'"plugins": {{{inner}{json.dumps(name)}: {value}{end}}}')
    switches = list(_members(text, plugins.value))
    known = next((one for one in switches if one.key == name), None)
    if known is not None:
        return text[: known.value] + value + text[known.end :]
    return _inserted(text, plugins.value, switches, f"{json.dumps(name)}: {value}")


def _members(text: str, start: int) -> Iterator[_Member]:
    """Yield the members of the object that begins at ``start``; the text is known to be JSON."""
    at = _skip(text, start + 1)
    while text[at] == '"':
        key, colon = cast("tuple[str, int]", _decode(text, at))
        value = _skip(text, _skip(text, colon) + 1)
        end = _decode(text, value)[1]
        yield _Member(key, at, value, end)
        at = _skip(text, end)
        at = _skip(text, at + 1) if text[at] == "," else at


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _inserted(text: str, start: int, members: list[_Member], member: str) -> str:
    """Return the text with one more member at the end of the object that begins at ``start``."""
    if members:
        last = members[-1]
        return f"{text[: last.end]},{_indent(text, members, start) or ' '}{member}{text[last.end :]}"
    end = text.index("}", start)
    outer = _line_indent(text, start)
    newline = "\r\n" if "\r\n" in text else "\n"
    return f"{text[: start + 1]}{newline}{outer}{_step(text)}{member}{newline}{outer}{text[end:]}"


def _indent(text: str, members: list[_Member], start: int) -> str:
    """Return the white space before the last member of an object."""
    if not members:
        newline = "\r\n" if "\r\n" in text else "\n"
        return f"{newline}{_line_indent(text, start)}{_step(text)}"
    before = text[: members[-1].start]
    return before[len(before.rstrip(" \t\r\n")) :]


def _line_indent(text: str, at: int) -> str:
    line = text[text.rfind("\n", 0, at) + 1 : at]
    return line[: len(line) - len(line.lstrip(" \t"))]


def _step(text: str) -> str:
    """Return the white space that one level of a text is indented by."""
    found = re.search(r"\n([ \t]+)\"", text)
    return found[1] if found else "  "


def _write(path: Path, text: str, mode: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileNotFoundError):
        mode = stat.S_IMODE(path.stat().st_mode)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".settings-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, mode)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


@contextlib.contextmanager
def _locked(locks: Path, real: Path) -> Generator[None]:
    """Hold the lock that everybody holds who changes this settings file."""
    locks.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = locks / (hashlib.sha256(os.fsencode(real)).hexdigest()[:32] + ".lock")
    handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    deadline = time.monotonic() + _PATIENCE
    try:
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise SettingsError(f"{real}: another process is changing it; try again") from None
                time.sleep(0.01)
        yield
    finally:
        os.close(handle)


def _keep_out_of_git(path: Path, root: Path) -> None:
    """Have git ignore a local settings file, by the work tree's own exclude file."""
    git = root / ".git"
    if git.is_dir():
        exclude = git / "info" / "exclude"
        known = exclude.read_text(encoding="utf-8").splitlines() if exclude.exists() else []
        line = f"/{path.relative_to(root)}"
        if line not in known and exclude.resolve().is_relative_to(git.resolve()):
            exclude.parent.mkdir(exist_ok=True)
            exclude.write_text("\n".join([*known, line, ""]), encoding="utf-8")
