"""Completes slash commands and their arguments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from gaff.hooks import Completer, Completion, Contributed, PluginError, Session, hookimpl
from gaff.hooks.values import list_at, text_at


class CommandCompleter(Completer):
    """Commands by name, alias or a part of either; their arguments by the command itself."""

    name: ClassVar[str] = "commands"

    def complete(self, before: str, session: Session) -> Sequence[Completion]:
        if not before.startswith("/") or "\n" in before:
            return ()
        name, space, arguments = before[1:].partition(" ")
        if not space:
            return _names(name, session)
        try:
            command = session.kernel.command(name)
        except PluginError:
            return ()
        if command is None:
            return ()
        typed = arguments.lstrip()
        return [Completion(found, len(typed)) for found in command.complete(typed, session)]


def _names(typed: str, session: Session) -> list[Completion]:
    ranked = sorted(
        (rank, one.name, one)
        for one in session.kernel.contributed("gaff_register_commands")
        if (rank := _rank(typed.lower(), one)) is not None
    )
    return [_completion(one, len(typed) + 1) for _, _, one in ranked]


def _rank(typed: str, command: Contributed) -> int | None:
    """Return how well a command fits: its name, then an alias, then somewhere within."""
    names = list(_names_of(command))
    if names[0].startswith(typed):
        return 0
    if any(name.startswith(typed) for name in names[1:]):
        return 1
    return 2 if any(typed in name for name in names) else None


def _names_of(command: Contributed) -> Iterator[str]:
    yield command.name.lower()
    yield from (str(alias).lower() for alias in list_at(command.facts, "aliases"))


def _completion(command: Contributed, length: int) -> Completion:
    hint = text_at(command.facts, "argument_hint")
    display = f"/{command.name} {hint}".rstrip()
    return Completion(
        f"/{command.name}{' ' if hint else ''}", length, display, text_at(command.facts, "summary")
    )


@hookimpl
def gaff_register_completers() -> Sequence[Completer]:
    """Offer the completer of commands."""
    return [CommandCompleter()]
