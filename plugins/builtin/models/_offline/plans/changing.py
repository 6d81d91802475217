"""Plans that create files and change lines of them."""

from __future__ import annotations

from typing import Final

from ..edits import TextEdit, spanning
from ..languages import fence_tag
from ..markdown import code, fenced, many, paragraphs
from ..plan import Call, Plan, Reply, World, one
from ..references import resolve
from ..requests import CreateFile, DeleteLines, Insert, Invent
from ..results import FileText, Result
from .common import is_missing, no_tool, read_whole, said, unreadable
from .replacing import edit_call
from .searching import escaped, listed_paths

SHOWN_LINES: Final = 20


def create_file(request: CreateFile, world: World) -> Plan:
    """Write a new file; one that is there already stays as it is."""
    if missing := world.missing("Write", "Glob"):
        return (yield from no_tool(missing))
    path = request.path
    # Write lets a file that was read before be overwritten, so this looks for itself.
    there = yield from one(Call("Glob", {"pattern": _exactly(path)}))
    if not there.is_error and listed_paths(there.text):
        return _exists(path)
    result = yield from one(Call("Write", {"file_path": path, "content": request.content}))
    if result.is_error:
        return Reply(f"{code(path)} was not created: {result.trouble}.", done=False)
    lines = request.content.count("\n")
    shown = fenced(request.content, fence_tag(path)) if 0 < lines <= SHOWN_LINES else ""
    return Reply(
        paragraphs(f"Created {code(path)} ({many(lines, 'line')}).", shown, "Say `undo` to remove it.")
    )


def _exactly(path: str) -> str:
    """Return a pattern that fits only this path, and in a folder that is not there nothing, which is no error."""
    pattern = escaped(path)
    folder, slash, _ = pattern.partition("/")
    return f"[{pattern[0]}]{pattern[1:]}" if folder.isidentifier() and slash else pattern


def _exists(path: str) -> Reply:
    text = f'{code(path)} is there already, so nothing was written. Say `append "…" to {path}`, or delete it first.'
    return Reply(text, done=False)


def invent(request: Invent, world: World) -> Plan:
    """Say that this needs somebody who can write."""
    text = (
        f"I cannot make up what {code(request.path)} should hold: I am not a language model. I can write a text that "
        f'you give me: create {request.path} with the text "…"; or a program that prints a line: '
        "`write hello.py that prints hello`. For the rest: `how do I set up a model?`"
    )
    return (yield from said(text, done=False))


def insert(request: Insert, world: World) -> Plan:
    """Put lines into a file that is there."""
    if missing := world.missing("Read", "Edit", "Write"):
        return (yield from no_tool(missing))
    reference = resolve(request.path, world)
    if isinstance(reference, Reply):
        return (yield from said(reference.text, done=False))
    path = reference.path
    text = (yield from read_whole(world, [path]))[0]
    if (trouble := _trouble(path, text, request.text)) or isinstance(text, Result):
        return Reply(trouble, done=False)
    lines = list(text.lines)
    at = _position(request, lines)
    if isinstance(at, str):
        return Reply(f"{at} Nothing was changed.", done=False)
    new = request.text.removesuffix("\n").split("\n")
    if not lines:
        result = yield from one(Call("Write", {"file_path": path, "content": "\n".join([*new, ""])}))
    elif text.content == "\n":
        result = yield from one(edit_call(path, TextEdit("\n", "\n".join([*new, ""]))))
    else:
        edit = spanning(text.text, "\n".join([*lines[:at], *new, *lines[at:]]))
        result = yield from one(edit_call(path, edit or TextEdit("", "")))
    if result.is_error:
        return Reply(f"{code(path)} is unchanged: {result.trouble}.", done=False)
    place = code(f"{path}:{at + 1}")
    return Reply(f"Added {many(len(new), 'line')} at {place}. Say `undo` to take it back.")


def _trouble(path: str, text: FileText | Result, new: str) -> str:
    """Return why lines cannot be put into a file; empty where they can."""
    if isinstance(text, Result):
        if is_missing(text):
            return f'There is no {code(path)}. Say `create {path} with the text "…"` to make it. Nothing was changed.'
        return f"{unreadable(path, text)} Nothing was changed."
    if not text.whole:
        return f"{code(path)} is too big for me to edit. Nothing was changed."
    return "" if new else "There is no text to add. Nothing was changed."


def _position(request: Insert, lines: list[str]) -> int | str:
    """Return the index before which to insert, or why there is none."""
    if request.anchor:
        found = [index for index, line in enumerate(lines) if request.anchor in line]
        if len(found) != 1:
            count = many(len(found), "line holds", "lines hold")
            return f"{count} {code(request.anchor)}, so the place is not certain."
        return found[0] + request.after
    if request.line is None:
        return len(lines)
    if request.line > len(lines) + 1:
        return f"{code(request.path)} has only {many(len(lines), 'line')}."
    return request.line - 1


def delete_lines(request: DeleteLines, world: World) -> Plan:
    """Take lines out of a file."""
    if missing := world.missing("Read", "Edit"):
        return (yield from no_tool(missing))
    reference = resolve(request.path, world)
    if isinstance(reference, Reply):
        return (yield from said(reference.text, done=False))
    path = reference.path
    text = (yield from read_whole(world, [path]))[0]
    if isinstance(text, Result) or not text.whole:
        return Reply(_trouble(path, text, "-"), done=False)
    first, last = request.span.first, min(request.span.last or request.span.first, len(text.lines))
    if first > len(text.lines):
        return Reply(
            f"{code(path)} has only {many(len(text.lines), 'line')}. Nothing was changed.", done=False
        )
    left = [*text.lines[: first - 1], *text.lines[last:]]
    edit = spanning(text.text, "\n".join(left))
    result = yield from one(edit_call(path, edit or TextEdit(text.text, "")))
    if result.is_error:
        return Reply(f"{code(path)} is unchanged: {result.trouble}.", done=False)
    gone = fenced("\n".join(text.lines[first - 1 : last][:SHOWN_LINES]), fence_tag(path))
    what = f"Deleted {many(last - first + 1, 'line')} at {code(f'{path}:{first}')}:"
    return Reply(paragraphs(what, gone, "Say `undo` to take it back."))
