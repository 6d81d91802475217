"""/clear: start anew with an empty conversation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from gaff.hooks import Command, CommandResult, Session, hookimpl


class Clear(Command):
    """Opens a new session; the old one is kept and can be resumed."""

    name: ClassVar[str] = "clear"
    summary: ClassVar[str] = "start a new session; this one can be resumed"
    aliases: ClassVar[tuple[str, ...]] = ("new", "reset")
    headless: ClassVar[bool] = False

    async def run(self, arguments: str, session: Session) -> CommandResult:
        return CommandResult(then="switch")


@hookimpl
def gaff_register_commands() -> Sequence[Command]:
    """Offer /clear."""
    return [Clear()]
