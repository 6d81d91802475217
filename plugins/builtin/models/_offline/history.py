"""What the conversation changed on disk, and what of that was taken back since."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Final

from gaff.hooks import text_at

from .edits import TextEdit
from .plan import REVERSING, World
from .results import Result

REMOVAL: Final = re.compile(r"rm (?:-f )?-- (?P<path>.+)")


#: Commands of the plans that only look.
LOOKING: Final = re.compile(r"ls -1Ap|git (?:status|diff|log|branch)\b|pwd$|date$")


@dataclass(frozen=True)
class FileChange:
    """One successful Edit or Write."""

    path: str
    #: The edit; ``None`` where the whole file was written.
    edit: TextEdit | None
    content: str
    created: bool
    #: The id of the call, which says where in the conversation it stands.
    call_id: str


@dataclass(frozen=True)
class ChangedTurn:
    """A turn that changed something: its request, and its changes that still hold, in order."""

    prompt: str
    changes: tuple[FileChange, ...]
    #: Commands that were run in it, since what they did is not known.
    commands: tuple[str, ...]


def changed_turns(world: World) -> Iterator[ChangedTurn]:
    """Yield the turns whose changes still hold, the newest first, beginning with this one so far.

    Each change that an undo made takes away the newest change of that file before it.
    """
    undone: Counter[str] = Counter()
    now = ("this request", tuple(result for exchange in world.done for result in exchange.results))
    earlier = ((turn.prompts[0], tuple(turn.results)) for turn in world.earlier())
    for prompt, results in chain((now,), earlier):
        kept: list[FileChange] = []
        for result in reversed(results):
            change = change_of(result)
            path = change.path if change else removed_path(text_at(result.call.input, "command"))
            if result.call.id.startswith(REVERSING):
                undone.update([path] if path and not result.is_error else [])
            elif change and undone[change.path]:
                undone[change.path] -= 1
            elif change:
                kept.append(change)
        commands = tuple(
            text_at(result.call.input, "command") for result in results if _is_own_command(result)
        )
        if kept or commands:
            yield ChangedTurn(prompt, tuple(reversed(kept)), commands)


def change_of(result: Result) -> FileChange | None:
    """Return the change that a call made; ``None`` for other calls and failed ones."""
    call, given = result.call, result.call.input
    if result.is_error or call.name not in {"Edit", "Write"}:
        return None
    created = bool(re.match(r"Created |File created", result.text))
    path, content = text_at(given, "file_path"), text_at(given, "content")
    if call.name == "Write":
        return FileChange(path, None, content, created, call.id)
    old, new = text_at(given, "old_string"), text_at(given, "new_string")
    if not old:
        return FileChange(path, None, new, created, call.id)
    return FileChange(path, TextEdit(old, new, given.get("replace_all") is True), "", False, call.id)


def removed_path(command: str) -> str | None:
    """Return the file that such a command of ours deletes; ``None`` for other commands."""
    import shlex

    match = REMOVAL.fullmatch(command)
    try:
        words = shlex.split(match["path"]) if match else []
    except ValueError:
        return None
    return words[0] if len(words) == 1 else None


def _is_own_command(result: Result) -> bool:
    """Whether a command ran that may have changed anything, other than those that take changes back."""
    command = text_at(result.call.input, "command")
    ran = result.call.name == "Bash" and result.refusal is None
    return ran and not result.call.id.startswith(REVERSING) and not LOOKING.match(command)
