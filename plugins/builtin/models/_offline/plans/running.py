"""Plans that run one command."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from ..markdown import code, fenced, paragraphs
from ..plan import Call, Plan, Reply, World, one
from ..requests import Ask, RunCommand
from ..results import Result
from .common import no_tool

SHOWN_LINES: Final = 120

QUESTIONS: Final = {
    "status": ("git status --short --branch", "What git says of the working tree"),
    "log": ("git log --oneline -n 10", "The last commits"),
    "branch": ("git branch --show-current", "The current branch"),
    "folder": ("pwd", "The current folder"),
    "time": ("date", "The time"),
}
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


def run_command(request: RunCommand, world: World) -> Plan:
    """Run the command as it was given; the permission check and its dialog are the shell's own."""
    if world.missing("Bash"):
        return (yield from no_tool("Bash"))
    result = yield from one(
        Call("Bash", {"command": request.command, "description": "Run what the user asked for"})
    )
    return _answer(code(request.command), result)


def _answer(name: str, result: Result) -> Reply:
    if result.refusal is not None:
        return Reply(f"{name} was not run: {result.refusal}.", done=False)
    if result.interrupted:
        return Reply(f"{name} was interrupted; part of it may have been done.", done=False)
    outcome = outcome_of(result)
    head = _ending(name, result, outcome)
    if not outcome.output:
        return Reply(head or f"{name} ran and printed nothing.", done=not result.is_error)
    shown = fenced(tail(outcome.output, SHOWN_LINES), "text")
    return Reply(paragraphs(head or f"{name}:", shown, outcome.saved), done=not result.is_error)


def _ending(name: str, result: Result, outcome: Outcome) -> str:
    """Say how a command ended; nothing where it went well."""
    if outcome.unfinished:
        return f"{name}: {outcome.unfinished}."
    if outcome.exit_code:
        return f"{name} ended with exit code {outcome.exit_code}."
    return f"{name} failed." if result.is_error else ""


def ask(request: Ask, world: World) -> Plan:
    """Answer a small question by the command that knows."""
    if world.missing("Bash"):
        return (yield from no_tool("Bash"))
    command, description = QUESTIONS[request.about]
    result = yield from one(Call("Bash", {"command": command, "description": description}))
    if result.is_error and "not a git repository" in result.text:
        return Reply("This folder is not in a git repository.", done=False)
    if result.is_error or request.about in {"status", "log"}:
        return _answer(code(command), result)
    answer = output_text(result)
    empty = (
        "No branch is checked out (a detached HEAD)." if request.about == "branch" else "There is no answer."
    )
    words = {
        "branch": f"The current branch is {code(answer)}.",
        "folder": f"You are in {code(answer)}.",
        "time": f"It is {answer}.",
    }
    return Reply(words[request.about] if answer else empty)
