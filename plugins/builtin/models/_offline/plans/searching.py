"""Plans that look for text and files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from ..grammar.words import one_glob
from ..markdown import code, many, numbered, paragraphs, snippet
from ..outcomes import output_text
from ..plan import Call, Plan, Reply, World, one
from ..requests import FindFiles, FindText, ListFolder, Scope
from ..results import Place, Result, counts, places
from .common import no_tool, regex, shell_path

#: Lines that Grep is asked for, and those that are shown.
WANTED: Final = 500
SHOWN: Final = 50

#: Lines of a result that are no paths.
REMARK: Final = re.compile(
    r"No (?:files match|matches)\.|\[(?:The )?[\d,]+ .*\]$|\[The search .*\]$|\[.*binary file.*\]$|\(no output\)$"
)
#: Folders that hold what others made, or what can be made again.
FOREIGN: Final = re.compile(
    r"/(?:node_modules|site-packages|\.venv|venv|__pycache__|\.tox|\.nox|\.mypy_cache|\.ruff_cache|\.pytest_cache)/"
)

#: How NAME is defined, in most languages: after one of these words, or assigned at the start of a line.
DEFINING: Final = (
    r"\b(?:def|class|fn|func|function|struct|enum|union|trait|interface|type|typedef|module|macro_rules!|const|let|var"
    r"|static|namespace|record|object|impl|sub|procedure|define|alias|package)\s+(?:\([^)]*\)\s*)?NAME\b"
    r"|^\s*(?:export\s+)?NAME\s*(?::[^=]+)?:?=[^=]|^\s*(?:function\s+)?NAME\s*\(\)\s*\{"
)


def find_text(request: FindText, world: World) -> Plan:
    """Search with Grep and list the places."""
    if world.missing("Grep"):
        return (yield from no_tool("Grep"))
    name = request.text.removesuffix("()") if request.kind != "text" else request.text
    if request.kind == "definition":
        pattern = DEFINING.replace("NAME", regex(name.rpartition(".")[2], whole_word=False))
        result = yield from one(grep(pattern, request.scope))
        found = list(places(result.text, request.scope.path)) if not result.is_error else []
        if result.is_error or found:
            return _answer(request, result, found, "definition")
        uses = FindText(name, request.scope, "uses", request.answer)
        reply = yield from find_text(uses, world)
        return Reply(paragraphs(f"I found nothing that looks like a definition of {code(name)}.", reply.text))
    texts = (name, *request.others)
    ignore_case = request.kind == "text" and "".join(texts).islower()
    pattern = "|".join(regex(text, whole_word=request.kind == "uses") for text in texts)
    result = yield from one(grep(pattern, request.scope, ignore_case=ignore_case, answer=request.answer))
    if request.answer != "lines":
        return _files_answer(request, result, ignore_case)
    return _answer(request, result, list(places(result.text, request.scope.path)), "line", ignore_case)


def grep(
    pattern: str, scope: Scope, *, ignore_case: bool = False, answer: str = "lines", limit: int = WANTED
) -> Call:
    """Return the Grep call for a pattern."""
    modes = {"lines": "content", "files": "files_with_matches", "count": "count"}
    return Call(
        "Grep",
        {
            "pattern": pattern,
            **({"path": scope.path} if scope.path else {}),
            **({"glob": scope.glob} if scope.glob else {}),
            "output_mode": modes[answer],
            **({"-n": True} if answer == "lines" else {}),
            **({"-i": True} if ignore_case else {}),
            "head_limit": limit,
        },
    )


def _answer(
    request: FindText, result: Result, found: Sequence[Place], noun: str, ignored: bool = False
) -> Reply:
    """Return the places as a numbered list."""
    if result.is_error:
        return Reply(f"The search failed: {result.trouble}.", done=False)
    where, text = _where(request.scope, ignored), " or ".join(map(code, (request.text, *request.others)))
    if not found:
        return Reply(f"{text} is nowhere{where}. Files that git ignores are not searched.")
    files = len({place.path for place in found})
    total = result.total or len(found)
    head = f"{many(total, noun)} {'with' if noun == 'line' else 'of'} {text} in "
    head += f"{'at least ' if result.is_cut else ''}{many(files, 'file')}{where}:"
    rows = numbered(f"{code(f'{place.path}:{place.line}')} {snippet(place.text)}" for place in found[:SHOWN])
    more = f"… and {total - SHOWN:,} more. Narrow it by `in FOLDER` or `in *.py`." if total > SHOWN else ""
    return Reply(paragraphs(head, rows, more))


def _files_answer(request: FindText, result: Result, ignored: bool) -> Reply:
    """Return only the files, or only the numbers."""
    if result.is_error:
        return Reply(f"The search failed: {result.trouble}.", done=False)
    where = _where(request.scope, ignored)
    if request.answer == "count":
        tallies = [(path, count) for path, count in counts(result.text, request.scope.path) if count]
        total = sum(count for _, count in tallies)
        head = f"{code(request.text)} is on {many(total, 'line')} in {many(len(tallies), 'file')}{where}"
        rows = [f"{code(path)}: {count:,}" for path, count in sorted(tallies, key=lambda item: -item[1])]
    else:
        paths = listed_paths(result.text)
        head = f"{many(len(paths), 'file has', 'files have')} {code(request.text)}{where}"
        rows = [code(path) for path in paths]
    more = f"… and {len(rows) - SHOWN:,} more." if len(rows) > SHOWN else ""
    return Reply(paragraphs(head + (":" if rows else "."), numbered(rows[:SHOWN]), more))


def _where(scope: Scope, ignored: bool = False) -> str:
    place = f" in {scope}" if scope.path or scope.glob else ""
    return f"{place} (capitals ignored)" if ignored else place


def find_files(request: FindFiles, world: World) -> Plan:
    """Look for file names with Glob; where it finds more than it lists, with Grep, which skips ignored files."""
    if world.missing("Glob"):
        return (yield from no_tool("Glob"))
    result = yield from one(glob(one_glob(request.patterns), request.path))
    if result.is_error:
        return Reply(f"The search failed: {result.trouble}.", done=False)
    paths, left_out = _own_files(sorted(listed_paths(result.text)))
    note = f"{many(left_out, 'file')} in folders of dependencies and caches left out." if left_out else ""
    if result.is_cut and not world.missing("Grep"):
        scope = Scope(request.path, one_glob(request.patterns))
        result = yield from one(grep("^", scope, answer="files", limit=0))
        paths = sorted(listed_paths(result.text)) if not result.is_error else paths
        note = "Empty and binary files and those that git ignores are left out."
    label = f" {request.label}" if request.label else ""
    where = _where(Scope(request.path))
    if not paths:
        return Reply(paragraphs(f"There are no files{label}{where}.", note))
    head = f"{'At least ' if result.is_cut else ''}{many(len(paths), 'file')}{label}{where}"
    if request.only_count:
        return Reply(paragraphs(f"{head}.", note))
    more = f"… and {len(paths) - SHOWN:,} more." if len(paths) > SHOWN else ""
    return Reply(paragraphs(f"{head}:", numbered(map(code, paths[:SHOWN])), more, note))


def _own_files(paths: Sequence[str]) -> tuple[list[str], int]:
    """Return the files that are the project's own, and how many are not."""
    own = [path for path in paths if not FOREIGN.search(f"/{path}")]
    return own, len(paths) - len(own)


