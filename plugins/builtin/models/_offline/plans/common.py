"""What several plans need: reading a file whole, saying that a tool is missing or failed."""

from __future__ import annotations

import re
import shlex
from collections.abc import Generator, Sequence
from typing import Final

from ..conversation import last_results
from ..markdown import code
from ..plan import Call, Plan, Reply, Step, World, call
from ..results import FileText, Result, file_text, is_unchanged

REGEX_MARKS: Final = re.compile(r"[\\.+*?()|\[\]{}^$]")

#: A part of a plan that ends in the texts of files, or in why there is none.
Texts = Generator[Step, tuple[Result, ...], "tuple[FileText | Result, ...]"]


def no_tool(name: str) -> Plan:
    """Say that a tool is not there."""
    yield from ()
    return Reply(f"This needs the tool {name}, which this session does not have.", done=False)


def said(text: str, *, done: bool = True) -> Plan:
    """Say something without calling any tool."""
    yield from ()
    return Reply(text, done)


def regex(text: str, *, whole_word: bool) -> str:
    """Return the regular expression for a text, in what ripgrep and Python both understand."""
    escaped = REGEX_MARKS.sub(lambda match: f"\\{match.group()}", text)
    if not whole_word:
        return escaped
    before = r"\b" if re.match(r"\w", text) else ""
    after = r"\b" if re.search(r"\w$", text) else ""
    return f"{before}{escaped}{after}"


def read(world: World, paths: Sequence[str], **parameters: int | bool) -> Texts:
    """Read files side by side. Where Read points to what it showed before, that is looked up."""
    calls = [Call("Read", {"file_path": path, **parameters}) for path in paths]
    results = yield from call(*calls)
    return tuple(_shown(world, result) for result in results)


def read_whole(world: World, paths: Sequence[str]) -> Texts:
    """Read files in full; those that one read does not hold are read again past the usual limits, if that can be."""
    texts = list((yield from read(world, paths)))
    partial = [index for index, text in enumerate(texts) if isinstance(text, FileText) and not text.whole]
    if partial and world.takes("Read", "allow_large"):
        again = yield from read(world, [paths[index] for index in partial], allow_large=True)
        for index, text in zip(partial, again, strict=True):
            texts[index] = text
    return tuple(texts)


def _shown(world: World, result: Result) -> FileText | Result:
    """Return the text that Read shows, from an earlier result where it says that nothing changed."""
    if is_unchanged(result):
        for earlier in last_results(world.messages, before=result.call.id):
            same = earlier.call.name == "Read" and earlier.call.input == result.call.input
            if same and not is_unchanged(earlier) and (text := file_text(earlier)):
                return text
    return file_text(result) or result


def unreadable(path: str, result: Result) -> str:
    """Say why a file could not be read as text."""
    if result.has_pictures:
        return f"{code(path)} is a picture or a document with pictures; I can only look at text."
    if result.is_error:
        return f"{code(path)} could not be read: {result.trouble}."
    return f"{code(path)} holds nothing that I can show as text."


def shell_path(path: str) -> str:
    """Return a path quoted for the shell; a home folder at its start stays one."""
    if path.startswith("~/"):
        return f"~/{shlex.quote(path[2:])}"
    return shlex.quote(path)


def is_missing(result: Result) -> bool:
    """Whether a call failed because the file is not there."""
    return result.is_error and bool(
        re.search(r"there is no /|no such file|does not exist|is not there", result.text, re.IGNORECASE)
    )


def is_folder(result: Result) -> bool:
    """Whether a call failed because the file is a folder."""
    return result.is_error and bool(
        re.search(r"\bis a (?:folder|directory)\b|EISDIR", result.text, re.IGNORECASE)
    )
