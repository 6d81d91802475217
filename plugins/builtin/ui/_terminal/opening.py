"""Which session to open."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Protocol

from gaff.hooks import CommandResult, Kernel, UsageError
from gaff.plugins.builtin.commands._sessions import session_choices
from gaff.plugins.builtin.sessions.options import opening as asked_for

from .dialog import Dialog, DialogAnswer, DialogChoice
from .escape import visible

#: Sessions in the list to choose from.
_LISTED = 200


class Asks(Protocol):
    """Where a dialog is shown."""

    async def ask(self, dialog: Dialog) -> DialogAnswer:
        """Show it and return the answer."""
        ...


@dataclass(frozen=True)
class Opening:
    """What ``Kernel.open_session`` is asked for."""

    resume: str | None = None
    fork: bool = False
    session_id: str | None = None
    source: str = "startup"

    @staticmethod
    def after(result: CommandResult) -> Opening:
        """Return what a command's ``switch`` asks for."""
        if result.session_id:
            return Opening(resume=result.session_id, source="resume")
        return Opening(source="clear")


async def first_opening(kernel: Kernel, face: Asks) -> Opening | None:
    """Return what the command line asks for; ``None`` where the user left the list of sessions.

    Raises:
        UsageError, SessionError: there is no such session, or the options contradict each other.
    """
    wanted = await asyncio.to_thread(asked_for, kernel)
    resume = wanted.resume
    if wanted.choose:
        resume = await _chosen(kernel, face)
        if not resume:
            return None
    return Opening(resume, wanted.fork, wanted.session_id, "resume" if resume else "startup")


async def _chosen(kernel: Kernel, face: Asks) -> str:
    """Return the id the user picked; empty where the list was left."""
    known = await asyncio.to_thread(kernel.session_store().list, kernel.project_dir, _LISTED)
    if not known:
        raise UsageError(f"there is no session of {kernel.project_dir} yet; start one with: gaff")
    choices = [
        DialogChoice(visible(c.label), c.value, visible(c.description)) for c in session_choices(known)
    ]
    answer = await face.ask(Dialog("Which session?", choices=choices))
    return answer.value
