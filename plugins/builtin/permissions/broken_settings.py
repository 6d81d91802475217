"""Broken settings: while a file cannot be used, everything but reading the project is asked for.

A file that does not parse may have held a denial, so nothing is allowed that it might have denied;
not even bypassPermissions is exempt. The same goes for a denial that is no rule.
"""

from __future__ import annotations

from gaff.hooks import PermissionCheck, Session, Vote, hookimpl

from ._book import rule_book
from ._paths import normal, real, stays_within


@hookimpl
def gaff_check_permission(event: PermissionCheck) -> Vote | None:
    """Vote *ask* while any settings file or denial cannot be read."""
    session, action = event.session, event.action
    problem = next((problem.message for problem in session.settings.problems), None)
    problem = problem or next(iter(rule_book(session).faults), None)
    if problem is None:
        return None
    if action.kind == "read" and _in_project(session, action.target, action.resolved):
        return None
    return Vote("ask", f"{problem}; until it is fixed, everything but reading the project is asked for")


def _in_project(session: Session, target: str, resolved: str) -> bool:
    project = (real(str(session.project_dir)),)
    return stays_within(normal(target), normal(resolved or real(target)), project, follows=True)
