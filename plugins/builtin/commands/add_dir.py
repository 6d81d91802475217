"""/add-dir: make a folder one more working directory of this session."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from gaff.hooks import Command, CommandResult, DirectoryAdded, Session, UsageError, hookimpl


class AddDir(Command):
    """Adds a working directory; ``DirectoryAdded`` fires."""

    name: ClassVar[str] = "add-dir"
    summary: ClassVar[str] = "add a working directory for this session"
    argument_hint: ClassVar[str] = "PATH"

    async def run(self, arguments: str, session: Session) -> CommandResult:
        """Add it."""
        if not arguments:
            raise UsageError("/add-dir needs a folder: /add-dir ../other")
        folder = _folder(arguments, session.cwd)
        if folder in session.directories:
            return CommandResult(f"`{folder}` is a working directory already.")
        session.add_directory(folder)
        await session.announce(
            DirectoryAdded(context=session.event_context, directory=str(folder), source="slash_command")
        )
        return CommandResult(f"`{folder}` is a working directory now, for this session.")

    def complete(self, arguments: str, session: Session) -> Sequence[str]:
        """Offer folders."""
        typed, _, start = arguments.rpartition("/")
        place = Path(typed or ("/" if arguments.startswith("/") else ".")).expanduser()
        base = place if place.is_absolute() else session.cwd / place
        prefix = f"{typed}/" if "/" in arguments else ""
        try:
            names = sorted(one.name for one in base.iterdir() if one.is_dir() and one.name.startswith(start))
        except OSError:
            return ()
        return [f"{prefix}{name}" for name in names[:50]]


def _folder(text: str, cwd: Path) -> Path:
    path = Path(text).expanduser()
    folder = (path if path.is_absolute() else cwd / path).resolve()
    if not folder.is_dir():
        raise UsageError(f"/add-dir {text}: there is no such folder")
    return folder


@hookimpl
def gaff_register_commands() -> Sequence[Command]:
    """Offer /add-dir."""
    return (AddDir(),)
