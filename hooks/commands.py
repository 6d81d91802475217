"""Commands as plugins: those typed after a slash, and those typed after ``gaff``."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from .session import Kernel, Session

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


@dataclass(frozen=True)
class CommandResult:
    """What a command leaves to its face.

    ``text`` is Markdown for the user. ``prompt`` is sent to the model as if typed. ``then`` says what
    else: leave, or go on in another session (``session_id``, or a new one where that is empty).
    """

    text: str = ""
    prompt: str | None = None
    then: Literal["stay", "exit", "switch"] = "stay"
    session_id: str | None = None
    is_error: bool = False


class Command(ABC):
    """A slash command."""

    #: Without the slash.
    name: ClassVar[str]
    summary: ClassVar[str]
    argument_hint: ClassVar[str] = ""
    aliases: ClassVar[tuple[str, ...]] = ()
    #: Whether it makes sense as text, in a ``-p`` prompt.
    headless: ClassVar[bool] = True

    @abstractmethod
    async def run(self, arguments: str, session: Session) -> CommandResult:
        """Do it; ``arguments`` is what follows the name, stripped.

        Raises:
            UsageError: the arguments make no sense; the message says which would.
        """

    def complete(self, arguments: str, session: Session) -> Sequence[str]:
        """Return what ``arguments`` could be completed to."""
        return ()


class Subcommand(ABC):
    """A word after ``gaff`` on the command line, as ``plugin`` in ``gaff plugin list``."""

    name: ClassVar[str]
    summary: ClassVar[str]

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say what may follow the word."""

    @abstractmethod
    async def run(self, kernel: Kernel, arguments: Namespace) -> int:
        """Do it, print what there is to say, and return the exit code: 0 done, 1 failed, 2 used wrongly.

        Raises:
            GaffError: it cannot be done; the message becomes one line on standard error.
        """
