"""What gaff adds to a turn, beside a client that sends the same bytes and does nothing else."""

from __future__ import annotations

import statistics
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from . import answers
from .measure import Row, canned
from .startup import GAFF


def rows(folder: Path, environ: Mapping[str, str]) -> Iterator[Row]:
    """Measure turns."""
    (folder / "note.txt").write_text("a line\n")
    gaps, bodies = _session(1000, folder, environ)
    bare = _bare_gaps(bodies)
    for turn, budget in ((10, 2.5), (1000, 1.5)):
        around = slice(turn - 10, turn)
        ours, floor = statistics.median(gaps[around]), statistics.median(bare[around])
        kept = ours - floor <= budget if turn == 1000 else ours <= budget
        promise = f"<= {budget} ms" + (" above" if turn == 1000 else "")
        yield Row(f"gap before turn {turn}", ours, floor, "ms", "a bare client, same bodies", promise, kept)
    for count, budget in ((10, 15.0), (50, 30.0)):
        gap = _parallel(count, folder, environ)
        yield Row(f"{count} parallel reads", gap, None, "ms", "-", f"<= {budget:g} ms", gap <= budget)


def _session(turns: int, folder: Path, environ: Mapping[str, str]) -> tuple[list[float], list[bytes]]:
    """Run one session of so many tool turns; return the gaps between requests and the bodies sent."""
    script = [answers.call("Read", {"file_path": "note.txt", "offset": n + 1}, first=n) for n in range(turns)]
    with canned([*script, answers.say("done")]) as server:
        server.keep_bodies = True
        _run(server.url, folder, environ)
        gaps = [
            1000 * (after - before)
            for before, after in zip(server.arrivals, server.arrivals[1:], strict=False)
        ]
        return gaps, server.bodies


def _parallel(count: int, folder: Path, environ: Mapping[str, str]) -> float:
    """Return the median gap that so many reads at once take, the first few turns left out."""
    for number in range(count):
        (folder / f"{number}.txt").write_text("a line\n" * 20)
    inputs = [{"file_path": f"{number}.txt"} for number in range(count)]
    many = [
        answers.call("Read", *({**one, "offset": turn + 1} for one in inputs), first=turn * count)
        for turn in range(8)
    ]
    with canned([*many, answers.say("done")]) as server:
        _run(server.url, folder, environ)
        gaps = [
            1000 * (after - before)
            for before, after in zip(server.arrivals, server.arrivals[1:], strict=False)
        ]
        return statistics.median(gaps[2:])


def _run(url: str, folder: Path, environ: Mapping[str, str]) -> None:
    own = {**environ, "ANTHROPIC_BASE_URL": url, "ANTHROPIC_API_KEY": "test"}
    command = [*GAFF, "-p", "go", "--model", "messages:bench"]
    subprocess.run(
        command, cwd=folder, env=own, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True
    )


def _bare_gaps(bodies: Sequence[bytes]) -> list[float]:
    """Send the same bodies with a bare client and return the gaps between its requests."""
    import httpx2

    with canned([answers.call("Read", {"file_path": "note.txt"})]) as server, httpx2.Client() as client:
        for body in bodies:
            with client.stream("POST", f"{server.url}/v1/messages", content=body) as response:
                for _ in response.iter_lines():
                    pass
        return [
            1000 * (after - before)
            for before, after in zip(server.arrivals, server.arrivals[1:], strict=False)
        ]
