"""Which bash runs commands, with what around it. Source of the names: code.claude.com/docs/en/env-vars."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gaff.hooks import Session, ToolError

from ._processes import MARKER

_USUAL_PLACES: Final = (
    "/bin",
    "/usr/bin",
    "/usr/local/bin",
    "/opt/homebrew/bin",
    "/run/current-system/sw/bin",
)
#: The variables that ``command_environ`` sets.
OWN_VARIABLES: Final = frozenset(
    {
        "PWD",
        "SHLVL",
        "CLAUDECODE",
        "CLAUDE_CODE_SESSION_ID",
        "CLAUDE_CODE_CHILD_SESSION",
        "CLAUDE_PID",
        "CLAUDE_EFFORT",
    }
    | {"GAFF", "GIT_EDITOR", MARKER}
)
_TRUE: Final = frozenset({"1", "true", "yes", "on"})


@dataclass(frozen=True, slots=True)
class Limits:
    """What may be set through the environment. Times in seconds, output in characters."""

    timeout: float
    longest_timeout: float
    output: int
    task_output: int
    keeps_directory: bool
    background: bool

    @staticmethod
    def of(environ: Mapping[str, str]) -> Limits:
        """Read the limits."""
        timeout = _number(environ, "BASH_DEFAULT_TIMEOUT_MS", 120_000)
        longest = _number(environ, "BASH_MAX_TIMEOUT_MS", 600_000)
        return Limits(
            timeout / 1000,
            max(timeout, longest) / 1000,
            _number(environ, "BASH_MAX_OUTPUT_LENGTH", 30_000, 150_000),
            _number(environ, "TASK_MAX_OUTPUT_LENGTH", 32_000, 160_000),
            not _flag(environ, "CLAUDE_BASH_MAINTAIN_PROJECT_WORKING_DIR"),
            not _flag(environ, "CLAUDE_CODE_DISABLE_BACKGROUND_TASKS"),
        )


def _number(environ: Mapping[str, str], name: str, default: int, most: int | None = None) -> int:
    text = environ.get(name, "")
    value = int(text) if text.isdecimal() and int(text) > 0 else default
    return value if most is None else min(value, most)


def _flag(environ: Mapping[str, str], name: str) -> bool:
    return environ.get(name, "").lower() in _TRUE


def find_bash(session: Session) -> str:
    """Return the path of bash: the first on the search path that the project did not bring along.

    Raises:
        ToolError: there is none.
    """
    folders = [
        folder for folder in session.environ.get("PATH", "").split(os.pathsep) if os.path.isabs(folder)
    ]
    for folder in (*folders, *_USUAL_PLACES):
        path = os.path.join(folder, "bash")
        real = Path(os.path.realpath(path))
        if os.access(real, os.X_OK) and not any(
            real.is_relative_to(inside) for inside in session.directories
        ):
            return path
    raise ToolError("bash was not found; install it, or add its folder to PATH")


def command_environ(session: Session, task_id: str) -> dict[str, str]:
    """Return the environment of a command."""
    environ = dict(session.environ)
    environ.pop("OLDPWD", None)
    environ |= {
        "PWD": str(session.cwd),
        "CLAUDECODE": "1",
        "CLAUDE_CODE_SESSION_ID": session.id,
        "CLAUDE_CODE_CHILD_SESSION": "1",
        "CLAUDE_PID": str(os.getpid()),
        "GAFF": "1",
        MARKER: f"{session.id}/{task_id}",
    }
    environ.setdefault("GIT_EDITOR", "true")  # nobody can type into an editor
    effort = session.event_context.effort
    return environ if effort is None else {**environ, "CLAUDE_EFFORT": effort}


def command_line(
    bash: str, command: str, environ: Mapping[str, str], tell_directory: Path | None
) -> Sequence[str]:
    """Return the words that start bash on a command.

    ``-p`` keeps functions and options in the environment from changing what the command means. The shell
    writes the directory it ends in to the file ``tell_directory``.
    """
    lines: list[str] = []
    if tell_directory is not None:
        trap = f"builtin pwd -P 2>/dev/null >|{shlex.quote(str(tell_directory))}"
        lines.append(f"trap {shlex.quote(trap)} EXIT")
    lines.append("__gaff_command=$1; shift")
    prepared = environ.get("CLAUDE_ENV_FILE", "")
    if prepared and os.path.isfile(prepared):
        lines.append(f". {shlex.quote(prepared)}")
    lines.append('eval -- "$__gaff_command"')
    return (bash, "--norc", "--noprofile", "-p", "-c", "\n".join(lines), "bash", command)
