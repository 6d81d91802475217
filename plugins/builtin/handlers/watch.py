"""Fires ``ConfigChange`` and ``FileChanged`` while a session lives, and takes up changed hooks.

Settings files and the files that hooks want watched are looked at once a second. What a changed settings
file says comes into force, unless a ``ConfigChange`` hook refuses.
Source: code.claude.com/docs/en/hooks.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from stat import S_ISREG

from gaff.hooks import Notice, Session, SessionStart, UsageError, events, hookimpl, is_object

from ._book import book_of
from ._watching import WATCHED, SettingsFile, Watched, settings_files, watch_configured, watch_more
from .configured import tell

#: Seconds between two looks.
INTERVAL = 1.0
#: Bytes of a settings file that are read.
_LONGEST = 2 * 1024 * 1024


@hookimpl(trylast=True)
def gaff_session_start(event: SessionStart) -> None:
    """Begin to watch."""
    session = event.context.session
    if session is not None:
        watch_configured(session)
        session.start(_watch(session), "gaff settings watch")


@hookimpl
def gaff_cwd_changed(event: events.CwdChanged) -> None:
    """Watch what matchers name in the new folder, too."""
    if event.context.session is not None:
        watch_configured(event.context.session)


async def _watch(session: Session) -> None:
    files = settings_files(session)
    settings = Watched()
    settings.add(str(file.path) for file in files)
    while True:
        await asyncio.sleep(INTERVAL)
        await look(session, files, settings)


async def look(session: Session, files: Sequence[SettingsFile], settings: Watched) -> None:
    """Look at all files once, and tell of what changed."""
    changed = {path for path, _ in settings.changes()}
    for file in files:
        if str(file.path) in changed:
            await _config_changed(session, file)
    watch_more(session, session.watched)
    session.watched.clear()
    for path, change in session.state[WATCHED].changes():
        await session.announce(
            events.FileChanged(context=session.event_context, file_path=path, event=change)
        )


async def _config_changed(session: Session, file: SettingsFile) -> None:
    event = events.ConfigChange(context=session.event_context, source=file.source, file_path=str(file.path))
    decided = await session.announce(event)
    if decided is not None and decided.behavior == "deny":
        return
    before = _active(session)
    try:
        _check(file.path)
        session.kernel.reload_settings()
    except (OSError, ValueError, RecursionError, UsageError) as fault:
        text = f"{file.path}: cannot be used now ({fault}); what was in it stays in force"
        session.publish(Notice("warning", text))
        return
    tell(session)
    watch_configured(session)
    after = _active(session)
    if before != after:
        number = len(after)
        text = f"{file.path}: changed hooks are in force, {number} handler{'' if number == 1 else 's'} in all"
        session.publish(Notice("info", text))


def _active(session: Session) -> set[str]:
    return {
        f"{entry.matcher.text}\0{entry.key}"
        for entries in book_of(session).active.values()
        for entry in entries
    }


def _open_at_once(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)


def _check(path: Path) -> None:
    """Raise what keeps a settings file from being read; none is there where it was removed."""
    # What stands in a file's place now, such as a pipe, must not be waited for.
    with suppress(FileNotFoundError), open(path, "rb", opener=_open_at_once) as stream:
        if not S_ISREG(os.fstat(stream.fileno()).st_mode):
            raise ValueError("it is no file")
        content = stream.read(_LONGEST)
        if content.strip() and not is_object(json.loads(content)):
            raise ValueError("it holds no JSON object")
