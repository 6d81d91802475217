"""Protected paths: changing version control, shell and tool configuration is always asked for.

Votes *ask*, which no allow rule beats; only bypassPermissions mode is exempt.
Source: code.claude.com/docs/en/permission-modes (protected paths).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from glob import has_magic, iglob
from itertools import islice
from typing import Final

from gaff.hooks import PermissionCheck, Vote, hookimpl

from ._folders import working_folders
from ._paths import all_names, expanded, location, normal, real, within_any
from ._protected import protected_part

#: Programs that change the files they are given, for commands whose files the shell tool did not name.
_CHANGERS: Final = frozenset(
    "rm rmdir mv cp ln touch mkdir tee sed dd install truncate chmod chown rsync patch unlink shred".split()
)
#: Those of them that take along what is in the folders they are given.
_CARRIERS: Final = frozenset({"mv", "cp", "rsync"})
#: Folders with more entries than this are not looked through, and further matches of a pattern neither.
_MOST_ENTRIES: Final = 20_000
_MOST_MATCHES: Final = 1_000


@hookimpl
def gaff_check_permission(event: PermissionCheck) -> Vote | None:
    """Vote *ask* on changes to protected paths."""
    if event.session.mode == "bypassPermissions":
        return None
    for path in _changed(event):
        part = protected_part(path)
        if part is not None:
            return Vote(
                "ask", f"{part} is protected: changing {path} needs the user's word in every mode but bypass"
            )
    reason = next(filter(None, map(_carried, _carried_folders(event))), None)
    return None if reason is None else Vote("ask", reason)


def _carried_folders(event: PermissionCheck) -> Iterator[str]:
    """Yield the folders that a command takes somewhere else, with all that is in them."""
    words = event.action.words
    if event.action.kind != "run" or not words or os.path.basename(words[0]) not in _CARRIERS:
        return
    names_target = any(word.startswith(("-t", "--t")) for word in words)
    folders = working_folders(event.session)
    for word in words[1:] if names_target else words[1:-1]:
        path = os.path.join(str(event.session.cwd), expanded(word))
        # What lies outside is asked for, and may be the whole disk.
        if within_any(normal(path), folders):
            yield from islice(iglob(path), _MOST_MATCHES) if has_magic(path) else (path,)


def _carried(folder: str) -> str | None:
    """Return why a folder's files are not to be put elsewhere unasked; ``None`` where they may be."""
    count = 0
    for parent, folders, files in os.walk(folder):
        count += len(folders) + len(files)
        if count > _MOST_ENTRIES:
            return f"{folder} holds too many files to say whether one of them is protected"
        for name in (*folders, *files):
            part = protected_part(f"/{name}")
            if part is not None:
                return (
                    f"{part} is protected, and the command puts {os.path.join(parent, name)} somewhere else"
                )
    return None


def _is_changer(words: Sequence[str]) -> bool:
    return bool(words) and os.path.basename(words[0]) in _CHANGERS


def _changed(event: PermissionCheck) -> Iterator[str]:
    action = event.action
    if action.kind in ("write", "delete"):
        target = normal(action.target)
        yield from all_names(target, normal(action.resolved or real(target)))
    elif action.kind == "run" and not action.read_only and _is_changer(action.words):
        for word in action.words[1:]:
            path = os.path.join(str(event.session.cwd), expanded(word.rpartition("=")[2]))
            yield from (normal(path), location(path))
