"""What a result of Bash says: how the command ended, and what it printed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from .markdown import code
from .results import Result

#: What Bash says round the output itself.
EXIT: Final = re.compile(r"Exit code (\d+)")
LONG: Final = re.compile(r"The output is long \((?P<size>[^)\n]+)\); all of it is in (?P<path>[^\n]+)")
UNFINISHED: Final = re.compile(
    r"The command (?:runs in the background|did not end within|took longer than)[^\n]*"
)


@dataclass(frozen=True)
class Outcome:
    """How a command went: its exit code where there is one, what it printed, and what Bash says besides."""

    exit_code: int | None
    output: str
    #: Where all of the output is, where only a part is shown.
    saved: str = ""
    #: What Bash says of a command that has not ended, or was stopped for its time.
    unfinished: str = ""


def outcome_of(result: Result) -> Outcome:
    """Read a result of Bash."""
    lines = result.text.strip("\n").split("\n")
    if found := UNFINISHED.match(lines[0]):
        return Outcome(None, "\n".join(lines[1:]).strip("\n"), unfinished=found.group().rstrip("."))
    exit_code = None if result.is_error else 0
    if result.is_error and (code_line := EXIT.fullmatch(lines[0])):
        exit_code = int(code_line[1])
        lines = lines[1:]
    saved = ""
    if lines and (long := LONG.fullmatch(lines[0])):
        saved = f"The output is long ({long['size']}); all of it is in {code(long['path'])}."
        lines = lines[1:]
    text = "\n".join(lines).strip("\n")
    return Outcome(exit_code, "" if text == "(no output)" else text, saved)


def output_text(result: Result) -> str:
    """Return what the command printed."""
    return outcome_of(result).output


def tail(text: str, lines: int) -> str:
    """Return the last lines of a text, with a mark where earlier ones are left out."""
    every = text.split("\n")
    return text if len(every) <= lines else "\n".join(["… (earlier lines left out)", *every[-lines:]])
