"""acceptEdits mode: edits and simple file commands inside the working directories need no question.

Protected and critical paths still do. Source: code.claude.com/docs/en/permission-modes.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Sequence
from typing import Final

from gaff.hooks import Action, ActionKind, PermissionCheck, Session, Vote, hookimpl, text_at

from ._book import rule_book
from ._call import Call
from ._commands import SHELL_TOOLS, has_harmless_front
from ._edit_commands import edited_files
from ._folders import working_folders
from ._paths import normal, real, stays_within, within_any

_JUDGED: Final[tuple[ActionKind, ...]] = ("read", "write")
#: Where the shell changes its folder on the way, the words alone do not tell which files are meant.
_MOVES: Final = re.compile(r"\b(?:cd|pushd|popd|chroot)\b")
#: A move that happens at most once, to a folder that is spelt out.
_FIRST_MOVE: Final = re.compile(r"(?:(?:mkdir|touch)[ \w./-]*&& *)?cd +([\w.][\w./-]*) *(?:&&|;)")


@hookimpl
def gaff_check_permission(event: PermissionCheck) -> Vote | None:
    """Vote *allow* on changes inside the working directories."""
    if event.session.mode != "acceptEdits" or not event.action.understood:
        return None
    action = event.action
    if action.kind in ("write", "delete"):
        inside = _is_inside(event, action)
    else:
        inside = action.kind == "run" and _is_edit_command(event, action)
    return Vote("allow", "acceptEdits mode: edits inside the working directories") if inside else None


def _is_inside(event: PermissionCheck, action: Action) -> bool:
    resolved = normal(action.resolved or real(action.target))
    return stays_within(normal(action.target), resolved, working_folders(event.session), follows=False)


def _is_edit_command(event: PermissionCheck, action: Action) -> bool:
    if event.tool_name not in SHELL_TOOLS or not has_harmless_front(action.prefix):
        return False
    places = _places(text_at(event.tool_input, "command"), str(event.session.cwd))
    found = [edited_files(action.words, place, working_folders(event.session)) for place in places]
    if not found or not all(found) or _is_brought_along(event):
        return False
    return not any(_is_ruled_out(event.session, file) for files in found for file in files)


def _places(text: str, cwd: str) -> Sequence[str]:
    """Return every folder in which a command of a text may run; none where they are not certain."""
    moves = len(_MOVES.findall(text))
    if not moves:
        return (cwd,)
    first = _FIRST_MOVE.match(text)
    return (cwd, real(os.path.join(cwd, first[1]))) if first and moves == 1 else ()


def _is_brought_along(event: PermissionCheck) -> bool:
    """Whether the command, or a wrapper in front of it, may be a program that lies in the working directories."""
    search_path = event.session.environ.get("PATH", "")
    if search_path and not all(map(os.path.isabs, search_path.split(os.pathsep))):
        return True
    folders = working_folders(event.session)
    names = [part.partition(" ")[0] for part in (*event.action.prefix, *event.action.words[:1])]
    found = filter(None, (shutil.which(name, path=search_path) for name in names if "=" not in name))
    return any(within_any(normal(path), folders) or within_any(real(path), folders) for path in found)


def _is_ruled_out(session: Session, path: str) -> bool:
    """Whether a rule denies or asks for a file that is named only inside a command."""
    book = rule_book(session)
    calls = [Call(session, "Bash", {}, Action(kind, path)) for kind in _JUDGED]
    return any(book.find(behavior, call) for call in calls for behavior in ("deny", "ask"))
