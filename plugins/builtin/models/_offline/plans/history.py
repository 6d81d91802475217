"""The plan that shows what changed."""

from __future__ import annotations

import difflib
from typing import Final

from ..history import FileChange, changed_turns
from ..markdown import code, fenced, many, paragraphs, quoted
from ..outcomes import outcome_of, output_text
from ..plan import Call, Plan, Reply, World, one
from ..requests import ShowChanges
from ..results import Result

DIFF_LINES: Final = 200
TURNS_SHOWN: Final = 10


def show_changes(request: ShowChanges, world: World) -> Plan:
    """Ask git; outside a repository tell what this conversation edited."""
    if world.missing("Bash"):
        return Reply(_by_conversation(world))
    status = yield from one(
        Call("Bash", {"command": "git status --short", "description": "Which files changed"})
    )
    if not status.is_error:
        if not output_text(status):
            return Reply("Nothing changed since the last commit.")
        diff = yield from one(
            Call("Bash", {"command": "git diff HEAD", "description": "What changed in them"})
        )
        return Reply(_by_git(output_text(status), diff))
    if status.refusal is not None or "not a git repository" not in status.text:
        return Reply(paragraphs(f"git could not be asked: {status.trouble}.", _by_conversation(world)))
    return Reply(
        paragraphs(
            "This folder is not in a git repository, so this is what I changed.", _by_conversation(world)
        )
    )


def _by_git(status: str, diff: Result) -> str:
    files = status.split("\n")
    parts = [f"{many(len(files), 'file')} changed since the last commit:", fenced(status, "text")]
    new = sum(line.startswith("??") for line in files)
    outcome = outcome_of(diff)
    text = "" if diff.is_error else outcome.output
    lines = text.split("\n")
    if text:
        shown = "\n".join(lines[:DIFF_LINES])
        rest = len(lines) - DIFF_LINES
        cut = f"… and {rest:,} more lines; `run git diff HEAD` shows all." if rest > 0 else ""
        parts += [fenced(shown, "diff"), cut, outcome.saved]
    if new:
        parts.append(f"{many(new, 'entry is', 'entries are')} new to git (`??`); the diff leaves them out.")
    return paragraphs(*parts)


def _by_conversation(world: World) -> str:
    turns = [turn for turn, _ in zip(changed_turns(world), range(TURNS_SHOWN), strict=False) if turn.changes]
    if not turns:
        return "I changed no file in this conversation, or all of it was taken back."
    parts: list[str] = []
    for turn in reversed(turns):
        parts.append(f"For {quoted(turn.prompt)}:")
        parts += [_change(change) for change in turn.changes]
    return paragraphs(*parts)


def _change(change: FileChange) -> str:
    if change.edit is None:
        verb = "Created" if change.created else "Rewrote"
        return f"{verb} {code(change.path)} ({many(change.content.count(chr(10)), 'line')})."
    old, new = change.edit.old.split("\n"), change.edit.new.split("\n")
    diff = list(difflib.unified_diff(old, new, lineterm="", n=1))[2:]
    every = ", everywhere in the file" if change.edit.replace_all else ""
    return f"Edited {code(change.path)}{every}:\n\n{fenced(chr(10).join(diff[:DIFF_LINES]), 'diff')}"
