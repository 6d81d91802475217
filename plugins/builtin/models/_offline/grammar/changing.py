"""Requests that change files."""

from __future__ import annotations

import re
from typing import Final

from ..requests import (
    CreateFile,
    CreateFolder,
    DeleteFile,
    DeleteLines,
    Insert,
    Invent,
    MoveFile,
    Replace,
    Request,
    Scope,
    Span,
)
from ..templates import printing, template
from .rules import Found, Rules
from .words import is_path, is_pointer

RULES: Final = Rules()

CHANGE: Final = "replace change substitute swap exchange rename"
CREATE: Final = "create make write add new save touch generate"
KIND: Final = (
    "[function|class|method|variable|constant|symbol|identifier|name|word|text|string|phrase|module]"
)
WITH_TEXT: Final = (
    "(with|containing|that contains|which contains|that says|saying|that reads|holding) "
    "[just|only|exactly] [the|this|following|these] [following] [text|content|contents|lines?|words?]"
)
FILE: Final = "[a|an|the|one] [new|empty|simple|small|text|python|markdown|shell|node] [file|script|program] [called|named]"
INSIDE_WORDS: Final = "[<inside=even inside words|also inside words|inside words too|including inside words>]"


def replaced(found: Found, new: str, scope: Scope) -> Request | None:
    """Return the replacement that was asked for; a file renamed where both sides look like files."""
    old = found.text("old")
    quoted = found.is_quoted("old")
    if not old or (old == new) or (not quoted and (len(old) > 200 or "\n" in old)):
        return None
    files = found.verb == "rename" and is_path(old) and is_path(new) and scope == Scope()
    if files:
        return MoveFile(old, new)
    return Replace(old, new, scope, bool(found.text("inside")))


@RULES.add(
    CHANGE,
    f"[all|every|each] [of] [the] [occurrences? of|instances? of|uses of] [the] {KIND} <old> (with|by|to|for|into|as) <new> {INSIDE_WORDS}",
)
def replace(found: Found) -> Request | None:
    """Text replaced by other text."""
    folded, scope = found.text_and_scope("new")
    if not folded or (
        re.search(r"\s", folded)
        and not found.phrase.is_quoted(found.folded("old"))
        and found.verb == "change"
    ):
        return None
    return replaced(found, found.phrase.unfold(folded), scope)


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
    return replaced(found, found.text("new"), scope) if scope else None


@RULES.add("move mv", "[the] [file] <source:word> (to|into|as) <target:word>")
@RULES.add("mv", "<source:word> <target:word>")
@RULES.add("rename", "[the] [file] <source:word> (to|into|as) <target:word>")
def move(found: Found) -> Request | None:
    """A file moved."""
    source, target = found.path("source", sure=True), found.path("target")
    return MoveFile(source, target) if source and target and not is_pointer(target) else None


@RULES.add("create make add new", "[a|an|the] [new|empty] (folder|directory|dir) [called|named] <path:word>")
@RULES.add("mkdir", "[-p] <path:word>")
def create_folder(found: Found) -> Request | None:
    """A folder made."""
    path = found.path("path")
    return CreateFolder(path) if path and not is_pointer(path) else None


@RULES.add(
    CREATE,
    f"{FILE} <path:word>,? (that|which|to) [just|only|simply] (prints?|says?|outputs?|echo|echoes) <text>",
)
def create_printing(found: Found) -> Request | None:
    """A program that prints something: one line in most languages."""
    path = found.path("path", sure=True)
    if path is None:
        return None
    text = re.sub(r"^the (?:text|words?|line) ", "", found.folded("text"), flags=re.IGNORECASE)
    program = printing(path, found.phrase.unfold(text))
    return Invent(path) if program is None else CreateFile(path, program)


@RULES.add(CREATE, f"{FILE} <path:word>,? {WITH_TEXT}:? <text>")
@RULES.add(CREATE, f"{FILE} <path:word>: <text>")
def create_with(found: Found) -> Request | None:
    """A file with a given text."""
    path = found.path("path", sure=True)
    return CreateFile(path, content_of(found, "text")) if path and not is_pointer(path) else None


