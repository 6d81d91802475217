"""Granted permissions: kept for the session, or written into the settings file they are meant for.

Source: code.claude.com/docs/en/hooks (permission update entries).
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, TypeAlias

from gaff.hooks import (
    GaffError,
    Notice,
    PermissionMode,
    PermissionUpdate,
    Section,
    Session,
    SettingsFile,
    StateKey,
    change_settings,
    hookimpl,
    keep_out_of_git,
)

from ._auto.availability import auto_refusal
from ._bypass import bypass_refusal
from ._folders import resolve_folder
from ._levels import GRANTS, Level, levels
from ._places import LEVEL_NAMES, FileDestination, settings_file
from ._updating import apply_to_rules, apply_to_settings

_FILES: Final = tuple(LEVEL_NAMES)
#: One save of a session after the other, so that the newest is the one remembered.
_SAVING = StateKey(asyncio.Lock)
_Change: TypeAlias = Callable[[Section], None]


@hookimpl
async def gaff_update_permissions(session: Session, updates: Sequence[PermissionUpdate]) -> None:
    """Put updates in force, and write down those that are to last."""
    for update in updates:
        if update.type == "setMode":
            _set_mode(session, update)
        elif update.type.endswith("Directories"):
            _change_directories(session, update)
        elif update.destination == "session":
            _grant(session, update)
    for destination in _FILES:
        lasting = [update for update in updates if update.destination == destination]
        if lasting:
            async with session.state[_SAVING]:
                await _save(session, destination, lasting)


def _set_mode(session: Session, update: PermissionUpdate) -> None:
    if update.mode is None:
        return
    refusal = _mode_refusal(session, update.mode)
    if refusal is not None:
        session.publish(Notice("warning", f"{update.mode} is not available: {refusal}"))
        if session.mode == update.mode:
            session.set_mode("default")
        return
    session.set_mode(update.mode)


def _mode_refusal(session: Session, mode: PermissionMode) -> str | None:
    if mode == "bypassPermissions":
        return bypass_refusal(session)
    return auto_refusal(session) if mode == "auto" else None


def _change_directories(session: Session, update: PermissionUpdate) -> None:
    folders = frozenset(resolve_folder(folder, str(session.project_dir)) for folder in update.directories)
    grants = session.state[GRANTS]
    grants.version += 1
    if update.type == "removeDirectories":
        grants.removed |= folders
        return
    grants.removed -= folders
    for folder in sorted(folders):
        if os.path.isdir(folder):
            session.add_directory(Path(folder))
        else:
            session.publish(Notice("warning", f"{folder} is not a folder; it was not added"))


def _grant(session: Session, update: PermissionUpdate) -> None:
    grants = session.state[GRANTS]
    grants.rules = {**grants.rules, update.behavior: apply_to_rules(grants.rules[update.behavior], update)}
    grants.version += 1


async def _save(session: Session, destination: FileDestination, updates: Sequence[PermissionUpdate]) -> None:
    file = settings_file(session, destination)

    def change(permissions: Section) -> None:
        for update in updates:
            apply_to_settings(permissions, update, str(file.path))

    try:
        written = await asyncio.to_thread(_write, destination, file, change)
    except GaffError as fault:
        session.publish(Notice("error", f"{fault}; what was granted holds for this session only"))
        is_in_force = False
    else:
        level = _level(session, destination, file, written)
        session.state[GRANTS].remember(level, session.settings)
        is_in_force = level.trusted
    if not is_in_force:
        # Not written, or written where allow rules do not count: the user's word holds all the same.
        for update in updates:
            if update.type.endswith("Rules"):
                _grant(session, update)


def _write(destination: FileDestination, file: SettingsFile, change: _Change) -> Section:
    is_new = not os.path.lexists(file.path)
    written = change_settings(file, "permissions", change)
    if is_new and destination == "localSettings":
        try:
            keep_out_of_git(file.path)
        except OSError as fault:
            raise GaffError(f"{file.path}: git could not be told to ignore it ({fault.strerror})") from fault
    return written


def _level(session: Session, destination: FileDestination, file: SettingsFile, written: Section) -> Level:
    path = str(file.path)
    known = next((level for level in levels(session) if level.path == path), None)
    if known is not None:
        return Level(known.name, known.path, known.base, written, known.trusted)
    base = str(file.path.parent if destination == "userSettings" else session.project_dir)
    return Level(LEVEL_NAMES[destination], path, base, written, trusted=True)
