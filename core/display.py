"""Passes text of the model on to the faces, through the hooks that may change what is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gaff.hooks.stream import Delta

if TYPE_CHECKING:
    from .assemble import Assembly
    from .facade import Hooks
    from .session import Session


class Display:
    """The text of one answer on its way to the faces. Where no hook listens it passes straight on."""

    def __init__(self, session: Session, hooks: Hooks, answer: Assembly) -> None:
        self._session = session
        self._hooks = hooks
        self._answer = answer
        self._hooked = session.kernel.listens("gaff_message_display")
        self._line = ""
        self._index = 0

    async def show(self, delta: Delta) -> None:
        """Take new text; hooks see it in whole lines, or at once where nobody watches it grow."""
        if not self._hooked or delta.kind != "text":
            self._session.publish(delta)
            return
        if not self._session.kernel.interactive:
            self._line += delta.text
            return
        whole, newline, self._line = (self._line + delta.text).rpartition("\n")
        if newline:
            await self._batch(whole + newline, final=False)

    async def finish(self) -> None:
        """Pass on what is left. An answer without text was not shown, so hooks are told nothing of it."""
        if self._hooked and (self._index or self._line):
            await self._batch(self._line, final=True)
            self._line = ""

    async def _batch(self, text: str, *, final: bool) -> None:
        from gaff.hooks.events import MessageDisplay

        event = MessageDisplay(
            context=self._session.event_context,
            turn_id=self._session.prompt_id or "",
            message_id=self._answer.id,
            index=self._index,
            final=final,
            delta=text,
        )
        self._index += 1
        shown = await self._hooks.message_display(event, text)
        if shown:
            self._session.publish(Delta("text", shown))
