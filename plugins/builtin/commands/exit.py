"""/exit: leave gaff."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from gaff.hooks import Command, CommandResult, Session, hookimpl


class Exit(Command):
    """Ends the session; it can be resumed."""

    name: ClassVar[str] = "exit"
    summary: ClassVar[str] = "leave gaff"
    aliases: ClassVar[tuple[str, ...]] = ("quit",)
    headless: ClassVar[bool] = False

    async def run(self, arguments: str, session: Session) -> CommandResult:
        return CommandResult(then="exit")


@hookimpl
def gaff_register_commands() -> Sequence[Command]:
    """Offer /exit."""
    return [Exit()]
