"""Settings of all levels, merged, with the level of every value kept.

Source: code.claude.com/docs/en/settings. Scalars come from the highest level, arrays are joined,
objects merged key by key. A file that cannot be read is a problem that is told, and while there is
one, nothing is allowed that a lost deny rule might have denied.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISREG
from typing import Any, Final

from gaff.hooks.errors import SettingsError
from gaff.hooks.files import git_root
from gaff.hooks.values import Json, JsonObject, is_object

#: From high to low.
LEVELS: Final = ("managed", "command line", "local", "project", "user")
_PROJECT_LEVELS: Final = frozenset({"local", "project"})
_MAXIMUM: Final = 2 * 1024 * 1024


@dataclass(frozen=True)
class Layer:
    """One settings file, or the command line's."""

    level: str
    path: str
    #: The folder that ``/path`` patterns of this layer start from.
    base: Path
    values: JsonObject
    trusted: bool = True


@dataclass(frozen=True)
class Value:
    """A value and where it comes from."""

    level: str
    path: str
    base: Path
    value: Json
    trusted: bool


@dataclass(frozen=True)
class Problem:
    """A settings file that cannot be used."""

    path: str
    message: str


class MergedSettings:
    """The settings in force. Layers are given from high to low."""

    def __init__(self, layers: Sequence[Layer], problems: Sequence[Problem] = ()) -> None:
        self._layers = tuple(layers)
        self._problems = tuple(problems)
        self._merged = _merge([layer.values for layer in layers])

    def get(self, *path: str) -> Json:
        """Return the merged value at ``path``, or ``None``."""
        return _at(self._merged, path)

    def trusted(self) -> JsonObject:
        """Return everything merged but what a folder brings along that the user does not trust."""
        return _merge([layer.values for layer in self._layers if layer.trusted])

    def by_level(self, *path: str) -> Sequence[Value]:
        """Return each layer's own value at ``path``, the highest first."""
        found = ((layer, _at(layer.values, path)) for layer in self._layers)
        return tuple(
            Value(layer.level, layer.path, layer.base, value, layer.trusted)
            for layer, value in found
            if value is not None
        )

    @property
    def problems(self) -> Sequence[Problem]:
        """Files that could not be used."""
        return self._problems

    @property
    def layers(self) -> Sequence[Layer]:
        """The layers, the highest first."""
        return self._layers


def _at(values: Json, path: Sequence[str]) -> Json:
    for key in path:
        if not isinstance(values, Mapping):
            return None
        values = values.get(key)
    return values


def _merge(values: Sequence[JsonObject]) -> JsonObject:
    merged: dict[str, Json] = {}
    for layer in values:
        for key, value in layer.items():
            merged[key] = _merge_value(merged[key], value) if key in merged else value
    return merged


def _merge_value(high: Json, low: Json) -> Json:
    if isinstance(high, Mapping) and isinstance(low, Mapping):
        return _merge([high, low])
    if isinstance(high, list) and isinstance(low, list):
        return [*high, *(item for item in low if item not in high)]
    return high


@dataclass(frozen=True)
class Places:
    """Where the settings of a run are looked for."""

    home: Path
    #: The user's own folder, for ``~/.claude``; equal levels of both products are read.
    user: Path
    project: Path
    trusted: bool
    #: ``--settings``: a file or JSON.
    given: str | None = None
    #: ``--setting-sources``: the levels to read beside managed and the command line.
    sources: frozenset[str] = frozenset({"user", "project", "local"})


def load_settings(places: Places) -> MergedSettings:
    """Read all levels.

    Raises:
        SettingsError: what ``--settings`` gives cannot be used.
    """
    layers: list[Layer] = []
    problems: list[Problem] = []
    for level, path, base in _files(places):
        if level == "command line":
            layers.append(_given(places))
            continue
        try:
            values = read_settings(path)
        except SettingsError as fault:
            problems.append(Problem(str(path), str(fault)))
            continue
        if values:
            layers.append(
                Layer(level, str(path), base, values, places.trusted or level not in _PROJECT_LEVELS)
            )
    return MergedSettings(layers, problems)


def _files(places: Places) -> Iterator[tuple[str, Path, Path]]:
    for folder in (Path("/etc/gaff"), Path("/etc/claude-code")):
        yield "managed", folder / "managed-settings.json", folder
    if places.given is not None:
        yield "command line", Path(), places.project
    if "local" in places.sources:
        root = git_root(places.project) or places.project
        yield from (
            ("local", root / name / "settings.local.json", places.project) for name in (".gaff", ".claude")
        )
    if "project" in places.sources:
        yield from (
            ("project", places.project / name / "settings.json", places.project)
            for name in (".gaff", ".claude")
        )
    if "user" in places.sources:
        folders = dict.fromkeys((places.home, places.user / ".claude"))
        yield from (("user", folder / "settings.json", folder) for folder in folders)


def read_settings(path: Path) -> JsonObject:
    """Return the settings in a file; none where it does not exist.

    Raises:
        SettingsError: it cannot be read, or is no JSON object; the message is one line.
    """
    try:
        content = _read_start(path)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as fault:
        raise SettingsError(
            f"{path}: cannot be read ({fault.strerror}); settings in it are not in force"
        ) from fault
    return _parse(content, str(path))


def _read_start(path: Path) -> bytes:
    """Return so much of a file that one too large shows; of what might never end, nothing is read."""
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        if not S_ISREG(os.fstat(handle).st_mode):
            raise SettingsError(f"{path}: is not a file; settings in it are not in force")
        with open(handle, "rb", closefd=False) as file:
            return file.read(_MAXIMUM + 1)
    finally:
        os.close(handle)


def _parse(content: bytes, where: str) -> JsonObject:
    if len(content) > _MAXIMUM:
        raise SettingsError(f"{where}: larger than 2 MiB; settings in it are not in force")
    if not content.strip():
        return {}
    try:
        values: Any = json.loads(content)
    except RecursionError as fault:
        raise SettingsError(f"{where}: nested too deep; fix the file") from fault
    except ValueError as fault:
        raise SettingsError(f"{where}: not valid JSON ({_reason(fault)}); fix the file") from fault
    if not is_object(values):
        raise SettingsError(f"{where}: must be a JSON object, not {type(values).__name__}; fix the file")
    return values


def _reason(fault: ValueError) -> str:
    if isinstance(fault, json.JSONDecodeError):
        return f"line {fault.lineno}, column {fault.colno}: {fault.msg}"
    return "it is not UTF-8 text"


def _given(places: Places) -> Layer:
    given = (places.given or "").strip()
    if given.startswith("{"):
        return Layer("command line", "--settings", places.project, _parse(given.encode(), "--settings"))
    path = Path(given).expanduser()
    if not path.is_file():
        raise SettingsError(f"--settings {given}: there is no such file, and it is no JSON object")
    return Layer("command line", str(path), path.absolute().parent, read_settings(path))
