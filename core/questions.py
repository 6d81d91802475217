"""Questions to the user, one at a time, and the word to the hooks when one waits for its answer."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from gaff.hooks.interface import Answer, PermissionAnswer, Question
    from gaff.hooks.messages import ToolCall
    from gaff.hooks.permissions import Action, PermissionUpdate, Verdict
    from gaff.hooks.values import JsonObject

    from .session import Session

#: Seconds a permission question waits before the hooks are told; about the documented six.
PATIENCE: Final = 6.0


class Questions:
    """The questions of one session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._lock = asyncio.Lock()

    async def ask(self, question: Question) -> Answer | None:
        """Ask the user, one question at a time; ``None`` where nobody can be asked."""
        from gaff.hooks.events import UserAsked

        session = self._session
        async with self._lock:
            event = UserAsked(context=session.event_context, session=session, question=question)
            return await session.kernel.hooks.ask_user(event)

    async def ask_permission(
        self,
        call: ToolCall,
        hook_input: JsonObject,
        actions: tuple[tuple[Action, Verdict], ...],
        suggestions: tuple[PermissionUpdate, ...],
    ) -> PermissionAnswer | None:
        """Ask the user whether a call may run."""
        from gaff.hooks.interface import PermissionAnswer, PermissionQuestion

        question = PermissionQuestion(
            title=f"Allow {call.name}?", call=call, input=hook_input, actions=actions, suggestions=suggestions
        )
        waiting = self._session.start(self._notify_of_waiting(call.name), "gaff permission notification")
        try:
            answer = await self.ask(question)
        finally:
            waiting.cancel()
        return answer if isinstance(answer, PermissionAnswer) else None

    async def _notify_of_waiting(self, tool_name: str) -> None:
        """Tell the hooks that a question waits, unless it is answered soon."""
        from gaff.hooks.events import Notification

        await asyncio.sleep(PATIENCE)
        event = Notification(
            context=self._session.event_context,
            message=f"gaff needs your permission to use {tool_name}",
            notification_type="permission_prompt",
        )
        await self._session.kernel.hooks.notification(event)
