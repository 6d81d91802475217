"""/resume: go on with an earlier session."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import ClassVar

from gaff.hooks import Command, CommandResult, Question, Session, UsageError, hookimpl

from ._sessions import find_session, session_choices

#: Sessions in the list.
_LISTED = 200


class Resume(Command):
    """By id, the beginning of one, or title; from a list where none is given."""

    name: ClassVar[str] = "resume"
    summary: ClassVar[str] = "go on with an earlier session"
    argument_hint: ClassVar[str] = "[id or title]"
    aliases: ClassVar[tuple[str, ...]] = ("continue",)
    headless: ClassVar[bool] = False

    async def run(self, arguments: str, session: Session) -> CommandResult:
        chosen = await _named(arguments, session) if arguments else await _picked(session)
        if not chosen:
            return CommandResult()
        if chosen == session.id:
            return CommandResult("This is the session you are in.")
        return CommandResult(then="switch", session_id=chosen)


async def _named(text: str, session: Session) -> str:
    store = session.kernel.session_store()
    found = await asyncio.to_thread(find_session, store, text, session.project_dir)
    return found.id


async def _picked(session: Session) -> str:
    """Return the id the user picked; empty where the list was left."""
    store = session.kernel.session_store()
    known = await asyncio.to_thread(store.list, session.project_dir, _LISTED)
    others = [one for one in known if one.id != session.id]
    if not others:
        raise UsageError(f"there is no other session of {session.project_dir}")
    question = Question(title="Which session?", choices=tuple(session_choices(others)))
    answer = await session.ask(question)
    if answer is None:
        raise UsageError("nobody can be asked here; give the id: /resume ID")
    return answer.value


@hookimpl
def gaff_register_commands() -> Sequence[Command]:
    """Offer /resume."""
    return [Resume()]