def glob(pattern: str, path: str = "") -> Call:
    """Return the Glob call for files of this name pattern, at any depth unless the pattern says where."""
    anywhere = pattern if "/" in pattern else f"**/{pattern}"
    return Call("Glob", {"pattern": anywhere, **({"path": path} if path else {})})


def listed_paths(text: str) -> list[str]:
    """Return the paths of a result that has one on each line; remarks of the tool are left out."""
    lines = [line.strip() for line in text.split("\n")]
    return [line.removeprefix("./") for line in lines if line and not REMARK.match(line)]


def escaped(name: str) -> str:
    """Return a file name as a pattern that fits only itself."""
    return re.sub(r"[*?\[{]", lambda match: f"[{match.group()}]", name)


def list_folder(request: ListFolder, world: World) -> Plan:
    """List a folder with ``ls``, which changes nothing."""
    if world.missing("Bash"):
        return (yield from find_files(FindFiles(("*",), request.path, "here"), world))
    result = yield from one(ls(request.path))
    name = code(request.path) if request.path else "this folder"
    if result.is_error:
        return Reply(f"{name} could not be listed: {result.trouble}.", done=False)
    entries = folder_entries(result)
    if not entries:
        return Reply(f"{name} is empty.")
    folders = sum(entry.endswith("/") for entry in entries)
    files = len(entries) - folders
    base = f"{request.path.rstrip('/')}/" if request.path else ""
    more = f"… and {len(entries) - 200:,} more." if len(entries) > 200 else ""
    head = f"{many(folders, 'folder')} and {many(files, 'file')} in {name}:"
    return Reply(paragraphs(head, numbered(code(base + entry) for entry in entries[:200]), more))


def ls(path: str = "") -> Call:
    """Return the call that lists a folder, one entry a line, folders with a slash."""
    command = f"ls -1Ap -- {shell_path(path)}" if path else "ls -1Ap"
    return Call("Bash", {"command": command, "description": f"List {path or 'the current folder'}"})


def folder_entries(result: Result) -> list[str]:
    """Return what ``ls -1Ap`` printed."""
    return [line for line in output_text(result).split("\n") if line.strip() and line != ".git/"]
