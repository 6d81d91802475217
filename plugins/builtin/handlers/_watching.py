"""Watches files by looking at them now and then: settings for ``ConfigChange``, others for ``FileChanged``."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, Literal, NamedTuple, TypeAlias

from gaff.hooks import Notice, Session, StateKey

from ._book import book_of

Change: TypeAlias = Literal["add", "change", "unlink"]
_Stamp: TypeAlias = tuple[int, int, int] | None

#: Files that are watched at most in a session.
_MOST: Final = 1_000


class Watched:
    """Files, each with how it was when last looked at."""

    def __init__(self) -> None:
        self.stamps: dict[str, _Stamp] = {}

    def add(self, paths: Iterable[str]) -> int:
        """Watch these too; return how many are not, since there are too many."""
        left_out = 0
        for path in paths:
            if path in self.stamps:
                continue
            if len(self.stamps) < _MOST:
                self.stamps[path] = _stamp(path)
            else:
                left_out += 1
        return left_out

    def changes(self) -> Sequence[tuple[str, Change]]:
        """Return what changed since this was last asked."""
        found: list[tuple[str, Change]] = []
        for path, old in self.stamps.items():
            new = _stamp(path)
            if new != old:
                self.stamps[path] = new
                found.append((path, "add" if old is None else "unlink" if new is None else "change"))
        return found


def _stamp(path: str) -> _Stamp:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


WATCHED: Final = StateKey(Watched)


def watch_more(session: Session, paths: Iterable[str]) -> None:
    """Watch these absolute paths in this session."""
    if left_out := session.state[WATCHED].add(paths):
        text = f"{left_out} of the files that hooks want watched are not: {_MOST:,} are watched already"
        session.publish(Notice("warning", text))


def watch_configured(session: Session) -> None:
    """Watch the files in the current folder that matchers of ``FileChanged`` name."""
    for entry in book_of(session).active.get("FileChanged", ()):
        names = (name for name in entry.matcher.text.split("|") if name and name != "*")
        watch_more(session, (str(session.cwd / name) for name in names))


class SettingsFile(NamedTuple):
    """A settings file that is there or may come."""

    path: Path
    #: As levels of settings are called, and as ``ConfigChange`` calls them.
    level: str
    source: str
    base: Path


def settings_files(session: Session) -> Sequence[SettingsFile]:
    """Return every file that settings are read from."""
    kernel = session.kernel
    project = kernel.project_dir
    user = Path(kernel.environ.get("HOME", "~")).expanduser()
    wanted = kernel.options.texts("setting-sources") or ("user", "project", "local")
    found = [
        SettingsFile(folder / "managed-settings.json", "managed", "policy_settings", folder)
        for folder in (Path("/etc/gaff"), Path("/etc/claude-code"))
    ]
    if "local" in wanted:
        root = next((one for one in (project, *project.parents) if (one / ".git").exists()), project)
        names = (".gaff", ".claude")
        found += [
            SettingsFile(root / name / "settings.local.json", "local", "local_settings", project)
            for name in names
        ]
    if "project" in wanted:
        found += [
            SettingsFile(project / name / "settings.json", "project", "project_settings", project)
            for name in (".gaff", ".claude")
        ]
    if "user" in wanted:
        folders = dict.fromkeys((kernel.home, user / ".claude"))
        found += [SettingsFile(one / "settings.json", "user", "user_settings", one) for one in folders]
    return found
