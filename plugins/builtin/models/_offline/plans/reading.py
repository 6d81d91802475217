"""Plans that show files."""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence
from typing import Final

from ..languages import base_name, fence_tag
from ..markdown import code, fenced, many, numbered, paragraphs
from ..outline import describe
from ..plan import Plan, Reply, Step, World, one
from ..references import Reference, resolve
from ..requests import WHOLE, Explain, ListFolder, More, ReadFiles, Span
from ..results import FileText, Result
from .common import is_folder, is_missing, no_tool, read, said, unreadable
from .searching import escaped, glob, list_folder, listed_paths

#: Lines and characters of one file that an answer shows.
SHOWN_LINES: Final = 400
SHOWN_CHARACTERS: Final = 30_000
#: Lines shown before and after a place that was found.
AROUND: Final = 10
MOST_FILES: Final = 10
CUT: Final = re.compile(r"Lines [\d,]+–(?P<last>[\d,]+) of [\d,]+ of (`+) ?(?P<path>.+?) ?\2; say “more”")

Chosen = Generator[Step, tuple[Result, ...], "tuple[Sequence[str], Sequence[FileText | Result]]"]


def read_files(request: ReadFiles, world: World) -> Plan:
    """Show files in code blocks."""
    if world.missing("Read"):
        return (yield from no_tool("Read"))
    references = [resolve(path, world) for path in request.paths[:MOST_FILES]]
    if bad := next((one for one in references if isinstance(one, Reply)), None):
        return (yield from said(bad.text, done=False))
    files = [one for one in references if isinstance(one, Reference)]
    span = _span(files, request.span)
    if len(files) == 1:
        return (yield from _read_one(files[0].path, span, world))
    texts = yield from read(world, [file.path for file in files], **_parameters(span))
    shown = [_shown(file.path, text, span) for file, text in zip(files, texts, strict=True)]
    rest = len(request.paths) - MOST_FILES
    more = f"I show {MOST_FILES} files at once; {rest} were left out." if rest > 0 else ""
    return Reply(paragraphs(*shown, more), done=all(isinstance(text, FileText) for text in texts))


def _span(files: Sequence[Reference], span: Span) -> Span:
    """Return the lines to show: round the place, where one was meant."""
    line = files[0].line if len(files) == 1 and span == WHOLE else None
    return Span(max(1, line - AROUND), line + AROUND) if line else span


def _parameters(span: Span) -> dict[str, int]:
    """Return the parameters of Read for a span; the end of a file is found by reading all of it."""
    if span == WHOLE or span.tail:
        return {}
    return {"offset": span.first, **({"limit": span.last - span.first + 1} if span.last else {})}


def _read_one(path: str, span: Span, world: World) -> Plan:
    """Show one file; where it is none, what it may be instead."""
    paths, texts = yield from found_and_read(path, world, _parameters(span))
    if not texts:
        return _several(path, paths)
    text = texts[0]
    if isinstance(text, Result) and is_folder(text):
        return (yield from list_folder(ListFolder(paths[0]), world))
    note = f"There is no {code(path)} here; this is the one file of that name." if paths[0] != path else ""
    if isinstance(text, FileText) and span.tail and not text.whole:
        first = max(1, text.total - span.tail + 1)
        text = (yield from read(world, paths[:1], offset=first, limit=span.tail))[0]
    return Reply(paragraphs(note, _shown(paths[0], text, span)), done=isinstance(text, FileText))


def found_and_read(path: str, world: World, parameters: dict[str, int]) -> Chosen:
    """Read a file; where it is not there, the one file of that name further down. Several are only named."""
    texts = yield from read(world, [path], **parameters)
    missing = isinstance(texts[0], Result) and is_missing(texts[0])
    if not missing or path.startswith(("/", "~")) or world.missing("Glob"):
        return [path], texts
    result = yield from one(glob(escaped(base_name(path) or path)))
    paths = [] if result.is_error else listed_paths(result.text)
    if len(paths) != 1:
        return paths, []
    return paths, (yield from read(world, paths, **parameters))


def _several(path: str, paths: Sequence[str]) -> Reply:
    if not paths:
        return Reply(f"There is no file {code(path)} here, and none of that name further down.", done=False)
    rows = numbered(map(code, paths[:20]))
    return Reply(
        f"There is no {code(path)} here, but there are files of that name further down:\n\n{rows}", done=False
    )


def _shown(path: str, text: FileText | Result, span: Span) -> str:
    """Return a file, or what was read of it, as Markdown."""
    if isinstance(text, Result):
        return unreadable(path, text)
    if not text.lines:
        return (
            f"{code(path)} is empty."
            if text.total <= 0
            else f"{code(path)} has only {many(text.total, 'line')}."
        )
    lines, first = text.lines, text.first
    if span.tail:
        first += max(0, len(lines) - span.tail)
        lines = lines[-span.tail :]
    shown = _fitting(lines)
    last = first + len(shown) - 1
    wanted = min(span.last or text.total, text.total)
    if first == 1 and last >= text.total:
        head = f"{code(path)}, {many(text.total, 'line')}:"
    else:
        head = f"{code(f'{path}:{first}')}, lines {first:,}–{last:,} of {text.total:,}:"
    more = ""
    if last < wanted:
        more = f"Lines {first:,}–{last:,} of {text.total:,} of {code(path)}; say “more” for the next."
    return paragraphs(head, fenced("\n".join(shown), fence_tag(path)), more)


def _fitting(lines: Sequence[str]) -> Sequence[str]:
    """Return the first lines, as many as an answer shows."""
    size = 0
    for number, line in enumerate(lines[:SHOWN_LINES]):
        size += len(line)
        if size > SHOWN_CHARACTERS and number:
            return lines[:number]
    return lines[:SHOWN_LINES]


def more(request: More, world: World) -> Plan:
    """Go on where the last answer cut a file."""
    cut = list(CUT.finditer(world.last_answer))
    if not cut:
        return (yield from said("My last answer was not cut off: there is nothing more to show.", done=False))
    last = int(cut[-1]["last"].replace(",", ""))
    return (yield from read_files(ReadFiles((cut[-1]["path"],), Span(last + 1)), world))


def explain(request: Explain, world: World) -> Plan:
    """Describe how files are built, each from its own text."""
    if world.missing("Read"):
        return (yield from no_tool("Read"))
    parts: list[str] = []
    for path in request.paths[:MOST_FILES]:
        reference = resolve(path, world)
        if isinstance(reference, Reply):
            return (yield from said(reference.text, done=False))
        paths, texts = yield from found_and_read(reference.path, world, {})
        if not texts:
            return _several(reference.path, paths)
        text = texts[0]
        if isinstance(text, Result) and is_folder(text):
            reply = yield from list_folder(ListFolder(paths[0]), world)
            parts.append(reply.text)
        elif isinstance(text, Result):
            parts.append(unreadable(paths[0], text))
        else:
            parts.append(describe(paths[0], text.text, text.total))
    return Reply(paragraphs(*parts))
