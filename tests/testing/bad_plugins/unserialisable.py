"""Contributes a command whose facts are no JSON."""

from collections.abc import Sequence

from gaff.hooks import Command, CommandResult, Session, hookimpl


class Odd(Command):
    """Its hint is a set."""

    name = "odd"
    summary = "be odd"
    argument_hint = frozenset({"a", "b"})  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]

    async def run(self, arguments: str, session: Session) -> CommandResult:
        """Do nothing."""
        return CommandResult()


@hookimpl
def gaff_register_commands() -> Sequence[Command]:
    """Offer it."""
    return [Odd()]
