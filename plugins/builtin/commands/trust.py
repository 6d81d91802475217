"""/trust: let this folder's plugins, hooks, allow rules and variables count."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from gaff.hooks import Command, CommandResult, Session, hookimpl


class Trust(Command):
    """Remembers that the user trusts the project's folder."""

    name: ClassVar[str] = "trust"
    summary: ClassVar[str] = (
        "trust this folder: its plugins, hooks, allow rules and variables count from the next start"
    )
    headless: ClassVar[bool] = False

    async def run(self, arguments: str, session: Session) -> CommandResult:
        """Keep the user's word."""
        kernel = session.kernel
        if kernel.trusted:
            return CommandResult("This folder is trusted already.")
        kernel.trust()
        return CommandResult(f"`{kernel.project_dir}` is trusted from the next start on.")


@hookimpl
def gaff_register_commands() -> Sequence[Command]:
    """Contribute ``/trust``."""
    return (Trust(),)
