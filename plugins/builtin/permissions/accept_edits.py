"""acceptEdits mode: edits and simple file commands inside the working directories need no question.

Protected and critical paths still do. Source: code.claude.com/docs/en/permission-modes.
"""

from __future__ import annotations

import re
from typing import Final

from gaff.hooks import Action, ActionKind, PermissionCheck, Session, Vote, hookimpl, text_at

from ._book import rule_book
from ._call import Call
from ._commands import SHELL_TOOLS, has_harmless_front
from ._edit_commands import edited_files
from ._folders import working_folders
from ._paths import normal, real, stays_within

#: Where the shell changes its folder on the way, the words alone do not tell which files are meant.
_JUDGED: Final[tuple[ActionKind, ...]] = ("read", "write")
_MOVES: Final = re.compile(r"\b(?:cd|pushd|popd|chroot)\b")


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
    if _MOVES.search(text_at(event.tool_input, "command")):
        return False
    files = edited_files(action.words, str(event.session.cwd), working_folders(event.session))
    return bool(files) and not any(_is_ruled_out(event.session, file) for file in files)


def _is_ruled_out(session: Session, path: str) -> bool:
    """Whether a rule denies or asks for a file that is named only inside a command."""
    book = rule_book(session)
    calls = [Call(session, "Bash", {}, Action(kind, path)) for kind in _JUDGED]
    return any(book.find(behavior, call) for call in calls for behavior in ("deny", "ask"))
