"""PowerShell rules: patterns over each command of a text, case ignored and the usual aliases spelt out.

Nothing here reads PowerShell for certain, so a denial errs on the side of matching and nothing is allowed.
Source: code.claude.com/docs/en/permissions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ._commands import CommandPattern, compile_command

_BREAKS: Final = re.compile(r"[;|&\r\n(){}`]|\b(?:if|else|foreach|while|do|try|catch)\b", re.IGNORECASE)
_QUOTES: Final = re.compile(r"['\"]")
_HOME: Final = re.compile(r"\$(?:home|env:userprofile|env:home)\b")
_BETWEEN_PATHS: Final = re.compile(r"[\s,]+")
#: What lies right below the root of a drive, and a variable of the environment with nothing but wildcards behind it.
_CRITICAL: Final = re.compile(r"[a-z]:[\\/]+[^\\/]+[\\/]*\*?|\$env:\w+[\\/]*\*?")
_ALIASES: Final = {
    **dict.fromkeys(("rm", "del", "erase", "rd", "ri", "rmdir"), "remove-item"),
    **dict.fromkeys(("ls", "dir", "gci"), "get-childitem"),
    **dict.fromkeys(("cat", "gc", "type"), "get-content"),
    **dict.fromkeys(("curl", "wget", "iwr"), "invoke-webrequest"),
    **dict.fromkeys(("cp", "copy", "cpi"), "copy-item"),
    **dict.fromkeys(("mv", "move", "mi"), "move-item"),
    **dict.fromkeys(("cd", "chdir", "sl"), "set-location"),
    **dict.fromkeys(("kill", "spps"), "stop-process"),
    **dict.fromkeys(("echo", "write"), "write-output"),
    "iex": "invoke-expression",
    "irm": "invoke-restmethod",
    "ni": "new-item",
    "saps": "start-process",
    "start": "start-process",
}


def names_powershell(pattern: CommandPattern, text: str) -> bool:
    """Whether a compiled pattern covers any command of a text."""
    return any(pattern.matches(command) for command in _commands(text))


def compile_powershell(specifier: str) -> CommandPattern:
    """Compile the specifier of a PowerShell rule."""
    return compile_command(_spelt_out(specifier))


def removed_in_powershell(text: str) -> Iterator[str]:
    """Yield the paths that a text removes, as another shell would write them; ``/`` for the worst ones."""
    for command in _commands(text):
        name, _, rest = command.partition(" ")
        if name == "remove-item":
            for word in _BETWEEN_PATHS.split(_HOME.sub("~", rest).replace("$pwd", ".")):
                if _CRITICAL.fullmatch(word):
                    yield "/"
                elif word and not word.startswith("-"):
                    yield word.replace("\\", "/")


def _commands(text: str) -> Iterator[str]:
    for part in _BREAKS.split(_QUOTES.sub("", text)):
        command = " ".join(part.split())
        yield _spelt_out(command)
        _, equals, assigned = command.partition("=")
        if equals:
            yield _spelt_out(assigned.strip())


def _spelt_out(command: str) -> str:
    name, space, rest = command.strip().lower().partition(" ")
    name = name.removesuffix(".exe")
    return _ALIASES.get(name, name) + space + rest
