"""Much of everything: a long answer, a long transcript, a wide search."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from time import perf_counter
from uuid import uuid4

from gaff.start import Start, start

from . import answers
from .measure import Row, canned, cpu_seconds, interleaved
from .startup import BASELINES, GAFF, ROOT

_MEGABYTES = 4
_TRANSCRIPT_MB = 100


def rows(folder: Path, environ: Mapping[str, str]) -> Iterator[Row]:
    """Measure volume."""
    yield _streaming(folder, environ)
    yield asyncio.run(_resume(folder, environ))
    yield from _grep(folder, environ)


def _streaming(folder: Path, environ: Mapping[str, str]) -> Row:
    """CPU seconds for each megabyte of text, what the start costs taken off."""
    piece = "word " * 4
    short, long = answers.say("hi"), answers.say(*[piece] * (_MEGABYTES * 1_000_000 // len(piece)))
    gaff: list[float] = []
    bare: list[float] = []
    for answer in (short, long):
        with canned([answer]) as server:
            own = {**environ, "ANTHROPIC_BASE_URL": server.url, "ANTHROPIC_API_KEY": "test"}
            gaff.append(cpu_seconds([*GAFF, "-p", "hi", "--model", "messages:bench"], own, folder))
            bare.append(cpu_seconds([*BASELINES, "http", server.url], own, ROOT))
    ours, floor = ((used[1] - used[0]) / _MEGABYTES for used in (gaff, bare))
    against = "a bare client that decodes each event"
    return Row("streaming, headless", ours, floor, "CPU s/MB", against, "<= 0.6 CPU s/MB", ours <= 0.6)


async def _resume(folder: Path, environ: Mapping[str, str]) -> Row:
    """Seconds to open a session whose transcript is 100 MB, beside decoding its lines."""
    kernel = start(Start(("--model", "offline:"), environ, folder))
    identity = str(uuid4())
    path = kernel.session_store().path(identity, folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    _write_transcript(path, identity, folder)
    started = perf_counter()
    async with kernel.open_session(resume=identity):
        ours = perf_counter() - started
    started = perf_counter()
    with path.open() as file:
        for line in file:
            json.loads(line)
    floor = perf_counter() - started
    path.unlink()
    return Row("resume of 100 MB", ours, floor, "s", "json.loads of each line", "<= 1 s", ours <= 1)


def _write_transcript(path: Path, identity: str, folder: Path) -> None:
    parent, text = None, "lorem ipsum dolor sit amet " * 150
    with path.open("w") as file:
        for number in range(_TRANSCRIPT_MB * 1_000_000 // 4400):
            role = ("user", "assistant")[number % 2]
            own = str(uuid4())
            message = {"role": role, "content": [{"type": "text", "text": text}]}
            entry = {
                "type": role,
                "uuid": own,
                "parentUuid": parent,
                "sessionId": identity,
                "cwd": str(folder),
            }
            file.write(json.dumps({**entry, "message": message}) + "\n")
            parent = own


def _grep(folder: Path, environ: Mapping[str, str]) -> Iterator[Row]:
    ripgrep = shutil.which("rg") or shutil.which("rg", path=str(Path(sys.executable).parent))
    if ripgrep is None:
        return
    tree = folder / "tree"
    for number in range(200):
        inner = tree / str(number)
        inner.mkdir(parents=True, exist_ok=True)
        for name in range(20):
            (inner / f"{name}.py").write_text("def f():\n    return 'some text'\n" * 50 + f"needle_{name}\n")

    async def search() -> float:
        from gaff.hooks import ToolCall, ToolContext

        kernel = start(Start(("--model", "offline:"), environ, folder))
        async with kernel.open_session() as session:
            tool = kernel.tool("Grep")
            assert tool is not None
            given = tool.input_model.model_validate({"pattern": "needle_7$", "path": str(tree)})
            context = ToolContext(session, ToolCall("t", "Grep", {}))
            await tool.run(given, context)
            started = perf_counter()
            await tool.run(given, context)
            return perf_counter() - started

    def plain() -> float:
        started = perf_counter()
        command = [ripgrep, "--no-config", "-l", "-e", "needle_7$", str(tree)]
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
        return perf_counter() - started

    ours, floor = interleaved(7, lambda: asyncio.run(search()), plain)
    yield Row("Grep", ours * 1000, floor * 1000, "ms", "ripgrep", "<= 1.2x", ours <= 1.2 * floor)
