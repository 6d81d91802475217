"""What the REPL needs of a terminal, be it a full one or a dumb one."""

from __future__ import annotations

from typing import Protocol

from .dialog import Dialog, DialogAnswer
from .text_view import Surface


class Desk(Protocol):
    """What a terminal hands its keys and lines to."""

    @property
    def busy(self) -> bool:
        """Whether something runs that can be interrupted."""
        ...

    def enter(self, text: str) -> None:
        """Take a prompt or a command."""
        ...

    def interrupt(self) -> bool:
        """Stop what runs; say whether that is news."""
        ...

    def take_back(self) -> str | None:
        """Take the newest waiting prompt back."""
        ...

    def leave(self, code: int = 0) -> None:
        """End the REPL with this exit code."""
        ...


class Face(Surface, Protocol):
    """A terminal."""

    @property
    def shows_input(self) -> bool:
        """Whether what was typed stays on the screen by itself."""
        ...

    def show_activity(self, text: str) -> None:
        """Say what is under way; empty for nothing."""
        ...

    def show_hint(self, text: str) -> None:
        """Show a line for a moment; empty to take it away."""
        ...

    def show_status(self, text: str) -> None:
        """Set the status line."""
        ...

    def show_ready(self) -> None:
        """Say that a prompt can be taken."""
        ...

    async def ask(self, dialog: Dialog) -> DialogAnswer:
        """Show a dialog and return the answer."""
        ...

    async def drawn(self) -> None:
        """Wait until the prompt stands."""
        ...

    async def run(self) -> int:
        """Serve until ``exit``, and return its code."""
        ...

    def exit(self, code: int) -> None:
        """End ``run``."""
        ...
