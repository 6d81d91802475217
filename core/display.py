"""Passes text of the model on to the faces, through the hooks that may change what is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gaff.hooks.stream import Delta

if TYPE_CHECKING:
    from .facade import Hooks
    from .session import Session


class Display:
    """The text of one answer on its way to the faces. Where no hook listens it passes straight on."""

    def __init__(self, session: Session, hooks: Hooks) -> None:
        self._session = session
        self._hooks = hooks
        self._hooked = session.kernel.listens("gaff_message_display")
        self._line = ""
        self._index = 0

    async def show(self, delta: Delta) -> None:
        """Take new text; hooks see it in whole lines."""
        if not self._hooked or delta.kind != "text":
            self._session.publish(delta)
            return
        whole, newline, self._line = (self._line + delta.text).rpartition("\n")
        if newline:
            await self._batch(whole + newline, final=False)

    async def finish(self) -> None:
        """Pass on what is left."""
        if self._hooked:
            await self._batch(self._line, final=True)
            self._line = ""

    async def _batch(self, text: str, *, final: bool) -> None:
        from gaff.hooks.events import MessageDisplay

        event = MessageDisplay(
            context=self._session.event_context,
            turn_id=self._session.prompt_id or "",
            message_id=self._session.prompt_id or "",
            index=self._index,
            final=final,
            delta=text,
        )
        self._index += 1
        shown = await self._hooks.message_display(event, text)
        if shown:
            self._session.publish(Delta("text", shown))
