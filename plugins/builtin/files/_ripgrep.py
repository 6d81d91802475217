"""Searching with ripgrep, or with Python where there is none: a process of its own either way.

Python's regular expressions can take for ever on hostile patterns, and cannot be interrupted; so they
run where they can be killed.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Final

from gaff.hooks import ToolError

from ._faults import reporting
from ._opening import open_folder
from ._queries import LINE_WIDTH, Found, Query, parse
from ._threads import in_thread
from ._walk import SYSTEM, VERSION_CONTROL

SECONDS: Final = 60
#: Bytes of results that are read before the search is stopped.
MAX_OUTPUT: Final = 16 << 20
#: Results up to this size are taken apart on the spot.
INLINE: Final = 1 << 18
#: Bytes of an error message that are told.
MAX_ERROR: Final = 2_000

#: What only ripgrep's second engine knows.
LOOKING_AROUND: Final = re.compile(r"\(\?<?[=!]|\\[1-9]")

FALLBACK: Final = "gaff.plugins.builtin.files._python_grep"


@dataclass(frozen=True)
class Ended:
    """How a search process ended: what it printed, and why it was stopped if it was."""

    output: bytes
    error: str
    code: int
    stopped: str = ""


@cache
def find_ripgrep(search_path: str, projects: tuple[Path, ...]) -> str | None:
    """Return the ripgrep to use: the user's, else the one installed beside Python.

    A program that a project brings along, or that depends on the current directory, is none of the user's.
    """
    for folder in search_path.split(os.pathsep):
        program = os.path.join(folder, "rg")
        if os.path.isabs(folder) and os.access(program, os.X_OK) and os.path.isfile(program):
            real = Path(program).resolve()
            if not any(real.is_relative_to(project) for project in projects if project != Path("/")):
                return program
    beside = os.path.join(sys.prefix, "bin", "rg")
    return beside if os.access(beside, os.X_OK) else None


async def search(query: Query, environ: Mapping[str, str], projects: Sequence[Path]) -> Found:
    """Search with what there is.

    Raises:
        ToolError: the query is not understood, or the search cannot be run.
    """
    program = find_ripgrep(environ.get("PATH", ""), tuple(projects))
    command = [program, *arguments(query)] if program else fallback_command(query)
    ended = await _run(command, query.folder, environ)
    if ended.code == 2 and not ended.output and ended.error:
        raise _refused(query, ended.error)
    if len(ended.output) <= INLINE:
        found = parse(ended.output, query.mode)
    else:
        found = await in_thread(lambda _: parse(ended.output, query.mode))
    if ended.stopped:
        found.notes.append(ended.stopped)
    return found


def arguments(query: Query) -> Iterator[str]:
    """Return ripgrep's arguments; values are joined to their flags, so that none is taken for one."""
    yield from ("--no-config", "--no-messages", "--color=never", "--no-mmap")
    yield from ("--null", "--with-filename", "--hidden", "--crlf")
    yield from _shape(query)
    if LOOKING_AROUND.search(query.pattern):
        yield "--engine=auto"
    if query.ignore_case:
        yield "--ignore-case"
    if query.multiline:
        yield from ("--multiline", "--multiline-dotall")
    if query.type:
        yield f"--type={query.type}"
    yield from (f"--glob={glob}" for glob in query.globs)
    yield from (f"--glob=!{name}" for name in sorted(VERSION_CONTROL))
    if query.folder == "/":
        yield from (f"--glob=!{folder}" for folder in sorted(SYSTEM))
    yield from (f"--regexp={query.pattern}", "--", f"./{query.name}")


def _shape(query: Query) -> Iterator[str]:
    if query.mode != "content":
        yield {"count": "--count", "files_with_matches": "--files-with-matches"}[query.mode]
        return
    yield from ("--heading", "--line-number", f"--max-columns={LINE_WIDTH}", "--max-columns-preview")
    if query.only_matching:
        yield "--only-matching"
    elif query.before or query.after:
        yield from (f"--before-context={query.before}", f"--after-context={query.after}")


def fallback_command(query: Query) -> list[str]:
    """Return the command that searches with Python and prints what ripgrep would."""
    return [sys.executable, "-P", "-m", FALLBACK, json.dumps(asdict(query))]


async def _run(command: Sequence[str], folder: str, environ: Mapping[str, str]) -> Ended:
    process = await _start_in(command, folder, environ)
    output, error, stopped = bytearray(), bytearray(), ""
    try:
        async with asyncio.timeout(SECONDS):
            await _read(process, output, error)
    except TimeoutError:
        stopped = f"[Stopped after {SECONDS} seconds: search a narrower path or glob.]"
    finally:
        await _end(process)
    if len(output) > MAX_OUTPUT:
        stopped = (
            "[Stopped: far too many results. Search for something rarer, or in a narrower path or glob.]"
        )
    if stopped:
        del output[max(output.rfind(b"\n"), output.rfind(b"\0")) + 1 :]
    return Ended(bytes(output), error.decode("utf-8", "replace").strip(), process.returncode or 0, stopped)


async def _start_in(command: Sequence[str], folder: str, environ: Mapping[str, str]) -> Process:
    """Start the program in the very folder that was judged, whatever stands at its path meanwhile."""
    if sys.platform != "linux":
        return await _start(command, folder, environ)
    with reporting("search", folder), open_folder(folder) as descriptor:
        return await _start(command, f"/proc/self/fd/{descriptor}", environ)


async def _start(command: Sequence[str], folder: str, environ: Mapping[str, str]) -> Process:
    """Start the program; who is cancelled meanwhile waits until it can be killed with all its group."""
    starting = asyncio.ensure_future(
        asyncio.create_subprocess_exec(
            *command, stdin=DEVNULL, stdout=PIPE, stderr=PIPE, cwd=folder, env=environ, start_new_session=True
        )
    )
    try:
        return await asyncio.shield(starting)
    except OSError as error:
        raise ToolError(f"{command[0]} cannot be run: {error.strerror}. Search with grep in Bash.") from error
    except asyncio.CancelledError:
        await _end(await starting)
        raise


async def _read(process: Process, output: bytearray, error: bytearray) -> None:
    """Read until there are no more results, and the process has ended by itself, or there are too many."""
    assert process.stdout is not None
    assert process.stderr is not None
    async with asyncio.TaskGroup() as group:
        listening = group.create_task(_listen(error, process.stderr))
        while len(output) <= MAX_OUTPUT and (chunk := await process.stdout.read(1 << 16)):
            output += chunk
        if len(output) > MAX_OUTPUT:
            listening.cancel()
    if len(output) <= MAX_OUTPUT:
        await process.wait()


async def _listen(error: bytearray, stream: asyncio.StreamReader) -> None:
    """Read all there is, so that nobody waits, and keep the beginning."""
    while chunk := await stream.read(1 << 16):
        error += chunk[: MAX_ERROR - len(error)]


async def _end(process: Process) -> None:
    """Kill what still runs, the whole process group, and see it off."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    await process.communicate()


def _refused(query: Query, error: str) -> ToolError:
    hint = " Set multiline to match across lines." if r"\n" in query.pattern and not query.multiline else ""
    return ToolError(f"The search was refused: {error.removeprefix('rg: ')}{hint}")
