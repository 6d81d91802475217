"""Critical paths: removing the root, home, the project or what holds them is asked for in every mode.

Votes *ask*, which neither an allow rule nor a hook nor bypassPermissions beats.
Source: code.claude.com/docs/en/permission-modes (critical paths).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from itertools import islice, pairwise
from typing import Final

from gaff.hooks import Action, PermissionCheck, Session, Vote, hookimpl, text_at

from ._commands import is_fed, text_words
from ._critical import HANDED_ON, CriticalFolders
from ._folders import working_folders
from ._moves import folders_on_the_way
from ._powershell import removed_in_powershell

_REMOVER: Final = re.compile(r"\brm\b|\brmdir\b|\bfind\b")
_BY_NAME: Final = frozenset({"-name", "-iname", "-path", "-ipath", "-wholename", "-regex", "-iregex"})
#: What makes find delete more than its tests by name say.
_WIDENING: Final = frozenset(
    {"-o", "-or", "!", "-not", ",", "(", "-L", "-follow", "-exec", "-execdir", "-ok", "-okdir"}
)
_WITHOUT_QUOTING: Final = str.maketrans("", "", "'\"\\")
#: Longer texts that could not be read, and more moves than this, are not looked through.
_LONGEST: Final = 100_000
_MOST_MOVES: Final = 16


@hookimpl
def gaff_check_permission(event: PermissionCheck) -> Vote | None:
    """Vote *ask* on removing a critical path."""
    action = event.action
    if event.tool_name == "PowerShell":
        return _powershell_vote(event)
    if action.kind != "delete" and (action.kind != "run" or not _may_remove(action)):
        return None
    text = text_at(event.tool_input, "command")
    folders = list(dict.fromkeys(islice(_folders_on_the_way(event), _MOST_MOVES)))
    if len(action.target) > _LONGEST or len(folders) >= _MOST_MOVES:
        return Vote("ask", "the command is too long to say whether it removes a critical path")
    for folder in folders:
        found = _critical_target(action, _critical(event.session, folder), text)
        if found is not None and not _spares_folder(action, os.path.join(folder, found), event.session):
            sense = "may be" if found == HANDED_ON else "is"
            return Vote("ask", f"removing {found} is asked for in every mode: it {sense} a critical path")
    return None


def _powershell_vote(event: PermissionCheck) -> Vote | None:
    folders = _critical(event.session, str(event.session.cwd))
    paths = removed_in_powershell(text_at(event.tool_input, "command"))
    if not any(map(folders.includes, paths)):
        return None
    return Vote("ask", "removing a critical path is asked for in every mode")


def _spares_folder(action: Action, path: str, session: Session) -> bool:
    """Whether this is a ``find`` in the project that only deletes what it finds by name, or empty folders."""
    words = action.words
    if not action.understood or not words or words[0] != "find" or words[-1] != "-delete":
        return False
    if os.path.normpath(path) not in {str(session.project_dir), str(session.cwd)}:
        return False
    named = any(test in _BY_NAME and value.strip("*?./") for test, value in pairwise(words))
    return (named or "-empty" in words) and _WIDENING.isdisjoint(words)


def _may_remove(action: Action) -> bool:
    if is_fed(action):
        return True
    if action.words and action.understood:
        return any("rm" in word or "find" in word for word in action.words)
    return _REMOVER.search(action.target.translate(_WITHOUT_QUOTING)) is not None


def _folders_on_the_way(event: PermissionCheck) -> Iterator[str]:
    """Yield the folders the command may be in when it removes something."""
    cwd = str(event.session.cwd)
    yield cwd
    if event.action.kind == "run":
        for _, folder in folders_on_the_way(text_at(event.tool_input, "command"), cwd):
            yield folder


def _critical(session: Session, cwd: str) -> CriticalFolders:
    return CriticalFolders(
        home=os.path.expanduser("~"),
        cwd=cwd,
        project=str(session.project_dir),
        added=working_folders(session),
    )


def _critical_target(action: Action, folders: CriticalFolders, text: str) -> str | None:
    if action.kind == "delete":
        return next(
            (path for path in (action.target, action.resolved) if path and folders.includes(path)), None
        )
    found = folders.named_by(action.words)
    if found is None and any(part.startswith("xargs") for part in action.prefix):
        found = folders.named_by(("xargs", *action.words))
    if found is None and is_fed(action):
        found = folders.named_by(("sh", *text_words(text)))
    if found is not None or (action.words and action.understood):
        return found
    # The words could not be made out for certain: the text itself is looked through.
    return folders.named_in(action.target)
