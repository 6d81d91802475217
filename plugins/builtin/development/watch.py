"""Loads project and user plugins anew when their files change."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from gaff.hooks import (
    Kernel,
    Notice,
    PluginError,
    Session,
    SessionStartAnswer,
    Setting,
    StateKey,
    events,
    hookimpl,
)

#: Seconds between two looks. Two dozen files cost less than a tenth of a millisecond each time.
_PAUSE: Final = 1.0
_IDLE: Final = ("disabled", "untrusted", "gone")
_WATCHED: Final = ("command line", "project", "user")

#: A file's modification time in nanoseconds and its size; ``None`` where it is gone.
Stamp = tuple[int, int] | None


class _Watch:
    """The files of one kernel's plugins, as they were last seen."""

    def __init__(self) -> None:
        #: ``None`` before the first look.
        self.seen: Mapping[str, Stamp] | None = None


WATCH: Final = StateKey(_Watch)


@hookimpl
def gaff_register_settings() -> tuple[Setting, ...]:
    """The switch."""
    return (
        Setting("pluginReload", "load project and user plugins anew when their files change: true or false"),
    )


@hookimpl
def gaff_session_start(event: events.SessionStart) -> SessionStartAnswer | None:
    """Begin to watch, where a person sits at it."""
    session = event.context.session
    if session is None or not session.kernel.interactive or session.settings.get("pluginReload") is False:
        return None
    session.state[WATCH].seen = _files(session.kernel)
    session.start(_watch(session), "plugin watch")
    return None


async def _watch(session: Session) -> None:
    while True:
        await asyncio.sleep(_PAUSE)
        await look(session)


async def look(session: Session) -> None:
    """Load anew what changed since the last look; while a turn runs nothing is exchanged."""
    if session.busy:
        return
    watch = session.state[WATCH]
    files = _files(session.kernel)
    seen, watch.seen = watch.seen, files
    if seen is None:
        return
    for name in [name for name, stamp in files.items() if name not in seen or seen[name] != stamp]:
        session.publish(await _reload(session.kernel, name))


async def _reload(kernel: Kernel, name: str) -> Notice:
    try:
        done = await kernel.reload(name)
    except PluginError as fault:
        return Notice("warning", f"{fault}; the version from before goes on")
    anew = " anew" if done.generation > 1 else ""
    what = f"plugin {name} was loaded{anew}" if done.generation else f"plugin {name} is gone"
    said = "; ".join((*done.changes, *(f"left behind: {one}" for one in done.left_behind)))
    return Notice("warning" if done.left_behind else "info", f"{what}: {said}" if said else what)


def _files(kernel: Kernel) -> Mapping[str, Stamp]:
    """Return the stamps of all plugin files, by the plugin's name: those in use, and new ones in the folders."""
    paths = {
        one.name: one.path
        for one in kernel.reports
        if one.source in _WATCHED and one.path.endswith(".py") and one.state not in _IDLE
    }
    folders = [kernel.home / "plugins"]
    if kernel.trusted:
        folders.append(kernel.project_dir / ".gaff" / "plugins")
    known = {one.name for one in kernel.reports if one.state != "gone"}
    for folder in folders:
        paths |= {path.stem: str(path) for path in _python_files(folder) if path.stem not in known}
    return {name: _stamp(path) for name, path in paths.items()}


def _python_files(folder: Path) -> list[Path]:
    try:
        return [folder / name for name in os.listdir(folder) if name.endswith(".py") and name[0] not in "_."]
    except OSError:
        return []


def _stamp(path: str) -> Stamp:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
