"""The plan that replaces a text in many files."""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Final

from gaff.hooks import JsonObject

from ..edits import TextEdit, replaced, replacing
from ..markdown import code, many, numbered, paragraphs
from ..plan import Call, Plan, Reply, Step, World, call, one
from ..requests import Replace
from ..results import FileText, Result
from .common import no_tool, read_whole, regex, said, unreadable
from .searching import listed_paths

#: Files that one request changes.
MOST_FILES: Final = 50

Paths = Generator[Step, tuple[Result, ...], "list[str] | Reply"]


@dataclass(frozen=True)
class Change:
    """What is to be done to one file, or why nothing is."""

    path: str
    edit: TextEdit | None
    places: int = 0
    why_not: str = ""


def replace(request: Replace, world: World) -> Plan:
    """Find the files with Grep, read each, and make one edit in each."""
    if missing := world.missing("Grep", "Read", "Edit"):
        return (yield from no_tool(missing))
    whole_words = bool(re.fullmatch(r"\w+", request.old)) and not request.inside_words
    paths = yield from _paths(request, whole_words)
    if isinstance(paths, Reply):
        return (yield from said(paths.text, done=paths.done))
    if len(paths) > MOST_FILES:
        text = (
            f"{code(request.old)} is in {len(paths)} files; I change at most {MOST_FILES} at once. "
            "Narrow it with `in FOLDER` or `in *.py`. Nothing was changed."
        )
        return Reply(text, done=False)
    texts = yield from read_whole(world, paths)
    changes = [_change(path, text, request, whole_words) for path, text in zip(paths, texts, strict=True)]
    planned = [change for change in changes if change.edit]
    say = f"Replacing {_pair(request)} in {many(len(planned), 'file')}." if planned else ""
    results = yield from call(
        *(edit_call(change.path, change.edit) for change in planned if change.edit), say=say
    )
    return _answer(request, changes, results, whole_words)


def _paths(request: Replace, whole_words: bool) -> Paths:
    pattern = regex(request.old, whole_word=whole_words)
    found: dict[str, str | int | bool] = {
        "pattern": pattern,
        "output_mode": "files_with_matches",
        "head_limit": 0,
    }
    if request.scope.path:
        found["path"] = request.scope.path
    if request.scope.glob:
        found["glob"] = request.scope.glob
    if "\n" in request.old:
        found["multiline"] = True
    parameters: JsonObject = found
    result = yield from one(Call("Grep", parameters))
    if result.is_error:
        return Reply(f"The search failed, so nothing was changed: {result.trouble}.", done=False)
    if result.is_cut:
        return Reply(
            f"{code(request.old)} is in more files than I can list. Narrow it with `in FOLDER`. Nothing was changed.",
            done=False,
        )
    if paths := listed_paths(result.text):
        return sorted(paths)
    where = f" in {request.scope}" if request.scope.path or request.scope.glob else ""
    words = " as a whole word" if whole_words else ""
    hint = " Add “even inside words” to replace parts of words, too." if whole_words else ""
    return Reply(f"{code(request.old)} is nowhere{where}{words}, so nothing was changed.{hint}", done=False)


def edit_call(path: str, edit: TextEdit) -> Call:
    """Return the Edit call."""
    every: JsonObject = {"replace_all": True} if edit.replace_all else {}
    return Call("Edit", {"file_path": path, "old_string": edit.old, "new_string": edit.new, **every})


def _change(path: str, text: FileText | Result, request: Replace, whole_words: bool) -> Change:
    if isinstance(text, Result):
        return Change(path, None, why_not=unreadable(path, text))
    if not text.whole:
        return Change(path, None, why_not=f"{code(path)} is too big to be read in full")
    edit = replacing(text.text, request.old, request.new, whole_words=whole_words)
    if edit is None:
        return Change(path, None, why_not=f"{code(path)} does not hold it as text that I can edit")
    return Change(path, edit, replaced(text.text, request.old, request.new, whole_words=whole_words)[1])


def _answer(
    request: Replace, changes: Sequence[Change], results: Sequence[Result], whole_words: bool
) -> Reply:
    planned = [change for change in changes if change.edit]
    done = [change for change, result in zip(planned, results, strict=True) if not result.is_error]
    failed = [
        f"{code(change.path)} is unchanged: {result.trouble}."
        for change, result in zip(planned, results, strict=True)
        if result.is_error
    ]
    failed += [f"{change.why_not.rstrip('.')}; it is unchanged." for change in changes if not change.edit]
    places = sum(change.places for change in done)
    words = " (whole words only)" if whole_words else ""
    head = f"Replaced {_pair(request)} in {many(places, 'place')} in {many(len(done), 'file')}{words}:"
    rows = numbered(f"{code(change.path)}: {many(change.places, 'place')}" for change in done)
    return Reply(
        paragraphs(
            head if done else f"Nothing was changed: {_pair(request)} was not replaced.",
            rows,
            "\n".join(f"- {reason}" for reason in failed),
            "Say `undo` to take it back." if done else "",
        ),
        done=bool(done) and not failed,
    )


def _pair(request: Replace) -> str:
    return f"{code(request.old)} by {code(request.new) if request.new else 'nothing'}"
