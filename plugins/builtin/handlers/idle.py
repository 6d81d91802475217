"""Fires the notification ``idle_prompt`` where an answer waits for the user for a minute.

Source: code.claude.com/docs/en/hooks, "Notification".
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final

from gaff.hooks import Notification, Session, StateKey, Stop, UserPromptSubmit, hookimpl
from gaff.hooks.session import BackgroundTask

#: Seconds the user may let an answer wait.
PATIENCE = 60.0


@dataclass
class _Waiting:
    task: BackgroundTask | None = None

    def end(self) -> None:
        """Wait no more."""
        if self.task is not None:
            self.task.cancel()
            self.task = None


_WAITING: Final = StateKey(_Waiting)


@hookimpl(trylast=True)
def gaff_stop(event: Stop) -> None:
    """Begin to wait for the next prompt."""
    session = event.context.session
    if session is not None:
        waiting = session.state[_WAITING]
        waiting.end()
        waiting.task = session.start(_wait(session), "gaff idle watch")


@hookimpl
def gaff_user_prompt_submit(event: UserPromptSubmit) -> None:
    """The user is back."""
    if event.context.session is not None:
        event.context.session.state[_WAITING].end()


async def _wait(session: Session) -> None:
    await asyncio.sleep(PATIENCE)
    if not session.busy:
        await session.announce(
            Notification(
                context=session.event_context,
                message="gaff is waiting for your input",
                notification_type="idle_prompt",
            )
        )
