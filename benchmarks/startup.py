"""How fast gaff is there."""

from __future__ import annotations

import os
import pty
import select
import signal
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from . import answers
from .measure import BYTE_CODE, Row, canned, first_byte_ms, interleaved, peak_mb, run_ms

PYTHON = sys.executable
GAFF = [PYTHON, "-m", "gaff"]
BASELINES = [PYTHON, "-m", "benchmarks.baselines"]
ROOT = Path(__file__).parents[1]


def rows(folder: Path, environ: Mapping[str, str]) -> Iterator[Row]:
    """Measure the starts."""
    run_ms([*GAFF, "--help"], environ, folder)  # the first start fills the caches
    yield _quick("--version", "--version", 2.0, folder, environ)
    ours, floor = interleaved(
        9,
        lambda: prompt_ms([*GAFF, "--model", "offline:"], environ, folder),
        lambda: prompt_ms([*BASELINES, "prompt"], environ, ROOT),
    )
    yield Row("prompt ready", ours, floor, "ms", "a bare prompt_toolkit prompt", "<= 150 ms", ours <= 150)
    yield from _headless(folder, environ)


def _quick(name: str, option: str, most: float, folder: Path, environ: Mapping[str, str]) -> Row:
    ours, floor = interleaved(
        15,
        lambda: run_ms([*GAFF, option], environ, folder),
        lambda: run_ms([PYTHON, "-c", "pass"], environ, folder),
    )
    return Row(name, ours, floor, "ms", "bare Python", f"<= {most:g}x", ours <= most * floor)


def _headless(folder: Path, environ: Mapping[str, str]) -> Iterator[Row]:
    with canned([answers.say("hello")]) as server:
        own = {**environ, "ANTHROPIC_BASE_URL": server.url, "ANTHROPIC_API_KEY": "test"}
        for provider, floor_name, budget in (("messages", "http", 1.3), ("anthropic", "sdk", 1.15)):
            command = [*GAFF, "-p", "hi", "--model", f"{provider}:bench"]
            floor = [*BASELINES, floor_name, server.url]
            _warm(command, own, folder)
            ours, base = interleaved(
                9,
                lambda command=command: first_byte_ms(command, own, folder, server),
                lambda floor=floor: first_byte_ms(floor, own, ROOT, server),
            )
            against = {"http": "a bare httpx2 script", "sdk": "a bare SDK script"}[floor_name]
            yield Row(
                f"-p, first byte ({provider})",
                ours,
                base,
                "ms",
                against,
                f"<= {budget:g}x",
                ours <= budget * base,
            )
        memory = peak_mb([*GAFF, "-p", "hi", "--model", "messages:bench"], own, folder)
        bare = peak_mb([*BASELINES, "http", server.url], own, ROOT)
        yield Row(
            "-p, memory (messages)", memory, bare, "MB", "a bare httpx2 script", "<= 60 MB", memory <= 60
        )


def _warm(command: Sequence[str], environ: Mapping[str, str], folder: Path) -> None:
    run_ms(command, environ, folder)


def prompt_ms(command: Sequence[str], environ: Mapping[str, str], folder: Path) -> float:
    """Return the milliseconds until a program in a terminal has drawn its prompt."""
    started = time.perf_counter()
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(folder)
        os.execve(command[0], list(command), {**environ, "TERM": "xterm-256color"})
    try:
        return (_until_prompt(terminal) - started) * 1000
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(terminal)


def _until_prompt(terminal: int) -> float:
    seen = b""
    limit = time.perf_counter() + 20
    while time.perf_counter() < limit:
        if select.select([terminal], [], [], 0.5)[0]:
            data = os.read(terminal, 65536)
            seen += data
            if b"\x1b[6n" in data:
                os.write(terminal, b"\x1b[1;1R")
            if b">" in seen.replace(b"\x1b[>", b""):
                return time.perf_counter()
    raise RuntimeError(f"no prompt appeared: {seen[-200:]!r}")


def environment(home: Path) -> dict[str, str]:
    """Return an environment with a home of its own and byte code."""
    passed = {name: BYTE_CODE[name] for name in ("PATH", "LANG") if name in BYTE_CODE}
    return {**passed, "HOME": str(home), "GAFF_HOME": str(home / "gaff"), "PYTHONPATH": str(ROOT)}
