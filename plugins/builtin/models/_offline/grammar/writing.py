"""Requests that write: create files, put lines into them. What is to be written must be given."""

from __future__ import annotations

import re
from typing import Final

from ..languages import BY_NAME, language_of
from ..requests import CreateFile, CreateFolder, Insert, Invent, Request
from ..templates import printing, template
from .rules import Found, Rules
from .words import is_pointer

RULES: Final = Rules()

CREATE: Final = "create make write add new save touch generate"
FILE: Final = "[a|an|the|one] [new|empty|simple|small|text|python|markdown|shell|node] [file|script|program] [called|named]"
WITH: Final = "<with=with|containing|that contains|which contains|that says|saying|that reads|holding>"
GIVEN: Final = (
    "[just|only|exactly] [the|this|following|these] [following] [<given=text|contents?|lines?|words?>]"
)
LINE: Final = "[the|this|these|a|one] [new] [<given=text|lines?|words?>]"
INTO: Final = "[the] [file] <path:word>"

#: How a description of a text begins, rather than the text.
DESCRIPTION: Final = re.compile(
    r"(?:an?|some|several|another|more|all|the|my|your|appropriate)\s+[a-z]", re.IGNORECASE
)
#: What prose does not hold.
CODE: Final = re.compile(r"[=(){}\[\]<>;/\\#$@]")
PROSE_FILES: Final = frozenset({"Markdown", "plain text", "reStructuredText"})


@RULES.add("create make add new", "[a|an|the] [new|empty] (folder|directory|dir) [called|named] <path:word>")
@RULES.add("mkdir", "[-p] <path:word>")
def create_folder(found: Found) -> Request | None:
    """A folder made."""
    path = found.path("path")
    return CreateFolder(path) if path and not is_pointer(path) else None


@RULES.add("append add", f"{LINE} <text> (to|at) the (end|bottom) of {INTO}")
@RULES.add("insert add put prepend", f"{LINE} <text> (at|to) the <top=top|start|beginning|head> of {INTO}")
@RULES.add("prepend", f"{LINE} <text> <top=to> {INTO}")
@RULES.add("append add", f"{LINE} <text> to {INTO}")
@RULES.add("append add", f"to {INTO}:? {LINE} <text>")
@RULES.add("insert add put", f"{LINE} <text> (at|on|in|as|before) line <line:number> (of|in|into|to) {INTO}")
@RULES.add("insert add put", f"{LINE} <text> <after=after|below> line <line:number> (of|in|into|to) {INTO}")
@RULES.add("insert add put", f"{LINE} <text> (into|in|to) <path:word> (at|on|before) line <line:number>")
@RULES.add("insert add put", f"{LINE} <text> <after=after|below|under> [the] [line] <anchor> in {INTO}")
@RULES.add("insert add put", f"{LINE} <text> (before|above) [the] [line] <anchor> in {INTO}")
def insert(found: Found) -> Request | None:
    """Lines put into a file."""
    path = found.path("path", sure=True)
    text = found.text("text") if found.is_quoted("text") else found.phrase.raw(found.folded("text"))
    if path is None or not text:
        return None
    if not _is_given(found, text):
        return Invent(path)
    after = bool(found.text("after"))
    number = found.text("line")
    line = 1 if found.text("top") else int(number) + after if number else None
    return Insert(path, text, None if line is None else max(1, line), found.text("anchor"), after)


def _is_given(found: Found, text: str) -> bool:
    """Whether the text is to be written as it stands, not what it describes."""
    if found.is_quoted("text") or found.text("given"):
        return True
    plain = found.verb in {"append", "prepend"} or CODE.search(text) is not None
    return plain and not DESCRIPTION.match(text)


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
    is_given = found.phrase.is_quoted(text) or not DESCRIPTION.match(text)
    program = printing(path, found.phrase.unfold(text)) if is_given else None
    return Invent(path) if program is None else CreateFile(path, program)


@RULES.add(CREATE, f"{FILE} <path:word>,? {WITH} {GIVEN}:? <text>")
@RULES.add(CREATE, f"{FILE} <path:word>: <text>")
def create_with(found: Found) -> Request | None:
    """A file with a given text."""
    path = found.path("path", sure=True)
    if path is None or is_pointer(path):
        return None
    text = found.phrase.raw(found.folded("text"))
    language = language_of(path)
    is_prose = language is None or language.name in PROSE_FILES
    bare = found.text("with") in {"with", "containing", "that contains", "which contains", "holding"}
    is_described = DESCRIPTION.match(text) or not is_prose
    if bare and not found.text("given") and not found.is_quoted("text") and is_described:
        return Invent(path)
    return CreateFile(path, _content(found))


def _content(found: Found) -> str:
    """Return the text for a file, as quoted or as typed, its last line ended."""
    text = found.text("text") if found.is_quoted("text") else found.phrase.raw(found.folded("text"))
    return text if text.endswith("\n") or not text else f"{text}\n"


@RULES.add("write save put", "<text> (to|into|in|as) [a|the] [new] [file] [called|named] <path:word>")
def write_to(found: Found) -> Request | None:
    """A given text written to a new file; it must be quoted, so that it is certain what is meant."""
    path = found.path("path", sure=True)
    if path is None or is_pointer(path):
        return None
    return CreateFile(path, _content(found)) if found.is_quoted("text") else Invent(path)


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


@RULES.add(CREATE, f"{FILE} <path:word>")
def create_plain(found: Found) -> Request | None:
    """A file of which nothing is said is empty; one that is known for its content must be given it."""
    path = found.path("path", sure=True)
    if path is None or is_pointer(path) or (found.verb == "add" and found.is_quoted("path")):
        return None
    return Invent(path) if found.verb != "touch" and path.lower() in BY_NAME else CreateFile(path)


@RULES.add(CREATE, f"{FILE} <path:word>,? (that|which|to|for|with|implementing|doing|about) <wish>")
def create_other(found: Found) -> Request | None:
    """Anything else would have to be invented."""
    path = found.path("path", sure=True)
    return Invent(path) if path and not found.is_quoted("path") else None
