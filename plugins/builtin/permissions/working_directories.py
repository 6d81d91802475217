"""Working directories: reading inside the project and added folders needs no question.

With ``permissions.blockReadsOutsideWorkingDirectories`` reading outside is denied in every mode.
Source: code.claude.com/docs/en/permissions (working directories).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from gaff.hooks import PermissionCheck, Session, Setting, Vote, hookimpl

from ._folders import working_folders
from ._paths import normal, real, shown, stays_within, within


@hookimpl
def gaff_register_settings() -> Sequence[Setting]:
    """Declare the keys about folders."""
    return (
        Setting("permissions.additionalDirectories", "folders beside the project to work in", "array"),
        Setting("permissions.blockReadsOutsideWorkingDirectories", "deny reads outside of them", "boolean"),
    )


@hookimpl
def gaff_check_permission(event: PermissionCheck) -> Vote | None:
    """Vote *allow* on reads inside; on reads outside say nothing, or *deny* where they are blocked."""
    action = event.action
    if action.kind != "read":
        return None
    target, resolved = normal(action.target), normal(action.resolved or real(action.target))
    if stays_within(target, resolved, working_folders(event.session), follows=True):
        return (
            Vote("allow", "reads inside the working directories need no question")
            if action.understood
            else None
        )
    if any(within(resolved, folder) for folder in _own_folders(event.session, resolved)):
        return Vote("allow", "the session's own files need no question") if action.understood else None
    return _outside(event.session, target)


def _own_folders(session: Session, path: str) -> Iterator[str]:
    """Yield the session's private folders that may hold the path; asking for one creates it."""
    home = real(str(session.home))
    if within(path, home):
        yield real(str(session.results_dir))
    yield real(str(session.scratch_dir))


def _outside(session: Session, path: str) -> Vote | None:
    where = next(
        (
            value.path
            for value in session.settings.by_level("permissions", "blockReadsOutsideWorkingDirectories")
            if value.value is True
        ),
        None,
    )
    if where is None:
        return None
    source = shown(where, os.path.expanduser("~"))
    return Vote("deny", f"{path} is outside the working directories, and {source} blocks reading there")
