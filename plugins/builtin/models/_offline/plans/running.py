"""Plans that run one command."""

from __future__ import annotations

import re
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
EXIT: Final = re.compile(r"exit(?:ed with)?(?: code| status)?:? (\d+)", re.IGNORECASE)


def exit_code(result: Result) -> int | None:
    """Return the exit code that a result of Bash names; 0 where all went well, ``None`` where none is named."""
    if not result.is_error:
        return 0
    lines = [line for line in result.text.strip().split("\n") if line.strip()]
    for line in (*lines[:1], *lines[-1:]):
        if match := EXIT.search(line):
            return int(match[1])
    return None


def output_text(result: Result) -> str:
    """Return what the command printed, without the line in which Bash names the exit code."""
    lines = result.text.strip("\n").split("\n")
    if result.is_error and lines and EXIT.fullmatch(lines[0].strip().strip("[]().")):
        lines = lines[1:]
    elif result.is_error and lines and EXIT.fullmatch(lines[-1].strip().strip("[]().")):
        lines = lines[:-1]
    text = "\n".join(lines).strip("\n")
    return "" if text == "(no output)" else text


def tail(text: str, lines: int) -> str:
    """Return the last lines of a text, saying how many are left out."""
    every = text.split("\n")
    left_out = len(every) - lines
    return text if left_out <= 0 else "\n".join([f"… {left_out:,} lines before", *every[-lines:]])


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
    output = output_text(result)
    ended = exit_code(result)
    head = f"{name} ended with exit code {ended}." if ended else f"{name} failed." if result.is_error else ""
    if not output:
        return Reply(head or f"{name} ran and printed nothing.", done=not result.is_error)
    return Reply(
        paragraphs(head or f"{name}:", fenced(tail(output, SHOWN_LINES), "text")), done=not result.is_error
    )


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
