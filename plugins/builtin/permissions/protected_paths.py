"""Protected paths: changing version control, shell and tool configuration is always asked for.

Votes *ask*, which no allow rule beats; only bypassPermissions mode is exempt.
Source: code.claude.com/docs/en/permission-modes (protected paths).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Final

from gaff.hooks import PermissionCheck, Vote, hookimpl

from ._paths import all_names, expanded, location, normal, real
from ._protected import protected_part

#: Programs that change the files they are given, for commands whose files the shell tool did not name.
_CHANGERS: Final = frozenset(
    "rm rmdir mv cp ln touch mkdir tee sed dd install truncate chmod chown rsync patch unlink shred".split()
)


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
    return None


def _changed(event: PermissionCheck) -> Iterator[str]:
    action = event.action
    if action.kind in ("write", "delete"):
        target = normal(action.target)
        yield from all_names(target, normal(action.resolved or real(target)))
    elif action.kind == "run" and action.words and os.path.basename(action.words[0]) in _CHANGERS:
        for word in action.words[1:]:
            path = os.path.join(str(event.session.cwd), expanded(word.rpartition("=")[2]))
            yield from (normal(path), location(path))
