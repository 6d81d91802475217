"""Placeholders in commands and their arguments. Source: code.claude.com/docs/en/hooks."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from typing import Final

from gaff.hooks import HookRun, JsonObject, list_at

_PLACEHOLDER: Final = re.compile(
    r"\$\{(CLAUDE_PROJECT_DIR|CLAUDE_PLUGIN_ROOT|CLAUDE_PLUGIN_DATA|user_config\.(\w+))\}"
)
#: Values a shell takes for what they are, quoted or not.
_PLAIN: Final = re.compile(r"[\w./@%+=:,~-]*")
#: A part of a shell text whose quotes are its own: in single quotes, in double quotes, behind a backslash.
_QUOTED: Final = re.compile(r"'[^']*'|\"(?:\\.|[^\"\\])*\"|\\.", re.DOTALL)


def arguments(config: JsonObject) -> Sequence[str] | None:
    """Return the arguments of the exec form; ``None`` for the shell form."""
    return None if "args" not in config else [str(word) for word in list_at(config, "args")]


def filled(text: str, environ: Mapping[str, str]) -> str:
    """Return a word with its placeholders filled."""
    return _PLACEHOLDER.sub(lambda found: _value(found, environ), text)


def filled_for_shell(text: str, environ: Mapping[str, str]) -> str:
    """Return a shell text with its placeholders filled.

    A value that a shell would take apart or run is left to the shell, which has it as a variable. In single
    quotes the shell would leave it alone; there, blanks do no harm.
    """

    def fill(found: re.Match[str]) -> str:
        value = _value(found, environ)
        # A quote that begins before and does not end there is the one it stands in.
        in_quotes = _QUOTED.sub("", text[: found.start()]).partition('"')[0].count("'") == 1
        return value if _PLAIN.fullmatch(value.replace(" ", "") if in_quotes else value) else found[0]

    return _PLACEHOLDER.sub(fill, text)


def _value(found: re.Match[str], environ: Mapping[str, str]) -> str:
    name = f"CLAUDE_PLUGIN_OPTION_{found[2].upper()}" if found[2] else found[1]
    return environ.get(name, "")


def argv_of(run: HookRun, shell: Sequence[str], prefix: str) -> Sequence[str]:
    """Return the words that start a command handler; ``prefix`` stands before a shell's command."""
    words = arguments(run.config)
    command = run.text("command")
    if words is not None:
        return [filled(word, run.environ) for word in (command, *words)]
    text = filled_for_shell(command, run.environ)
    return [*shell, f"{prefix} {shlex.quote(text)}" if prefix else text]


def warm_words(run: HookRun) -> Sequence[str] | None:
    """Return the plain words of a command; ``None`` where only a shell knows what they are."""
    words = arguments(run.config)
    if words is not None:
        return [filled(word, run.environ) for word in (run.text("command"), *words)]
    text = run.text("command")
    for name in ("CLAUDE_PROJECT_DIR", "CLAUDE_PLUGIN_ROOT", "CLAUDE_PLUGIN_DATA"):
        text = re.sub(rf"\${name}\b", f"${{{name}}}", text)
    try:
        split = shlex.split(text)
    except ValueError:
        return None
    return (
        None if any(_is_for_shell(word) for word in split) else [filled(word, run.environ) for word in split]
    )


def _is_for_shell(word: str) -> bool:
    return re.search(r"[;&|<>()`*?\n]|\$(?!\{CLAUDE_)|^~|^\w+=", word) is not None
