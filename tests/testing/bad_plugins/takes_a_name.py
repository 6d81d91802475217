"""Offers a command whose name a built-in has, without saying that it replaces it."""

from collections.abc import Sequence

from gaff.hooks import Command, CommandResult, Session, hookimpl


class Help(Command):
    """A second /help."""

    name = "help"
    summary = "help otherwise"

    async def run(self, arguments: str, session: Session) -> CommandResult:
        """Do nothing."""
        return CommandResult()


@hookimpl
def gaff_register_commands() -> Sequence[Command]:
    """Offer it."""
    return [Help()]
