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

_PLUGIN = """
from gaff.hooks import Command, CommandResult, hookimpl

class Bench(Command):
    name = "bench{number}"
    summary = "a command of a plugin"

    async def run(self, arguments, session):
        return CommandResult("done")

@hookimpl
def gaff_register_commands():
    return [Bench()]

@hookimpl
def gaff_pre_tool_use(event):
    return None
"""
_START_ALL = """
import gc, os
from pathlib import Path
gc.disable()
from gaff.start import Start, start
kernel = start(Start((), os.environ, Path.cwd()))
assert sum(one.state == "active" for one in kernel.reports) >= 90, kernel.notices
assert kernel.listens("gaff_pre_tool_use")
"""
_START_NONE = """
import gc, os
from pathlib import Path
gc.disable()
from gaff import kernel, start
from gaff.manifest import ManifestCache
from gaff.registry import Plugins
start.find_plugins = lambda *_, **__: Plugins(ManifestCache(Path("nowhere")))
start.start(start.Start((), os.environ, Path.cwd()))
"""


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
    yield _with_plugins(folder, environ)
    yield from _headless(folder, environ)


def _with_plugins(folder: Path, environ: Mapping[str, str]) -> Row:
    """Start with all built-in plugins and forty installed ones, from a warm cache, beside a start with none."""
    site = folder.parent / "site"
    for number in range(40):
        info = site / f"bench_{number}-1.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: bench-{number}\nVersion: 1\n")
        (info / "entry_points.txt").write_text(f"[gaff]\nbench-{number} = bench_{number}\n")
        (site / f"bench_{number}.py").write_text(_PLUGIN.format(number=number))
    own = {**environ, "PYTHONPATH": f"{environ['PYTHONPATH']}{os.pathsep}{site}"}
    run_ms([PYTHON, "-c", _START_ALL], own, folder)
    ours, none = interleaved(
        15,
        lambda: run_ms([PYTHON, "-c", _START_ALL], own, folder),
        lambda: run_ms([PYTHON, "-c", _START_NONE], own, folder),
    )
    return Row(
        "start, all + 40 plugins", ours, none, "ms", "without any plugin", "<= 20 ms above", ours - none <= 20
    )


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