def content_of(found: Found, name: str) -> str:
    """Return the text for a file: as quoted, or all that was typed; ended like a line where it is not quoted in a fence."""
    raw = found.phrase.raw(found.folded(name))
    text = found.text(name) if found.is_quoted(name) else raw
    return text if text.endswith("\n") or not text else f"{text}\n"


@RULES.add("write save put", "<text> (to|into|in|as) [a|the] [new] [file] [called|named] <path:word>")
def write_to(found: Found) -> Request | None:
    """A given text written to a new file; it must be quoted, so that it is certain what is meant."""
    path = found.path("path", sure=True)
    return CreateFile(path, content_of(found, "text")) if path and found.is_quoted("text") else None


@RULES.add(CREATE, f"{FILE} <path:word>")
def create_plain(found: Found) -> Request | None:
    """A file of which nothing is said: one with a usual content gets that, the others are empty."""
    path = found.path("path", sure=True)
    if path is None or is_pointer(path):
        return None
    return CreateFile(path)


@RULES.add(
    "create make add write generate",
    "[a|an|the] [new] [file] <path:word> [file] for [a] <kind:word> [project|projects]",
)
def create_template(found: Found) -> Request | None:
    """A file that is much the same in every project of a kind."""
    path = found.path("path", sure=True)
    if path is None:
        return None
    content = template(path, found.text("kind"))
    return Invent(path) if content is None else CreateFile(path, content)


@RULES.add(CREATE, f"{FILE} <path:word>,? (that|which|to|for|with|implementing|doing|about) <wish>")
def create_other(found: Found) -> Request | None:
    """Anything else would have to be invented."""
    path = found.path("path", sure=True)
    return Invent(path) if path else None


@RULES.add(
    "append add", "[the|this] [line|text|lines] <text> (to|at) the (end|bottom) of [the] [file] <path:word>"
)
@RULES.add("append add", "[the|this] [line|text|lines] <text> to [the] [file] <path:word>")
@RULES.add("append add", "to [the] [file] <path:word>:? [the|this] [line|text] <text>")
def append(found: Found) -> Request | None:
    """Lines at the end of a file."""
    return insertion(found)


@RULES.add(
    "insert add put",
    "[the] [line|text] <text> (at|on|in|as|before) line <line:number> (of|in|into|to) [the] [file] <path:word>",
)
@RULES.add(
    "insert add put",
    "[the] [line|text] <text> <after=after|below> line <line:number> (of|in|into|to) [the] [file] <path:word>",
)
@RULES.add(
    "insert add put", "[the] [line|text] <text> (into|in|to) <path:word> (at|on|before) line <line:number>"
)
@RULES.add(
    "insert add put",
    "[the] [line|text] <text> (at|to) the <top=top|start|beginning|head> of [the] [file] <path:word>",
)
@RULES.add(
    "insert add put",
    "[the] [line|text] <text> <after=after|below|under> [the] [line] <anchor> in [the] [file] <path:word>",
)
@RULES.add(
    "insert add put",
    "[the] [line|text] <text> (before|above) [the] [line] <anchor> in [the] [file] <path:word>",
)
def insert(found: Found) -> Request | None:
    """Lines somewhere in a file."""
    return insertion(found)


def insertion(found: Found) -> Request | None:
    """Return the insertion a pattern's pieces describe."""
    path = found.path("path", sure=True)
    text = found.text("text") if found.is_quoted("text") else found.phrase.raw(found.folded("text"))
    if path is None or not text:
        return None
    after = bool(found.text("after"))
    line = (
        1 if found.text("top") else int(found.text("line") or 0) + (1 if after and found.text("line") else 0)
    )
    return Insert(
        path,
        text,
        max(1, line) if found.text("top") or found.text("line") else None,
        found.text("anchor"),
        after,
    )


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
    scope = found.scope("scope")
    return (
        Replace(found.text("old"), "", scope)
        if scope and found.is_quoted("old") and found.text("old")
        else None
    )


@RULES.add("delete remove rm erase unlink", "[-f] [the] [file] <path:word> [file]")
def delete_file(found: Found) -> Request | None:
    """A file deleted."""
    path = found.path("path", sure=True)
    return DeleteFile(path) if path else None
