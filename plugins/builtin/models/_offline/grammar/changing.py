"""Requests that change what is there: replace, move, delete."""

from __future__ import annotations

import re
from typing import Final

from ..requests import DeleteFile, DeleteLines, MoveFile, Replace, Request, Scope, Span
from .rules import Found, Rules
from .words import INSIDE, is_path, is_pointer

RULES: Final = Rules()

CHANGE: Final = "replace change substitute swap exchange rename"
KIND: Final = (
    "[function|class|method|variable|constant|symbol|identifier|name|word|text|string|phrase|module]"
)
EVERY: Final = "[all|every|each] [of] [the] [occurrences? of|instances? of|uses of] [the]"
INSIDE_WORDS: Final = "[<inside=even inside words|also inside words|inside words too|including inside words>]"


@RULES.add("move mv", "[the] [file] <source:word> (to|into|as) <target:word>")
@RULES.add("mv cp", "<source:word> <target:word>")
@RULES.add("rename copy cp duplicate", "[the] [file] <source:word> (to|into|as) <target:word>")
def move(found: Found) -> Request | None:
    """A file moved or copied."""
    source, target = found.path("source", sure=True), found.path("target", sure=found.verb == "rename")
    copy = found.verb in {"copy", "cp", "duplicate"}
    return MoveFile(source, target, copy) if source and target and not is_pointer(target) else None


@RULES.add(CHANGE, f"{EVERY} {KIND} <old> (with|by|to|for|into|as) <new> {INSIDE_WORDS}")
def replace(found: Found) -> Request | None:
    """Text replaced by other text."""
    folded, scope = found.text_and_scope("new")
    return replaced(found, folded.strip(), scope)


@RULES.add(
    "replace change rename",
    f"(in|under|within|inside) <scope:word>,? {KIND} <old> (with|by|to|for|into) <new> {INSIDE_WORDS}",
)
@RULES.add(
    "in", f"<scope:word>,? (replace|change|rename) {KIND} <old> (with|by|to|for|into) <new> {INSIDE_WORDS}"
)
def replace_in(found: Found) -> Request | None:
    """The same with the place in front."""
    scope = found.scope("scope")
    return replaced(found, found.folded("new"), scope) if scope else None


def replaced(found: Found, folded: str, scope: Scope) -> Request | None:
    """Return the replacement, if it is certain where the new text ends and the old one begins."""
    old, new = found.text("old"), found.phrase.unfold(folded)
    quoted = found.is_quoted("old") and found.phrase.is_quoted(folded)
    is_prose = len(old) > 200 or "\n" in old + new or INSIDE.search(f" {folded} ")
    if not old or not folded or old == new or (is_prose and not quoted):
        return None
    if found.verb == "change" and re.search(r"\s", folded) and not found.is_quoted("old"):
        return None
    return Replace(old, new, scope, bool(found.text("inside")))


@RULES.add(
    "delete remove drop cut",
    "[the] lines? <first:number> [<dash=-|–|to|through> <last:number>] (of|in|from) [the] [file] <path:word>",
)
@RULES.add(
    "delete remove drop cut",
    "[the] lines? <first:number>-<last:number> (of|in|from) [the] [file] <path:word>",
)
def delete_lines(found: Found) -> Request | None:
    """Lines taken out."""
    path, first = found.path("path", sure=True), max(1, int(found.text("first")))
    last = max(first, int(found.text("last") or first))
    return DeleteLines(path, Span(first, last)) if path else None


@RULES.add(
    "delete remove drop",
    "[all|every] [the] [occurrences? of] [the] [word|text|string] <old> (in|from) <scope>",
)
def remove_text(found: Found) -> Request | None:
    """Text taken out; it must be quoted."""
    scope, old = found.scope("scope"), found.text("old")
    return Replace(old, "", scope) if scope and old and found.is_quoted("old") else None


@RULES.add("delete remove rm erase unlink", "[-f] [the] [file] <path>")
def delete_file(found: Found) -> Request | None:
    """A file deleted."""
    path = found.path("path", sure=True)
    return (
        DeleteFile(path) if path and (is_path(path) or found.is_quoted("path") or is_pointer(path)) else None
    )
