"""Exit codes that are an answer, not a failure. Source: code.claude.com/docs/en/tools-reference."""

from __future__ import annotations

from typing import Final

from ._read_only import is_read_only_command
from ._reader import Command, read_commands
from ._words import Refused, Word
from ._wrappers import unwrap

_NO_MATCHES: Final = "No matches found"
_MEANINGS: Final = {
    "grep": _NO_MATCHES,
    "egrep": _NO_MATCHES,
    "fgrep": _NO_MATCHES,
    "rg": _NO_MATCHES,
    "find": "Some directories were inaccessible",
    "diff": "Files differ",
    "test": "Condition is false",
    "[": "Condition is false",
    "git diff": "Files differ",
    "git grep": _NO_MATCHES,
}


def meaning_of(exit_code: int, command: str) -> str:
    """Return what an exit code that is no failure means; empty where it is a failure, or may be."""
    if exit_code != 1:
        return ""
    try:
        commands = [one for one in read_commands(command, "/", None) if one.words]
    except Refused:
        return ""
    if not commands or not all(_changes_nothing(one) for one in commands[:-1]):
        return ""
    words = unwrap(commands[-1].words)[1]
    name = words[0].shown
    return _MEANINGS.get(f"git {_subcommand(words)}" if name == "git" else name, "")


def _changes_nothing(command: Command) -> bool:
    wrappers, words = unwrap(command.words)
    return is_read_only_command(words, (*command.assignments, *wrappers))


def _subcommand(words: tuple[Word, ...]) -> str:
    return next((word.shown for word in words[1:] if not word.shown.startswith("-")), "")
