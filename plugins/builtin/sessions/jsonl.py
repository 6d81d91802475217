"""Transcripts as JSON lines, one file a session, in the shape public readers know."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar

from gaff.hooks import SessionError, SessionStore, SessionSummary, TranscriptWriter, hookimpl
from gaff.hooks.values import JsonObject

from ._places import SUFFIX, all_folders, file_name, locate, project_folders, slug, transcripts
from ._reader import read_backwards
from ._summary import summarize
from ._writer import DiscardingWriter, JsonlWriter


class JsonlStore(SessionStore):
    """Keeps sessions below ``<home>/projects``, where SDK clients look for them too."""

    name: ClassVar[str] = "jsonl"

    def __init__(self, home: Path | None = None) -> None:
        """``home`` is for stores that are not the kernel's, which sets it itself."""
        if home is not None:
            self.home = home
        self._skipped: dict[Path, int] = {}

    def path(self, session_id: str, project_dir: Path) -> Path:
        """Return where the transcript is, in whichever project, or would be, in this one."""
        would_be = self.home / "projects" / slug(project_dir) / file_name(session_id)
        return would_be if would_be.exists() else locate(self.home, session_id, project_dir) or would_be

    def open(self, session_id: str, project_dir: Path, *, keep: bool = True) -> TranscriptWriter:
        """Open a transcript for appending; one that writes nothing where the session is not to be kept.

        Raises:
            SessionError: another process is writing it, or the folder cannot be used.
        """
        path = self.path(session_id, project_dir)
        return JsonlWriter(path) if keep else DiscardingWriter(path)

    def read(self, session_id: str, project_dir: Path) -> Iterator[JsonObject]:
        path = locate(self.home, session_id, project_dir)
        if path is None:
            raise SessionError(f"there is no session {session_id} in {self.home / 'projects'}")
        self._skipped[path] = 0
        return read_backwards(path, lambda: self._skip(path))

    def _skip(self, path: Path) -> None:
        self._skipped[path] += 1

    def unreadable(self, session_id: str, project_dir: Path) -> int:
        return self._skipped.get(self.path(session_id, project_dir), 0)

    def find(self, session_id: str, project_dir: Path) -> SessionSummary | None:
        """Return the session of this id or of the one id that begins so: of this project, or else of any.

        Raises:
            SessionError: several ids begin so.
        """
        own = project_folders(self.home, project_dir)
        for folders in (own, all_folders(self.home)):
            path = _match(session_id, (path for folder in folders for path in transcripts(folder)))
            if path is not None:
                return summarize(path)
        return None

    def list(self, project_dir: Path, limit: int = 50) -> Sequence[SessionSummary]:
        """Return the project's sessions in which somebody said something, the newest first."""
        paths = [path for folder in project_folders(self.home, project_dir) for path in transcripts(folder)]
        found: list[SessionSummary] = []
        for path in sorted(paths, key=_modified, reverse=True):
            summary = summarize(path)
            if summary is not None and summary.title:
                found.append(summary)
            if len(found) >= limit:
                break
        return found


def _match(session_id: str, paths: Iterator[Path]) -> Path | None:
    """Return the transcript whose id is or begins with this one."""
    matching = [path for path in paths if session_id and path.name.startswith(session_id)]
    exact = [path for path in matching if path.name == session_id + SUFFIX]
    if exact or len(matching) == 1:
        return (exact or matching)[0]
    if matching:
        ids = ", ".join(sorted(path.stem for path in matching)[:5])
        raise SessionError(f"{len(matching)} sessions begin with {session_id}: {ids}; give more of the id")
    return None


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:  # removed since the folder was listed
        return 0.0


@hookimpl
def gaff_register_session_stores() -> Sequence[SessionStore]:
    """Offer the store."""
    return (JsonlStore(),)
