"""How things are measured: side by side in one run, so that only ratios count."""

from __future__ import annotations

import os
import resource
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

#: Without this the compiler would be measured at every start.
BYTE_CODE = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


@dataclass(frozen=True)
class Row:
    """One line of the table: what was measured, ours, the baseline's, and what is promised."""

    name: str
    ours: float
    baseline: float | None
    unit: str
    against: str
    budget: str
    kept: bool

    def cells(self) -> tuple[str, ...]:
        """Return the line's cells."""
        baseline = "-" if self.baseline is None else f"{self.baseline:.4g} {self.unit}"
        ratio = "-" if not self.baseline else f"{self.ours / self.baseline:.2f}x"
        return (
            self.name,
            f"{self.ours:.4g} {self.unit}",
            baseline,
            ratio,
            self.against,
            self.budget,
            "yes" if self.kept else "NO",
        )


def interleaved(runs: int, *measured: Callable[[], float]) -> list[float]:
    """Return the median of each, measured in turns, so that what disturbs one disturbs all."""
    taken: list[list[float]] = [[] for _ in measured]
    for _ in range(runs):
        for values, measure in zip(taken, measured, strict=True):
            values.append(measure())
    return [statistics.median(values) for values in taken]


def run_ms(command: Sequence[str], environ: Mapping[str, str], folder: Path) -> float:
    """Return the milliseconds a command takes from start to end."""
    started = time.perf_counter()
    subprocess.run(
        command,
        env=dict(environ),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return (time.perf_counter() - started) * 1000


def peak_mb(command: Sequence[str], environ: Mapping[str, str], folder: Path) -> float:
    """Return the most memory a command ever held, in MiB."""
    code = (
        "import resource, subprocess, sys;"
        "subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True);"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *command],
        env=dict(environ),
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return int(done.stdout) / 1024


def cpu_seconds(command: Sequence[str], environ: Mapping[str, str], folder: Path) -> float:
    """Return the CPU seconds a command used."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        command,
        env=dict(environ),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        check=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


class CannedServer:
    """Answers every request with the same bytes; remembers when the first byte of each arrived.

    As thin as can be, since it is part of everything that is measured with it. ``answers`` are whole
    HTTP responses, the last one again and again.
    """

    def __init__(self, answers: Sequence[bytes]) -> None:
        self._answers = answers
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.arrivals: list[float] = []
        self.bodies: list[bytes] = []
        self.keep_bodies = False
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with connection:
            while body := self._read(connection):
                if self.keep_bodies:
                    self.bodies.append(body)
                connection.sendall(self._answers[min(len(self.arrivals), len(self._answers)) - 1])

    def _read(self, connection: socket.socket) -> bytes:
        data = connection.recv(65536)
        if not data:
            return b""
        self.arrivals.append(time.perf_counter())
        while b"\r\n\r\n" not in data:
            data += connection.recv(65536)
        head, _, body = data.partition(b"\r\n\r\n")
        length = next(
            (
                int(line.split(b":")[1])
                for line in head.lower().split(b"\r\n")
                if line.startswith(b"content-length")
            ),
            0,
        )
        pieces, have = [body], len(body)
        while have < length:
            pieces.append(connection.recv(1 << 20))
            have += len(pieces[-1])
        return b"".join(pieces) or b"\n"

    def close(self) -> None:
        """Stop listening."""
        self._socket.close()


@contextmanager
def canned(answers: Sequence[bytes]) -> Generator[CannedServer]:
    """Serve these answers for as long as the block runs."""
    server = CannedServer(answers)
    try:
        yield server
    finally:
        server.close()


def first_byte_ms(
    command: Sequence[str], environ: Mapping[str, str], folder: Path, server: CannedServer
) -> float:
    """Return the milliseconds from the start of a command to its first byte at the server."""
    seen = len(server.arrivals)
    started = time.perf_counter()
    subprocess.run(
        command,
        env=dict(environ),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return (server.arrivals[seen] - started) * 1000
