"""The plan that takes changes back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gaff.hooks import text_at

from ..conversation import last_results
from ..edits import TextEdit, spanning
from ..history import ChangedTurn, FileChange, changed_turns
from ..markdown import code, many, paragraphs, quoted
from ..plan import Call, Plan, Reply, World, call
from ..requests import Undo
from ..results import FileText, Result, file_text
from .common import no_tool, read_whole, said, unreadable
from .moving import remove
from .replacing import edit_call


@dataclass(frozen=True)
class Reversal:
    """How one change is taken back, or why it is not."""

    change: FileChange
    call: Call | None = None
    why_not: str = ""


def undo(request: Undo, world: World) -> Plan:
    """Reverse the changes of the last request that still hold, the newest first."""
    if missing := world.missing("Read", "Edit"):
        return (yield from no_tool(missing))
    turns = _targets(request, world)
    changes = [change for turn in turns for change in reversed(turn.changes)]
    if not changes:
        text = (
            "There is nothing to undo: no edit of this conversation still holds. Commands cannot be undone."
        )
        return (yield from said(text, done=False))
    paths = list(dict.fromkeys(change.path for change in changes))
    texts = dict(zip(paths, (yield from read_whole(world, paths)), strict=True))
    reversals = _reversals(changes, texts, world)
    calls = [one.call for one in reversals if one.call]
    results = yield from call(*calls, reverses=True)
    left = sum(1 for turn in changed_turns(world) if turn.changes) - len(turns)
    return _answer(turns, reversals, results, more=left > 0 and request.how == "request")


def _targets(request: Undo, world: World) -> list[ChangedTurn]:
    """Return the turns to take back; for a single edit one turn that holds nothing else."""
    turns = (turn for turn in changed_turns(world) if turn.changes)
    if request.how == "all":
        return list(turns)
    newest = next(turns, None)
    if newest is None:
        return []
    return [newest] if request.how == "request" else [ChangedTurn(newest.prompt, newest.changes[-1:], ())]


def _reversals(
    changes: Sequence[FileChange], texts: dict[str, FileText | Result], world: World
) -> list[Reversal]:
    """Work out the reversals one after the other, each on what the one before will have left."""
    now = {
        path: text.content if isinstance(text, FileText) and text.whole else None
        for path, text in texts.items()
    }
    found: list[Reversal] = []
    for change in changes:
        content, shown = now[change.path], texts[change.path]
        if content is not None:
            reversal, now[change.path] = _reversal(change, content, world)
        elif isinstance(shown, Result):
            reversal = Reversal(change, why_not=unreadable(change.path, shown).rstrip("."))
        else:
            reversal = Reversal(change, why_not=f"{code(change.path)} is left as it is")
        found.append(reversal)
    return found


def _reversal(change: FileChange, content: str, world: World) -> tuple[Reversal, str | None]:
    """Return how to take one change back, given the file as it is, and the file as it will be then."""
    path = code(change.path)
    stale = Reversal(
        change, why_not=f"{path} has changed since in a way I cannot be sure of, so it is left as it is"
    )
    if change.created:
        if not _same(content, change.content):
            return stale, None
        if world.missing("Bash"):
            return Reversal(change, why_not=f"{path} is new; deleting it needs the tool Bash"), None
        return Reversal(change, remove(change.path)), None
    before = _content_before(change, content, world)
    edit = None if before is None else _edit_back(change, content, before)
    return (stale, None) if edit is None else (Reversal(change, edit_call(change.path, edit)), before)


def _edit_back(change: FileChange, content: str, before: str) -> TextEdit | None:
    """Return the edit that makes the file what it was; the change's own reverse, if that does."""
    if change.edit and change.edit.new:
        swapped = _swapped(change.edit)
        if swapped.apply(content) == before and (swapped.replace_all or content.count(swapped.old) == 1):
            return swapped
    if not before and change.edit is None:
        return TextEdit(change.content, "")
    if content in {"", "\n"}:
        return TextEdit(content, before)
    return spanning(content.removesuffix("\n"), before.removesuffix("\n"))


def _same(content: str, written: str) -> bool:
    """Whether a file as Read shows it holds what was written; the last line break cannot be seen."""
    return content.removesuffix("\n") == written.removesuffix("\n")


def _swapped(edit: TextEdit) -> TextEdit:
    return TextEdit(edit.new, edit.old, edit.replace_all)


def _content_before(change: FileChange, content: str, world: World) -> str | None:
    """Return what the file held before the change; ``None`` where that is not certain."""
    known = _known_before(change, world)
    if change.edit is None:
        return known if _same(content, change.content) else None
    if known is not None and change.edit.apply(known) == content:
        return known
    swapped = _swapped(change.edit)
    if swapped.old and not swapped.replace_all and content.count(swapped.old) == 1:
        return swapped.apply(content)
    return None


def _known_before(change: FileChange, world: World) -> str | None:
    """Return the file's text as the conversation last showed it in full before the change."""
    for result in last_results(world.messages, before=change.call_id):
        if text_at(result.call.input, "file_path") != change.path or result.is_error:
            continue
        if result.call.name == "Read" and (shown := file_text(result)) and shown.whole:
            return shown.content
        if result.call.name == "Write":
            written = text_at(result.call.input, "content")
            return f"{written.removesuffix(chr(10))}\n" if written else ""
        if result.call.name == "Edit":
            return None
    return None


def _answer(
    turns: Sequence[ChangedTurn], reversals: Sequence[Reversal], results: Sequence[Result], *, more: bool
) -> Reply:
    outcomes = iter(results)
    done: list[str] = []
    failed: list[str] = []
    for reversal in reversals:
        path = reversal.change.path
        if reversal.call is None:
            failed.append(f"{reversal.why_not}.")
        elif (result := next(outcomes)).is_error:
            failed.append(f"{code(path)} is as it was: {result.trouble}.")
        else:
            done.append(
                f"{code(path)}: {'removed, as it was new' if reversal.call.name == 'Bash' else 'restored'}"
            )
    commands = [command for turn in turns for command in turn.commands]
    asked = quoted(turns[0].prompt) if len(turns) == 1 else many(len(turns), "request")
    head = (
        f"Took back {many(len(done), 'change')} of {asked}:"
        if done
        else f"Nothing of {asked} was taken back."
    )
    note = (
        f"Commands that were run then are not undone: {', '.join(map(code, commands))}." if commands else ""
    )
    rows = "\n".join(f"- {row}" for row in [*done, *failed])
    hint = "Say `undo` again for the request before it." if more and done and not failed else ""
    return Reply(paragraphs(head, rows, note, hint), done=bool(done) and not failed)
