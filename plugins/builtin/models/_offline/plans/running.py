"""Plans that run one command."""

from __future__ import annotations

import re
from typing import Final

from ..markdown import code, fenced, paragraphs
from ..outcomes import Outcome, outcome_of, output_text, tail
from ..plan import Call, Plan, Reply, World, one
from ..requests import Ask, RunCommand
from ..results import Result
from .common import no_tool
from .testing import answer_of_tests

SHOWN_LINES: Final = 120

QUESTIONS: Final = {
    "status": ("git status --short --branch", "What git says of the working tree"),
    "log": ("git log --oneline -n 10", "The last commits"),
    "branch": ("git branch --show-current", "The current branch"),
    "folder": ("pwd", "The current folder"),
    "time": ("date", "The time"),
}
#: Commands whose output is that of a test runner.
TEST_RUN: Final = re.compile(
    r"(?:(?:uv|poetry) run )?(?:python3? -m )?(?:pytest|unittest|tox|nox)\b[^|&;<>]*"
    r"|(?:npm|pnpm|yarn|bun)(?: run)? test\b[^|&;<>]*|(?:cargo|go|make|mix|rake|swift|\./gradlew) test\b[^|&;<>]*"
)


def run_command(request: RunCommand, world: World) -> Plan:
    """Run the command as it was given; the permission check and its dialog are the shell's own."""
    if world.missing("Bash"):
        return (yield from no_tool("Bash"))
    result = yield from one(
        Call("Bash", {"command": request.command, "description": "Run what the user asked for"})
    )
    if TEST_RUN.fullmatch(request.command):
        return answer_of_tests(request.command, result)
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
