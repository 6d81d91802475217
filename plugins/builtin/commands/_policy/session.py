"""A session that is only judged in: it has a folder, a mode and settings, and nothing happens in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, cast

from gaff.hooks import (
    EventContext,
    Json,
    JsonObject,
    Kernel,
    Message,
    Options,
    PermissionMode,
    Session,
    SessionEvent,
    Settings,
    State,
)
from gaff.hooks.session import SettingsProblem

_ID: Final = "00000000-0000-4000-8000-000000000000"
#: In a session that is in this mode, it was made available.
_BYPASS: Final = "allow-dangerously-skip-permissions"


@dataclass(frozen=True)
class GivenValue:
    """A value of the given settings."""

    level: str
    path: str
    base: Path
    value: Json
    trusted: bool = True


class GivenSettings:
    """Settings of these levels, the highest first."""

    def __init__(self, levels: Sequence[GivenValue], problems: Sequence[SettingsProblem] = ()) -> None:
        self._levels = tuple(levels)
        self.problems = problems

    def by_level(self, *path: str) -> Sequence[GivenValue]:
        """Return each level's own value at a path."""
        found = ((level, _at(level.value, path)) for level in self._levels)
        return [replace(level, value=value) for level, value in found if value is not None]

    def get(self, *path: str) -> Json:
        """Return the value at a path: arrays of all levels joined, else the highest level's."""
        values = [one.value for one in self.by_level(*path)]
        if values and all(isinstance(value, list) for value in values):
            return [item for value in values for item in cast("list[Json]", value)]
        return values[0] if values else None


def _at(value: Json, path: Sequence[str]) -> Json:
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def only_permissions(permissions: JsonObject, path: str, base: Path) -> GivenSettings:
    """Return settings that hold nothing but these ``permissions``, as a trusted project's."""
    return GivenSettings([GivenValue("project", path, base, {"permissions": permissions})])


def changed(
    settings: Settings, permissions: GivenSettings | None = None, *, with_hooks: bool = False
) -> GivenSettings:
    """Return settings with other ``permissions`` where some are given, and without hooks unless asked for.

    Given permissions take the place of those of all levels but the managed one.
    """
    levels: list[GivenValue] = []
    for one in settings.by_level():
        replaced = permissions is not None and one.level != "managed"
        hidden = {key for key, hides in (("hooks", not with_hooks), ("permissions", replaced)) if hides}
        value = {key: item for key, item in cast("JsonObject", one.value).items() if key not in hidden}
        levels.append(GivenValue(one.level, one.path, one.base, value, one.trusted))
    given = permissions.by_level() if permissions is not None else ()
    return GivenSettings([*levels, *given], settings.problems)


class JudgedKernel:
    """The kernel of a judged session: the real one, but for the settings."""

    def __init__(self, kernel: Kernel, settings: Settings) -> None:
        self._kernel = kernel
        self.settings = settings

    def __getattr__(self, name: str) -> object:
        return getattr(self._kernel, name)


class JudgedOptions:
    """The command line of a judged session: that of this process, with every mode made available."""

    def __init__(self, options: Options | None) -> None:
        self._options = options

    @property
    def prompt(self) -> str | None:
        """There is none."""
        return None

    def text(self, name: str) -> str | None:
        """Return the value of an option."""
        return self._options.text(name) if self._options else None

    def texts(self, name: str) -> Sequence[str]:
        """Return the values of an option."""
        return self._options.texts(name) if self._options else ()

    def flag(self, name: str) -> bool:
        """Return whether an option was given."""
        return name == _BYPASS or (self._options is not None and self._options.flag(name))


@dataclass(eq=False)
class JudgedSession:
    """What tools and policies ask of a session when they judge a call."""

    kernel: Kernel
    project_dir: Path
    cwd: Path
    home: Path
    environ: Mapping[str, str]
    settings: Settings
    options: Options
    mode: PermissionMode = "default"
    directories: tuple[Path, ...] = ()
    state: State = field(default_factory=State)
    id: str = _ID
    messages: Sequence[Message] = ()
    busy: bool = True
    start: Path | None = None

    def __post_init__(self) -> None:
        self.kernel = cast("Kernel", JudgedKernel(self.kernel, self.settings))

    @property
    def start_dir(self) -> Path:
        """The current directory at the start, the project unless given."""
        return self.start or self.project_dir

    @property
    def transcript_path(self) -> Path:
        """Where the transcript would be."""
        return self.home / "projects" / "judged" / f"{self.id}.jsonl"

    @property
    def results_dir(self) -> Path:
        """Where long output would be kept."""
        return self.transcript_path.with_suffix("") / "tool-results"

    @property
    def scratch_dir(self) -> Path:
        """Where short-lived files would be kept."""
        return self.transcript_path.with_suffix("") / "scratch"

    @property
    def event_context(self) -> EventContext:
        """The fields that all events share."""
        return EventContext(
            session_id=self.id,
            transcript_path=str(self.transcript_path),
            cwd=str(self.cwd),
            permission_mode=self.mode,
            session=cast("Session", self),
        )

    def publish(self, event: SessionEvent) -> None:
        """Nobody listens."""

    def record(self, entry: JsonObject) -> None:
        """Nothing is kept."""

    def set_mode(self, mode: PermissionMode) -> None:
        """Change the mode."""
        self.mode = mode
