"""/help: the commands and keys there are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar, Final

from gaff.hooks import Command, CommandResult, Contributed, Session, UsageError, hookimpl
from gaff.hooks.values import list_at, text_at

#: Keys of the prompt itself; plugins add others.
_KEYS: Final = (
    ("Enter", "send; while the model works: queue"),
    ("Alt+Enter, Ctrl+J, \\ then Enter", "new line"),
    ("Esc, Ctrl+C", "interrupt; Ctrl+C on a text clears it, twice on none leaves"),
    ("Ctrl+D twice", "leave"),
    ("Up, Down", "earlier prompts; Up takes a queued prompt back"),
    ("Ctrl+R", "search earlier prompts"),
    ("Tab", "complete: / commands, @ files"),
    ("! before a command", "run it in your shell; the model learns of it"),
)


class Help(Command):
    """Lists what is there, from the manifests: no plugin is loaded for it."""

    name: ClassVar[str] = "help"
    summary: ClassVar[str] = "list commands and keys"
    argument_hint: ClassVar[str] = "[command]"

    async def run(self, arguments: str, session: Session) -> CommandResult:
        commands = session.kernel.contributed("gaff_register_commands")
        if arguments:
            return CommandResult(_one(arguments.lstrip("/"), commands))
        keys = session.kernel.contributed("gaff_register_key_bindings")
        return CommandResult("\n".join((*_commands(commands), "", *_keys(keys))))

    def complete(self, arguments: str, session: Session) -> Sequence[str]:
        names = [one.name for one in session.kernel.contributed("gaff_register_commands")]
        return [name for name in sorted(names) if name.startswith(arguments)]


def _commands(commands: Sequence[Contributed]) -> Iterator[str]:
    yield "## Commands\n"
    for one in sorted(commands, key=lambda command: command.name):
        aliases = "".join(f", `/{alias}`" for alias in list_at(one.facts, "aliases"))
        hint = text_at(one.facts, "argument_hint")
        yield f"- `/{one.name}{f' {hint}' if hint else ''}`{aliases}: {text_at(one.facts, 'summary')}"


def _keys(bindings: Sequence[Contributed]) -> Iterator[str]:
    yield "## Keys\n"
    for keys, summary in _KEYS:
        yield f"- **{keys}**: {summary}"
    told: dict[str, list[str]] = {}
    for one in bindings:
        keys = " ".join(key_name(str(key)) for key in list_at(one.facts, "keys"))
        told.setdefault(text_at(one.facts, "summary"), []).append(keys)
    for summary, names in told.items():
        yield f"- **{', '.join(names)}**: {summary}"


def key_name(key: str) -> str:
    """Return prompt_toolkit's name of a key as people write it: ``c-x`` is ``Ctrl+X``."""
    words = {"c": "Ctrl", "s": "Shift", "a": "Alt"}
    *modifiers, last = key.split("-")
    return "+".join([*(words.get(one, one) for one in modifiers), last.capitalize()])


def _one(name: str, commands: Sequence[Contributed]) -> str:
    for one in commands:
        if name == one.name or name in list_at(one.facts, "aliases"):
            hint = text_at(one.facts, "argument_hint")
            return f"`/{one.name}{f' {hint}' if hint else ''}`: {text_at(one.facts, 'summary')} (plugin {one.plugin})"
    raise UsageError(f"there is no command /{name}; /help lists them")


@hookimpl
def gaff_register_commands() -> Sequence[Command]:
    """Offer /help."""
    return [Help()]
