"""Where transcripts are kept."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from .values import JsonObject


@dataclass(frozen=True)
class SessionSummary:
    """A line of the session list."""

    id: str
    title: str
    #: Seconds since the epoch of the last change.
    modified: float
    #: Bytes of the transcript.
    size: int
    cwd: str
    path: Path


class TranscriptWriter(ABC):
    """The open end of one transcript. One writer at a time holds it."""

    path: Path

    @abstractmethod
    def append(self, entry: JsonObject) -> None:
        """Write one entry; when this returns, the entry survives the end of the process.

        Raises:
            SessionError: it could not be written; the transcript is as before.
        """

    @abstractmethod
    def sync(self) -> None:
        """Bring everything appended to the disk itself. Blocks: call it in a worker thread.

        Raises:
            SessionError: the disk reported an error.
        """

    @abstractmethod
    def close(self) -> None:
        """Give the transcript free."""


class SessionStore(ABC):
    """Keeps transcripts."""

    name: ClassVar[str]
    #: Where gaff keeps the user's settings and sessions; the kernel sets it before the first use.
    home: Path

    @abstractmethod
    def path(self, session_id: str, project_dir: Path) -> Path:
        """Return where the transcript of a session of this project is or would be."""

    @abstractmethod
    def open(self, session_id: str, project_dir: Path, *, keep: bool = True) -> TranscriptWriter:
        """Open a transcript for appending; made with the first entry, so empty sessions leave nothing.

        Where ``keep`` is false nothing is ever written.

        Raises:
            SessionError: another process is writing it, or the folder cannot be used.
        """

    @abstractmethod
    def read(self, session_id: str, project_dir: Path) -> Iterator[JsonObject]:
        """Yield the entries from the last to the first, skipping lines that cannot be read.

        Raises:
            SessionError: there is no such session.
        """

    @abstractmethod
    def find(self, session_id: str, project_dir: Path) -> SessionSummary | None:
        """Return the session of this id, of this project or else of any."""

    @abstractmethod
    def list(self, project_dir: Path, limit: int = 50) -> Sequence[SessionSummary]:
        """Return the project's sessions, the newest first."""

    @abstractmethod
    def unreadable(self, session_id: str, project_dir: Path) -> int:
        """Return how many lines of the last ``read`` of this session could not be read."""
