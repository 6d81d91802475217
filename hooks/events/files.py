"""Events of folders, files and settings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import ClassVar

from ..values import JsonObject
from .base import Event


@dataclass(frozen=True, kw_only=True)
class ConfigChange(Event):
    """A settings file changed. ``source``: user_settings, project_settings, local_settings ..."""

    name: ClassVar[str] = "ConfigChange"
    source: str
    file_path: str | None = None

    @property
    def matched(self) -> str:
        return self.source

    def own_fields(self) -> JsonObject:
        return {"source": self.source, "file_path": self.file_path}


@dataclass(frozen=True, kw_only=True)
class CwdChanged(Event):
    """The session's current directory changed."""

    name: ClassVar[str] = "CwdChanged"
    old_cwd: str
    new_cwd: str

    def own_fields(self) -> JsonObject:
        return {"old_cwd": self.old_cwd, "new_cwd": self.new_cwd}


@dataclass(frozen=True, kw_only=True)
class DirectoryAdded(Event):
    """A working directory was added. ``source``: slash_command or register_repo_root."""

    name: ClassVar[str] = "DirectoryAdded"
    directory: str
    source: str

    @property
    def matched(self) -> str:
        return self.source

    def own_fields(self) -> JsonObject:
        return {"directory": self.directory, "source": self.source}


@dataclass(frozen=True, kw_only=True)
class FileChanged(Event):
    """A watched file changed on disk. ``event``: change, add or unlink."""

    name: ClassVar[str] = "FileChanged"
    file_path: str
    event: str

    @property
    def matched(self) -> str:
        return PurePath(self.file_path).name

    def own_fields(self) -> JsonObject:
        return {"file_path": self.file_path, "event": self.event}
