"""Starting a confined command, and waiting for it."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import IO, TYPE_CHECKING, TypeAlias

from gaff.hooks import Confined

if TYPE_CHECKING:
    from ._marks import Mark

Stream: TypeAlias = int | IO[bytes]


class Launched:
    """A confined command that runs."""

    def __init__(self, process: subprocess.Popen[bytes], mark: Mark | None = None) -> None:
        self._process = process
        self._mark = mark
        self._ended = asyncio.Event()
        loop = asyncio.get_running_loop()
        if sys.platform == "linux":
            descriptor = os.pidfd_open(process.pid)
            loop.add_reader(descriptor, self._end, descriptor)
        else:
            wait = threading.Thread(target=self._wait_elsewhere, args=(loop,), daemon=True)
            wait.start()

    def _end(self, descriptor: int) -> None:
        asyncio.get_running_loop().remove_reader(descriptor)
        os.close(descriptor)
        self._process.wait()
        self._ended.set()

    def _wait_elsewhere(self, loop: asyncio.AbstractEventLoop) -> None:
        self._process.wait()
        with suppress(RuntimeError):  # the loop has been closed, and nobody waits
            loop.call_soon_threadsafe(self._ended.set)

    @property
    def pid(self) -> int:
        """The process, which leads a session and a process group of its own."""
        return self._process.pid

    def kill(self) -> None:
        """Kill all of its process group that is left, and what left the group."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        if self._mark is not None:
            self._mark.kill()

    @property
    def is_marked_alive(self) -> bool:
        """Whether anything it started still runs, in whatever group, as far as that can be told."""
        return self._mark is not None and next(self._mark.bearers(), None) is not None

    async def wait(self) -> int:
        """Wait until it has ended, and return its exit code; that of a killed one is negative."""
        await self._ended.wait()
        return self._process.returncode


async def launch(confined: Confined, cwd: str, output: Stream) -> Launched:
    """Start a confined command without input; all it prints goes to ``output``.

    Raises:
        OSError: it cannot be started or confined; then nothing of it runs.
    """

    def start() -> subprocess.Popen[bytes]:
        if confined.restrict is not None:
            confined.restrict()
        return subprocess.Popen(
            confined.argv,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=cwd,
            env=confined.environ,
            pass_fds=confined.pass_fds,
            start_new_session=True,
        )

    launched = Launched(start()) if confined.restrict is None else _marked(start)
    if confined.started is not None:
        try:
            await confined.started()
        except BaseException:
            launched.kill()
            await launched.wait()
            raise
    return launched


def _marked(start: Callable[[], subprocess.Popen[bytes]]) -> Launched:
    """Start what has no process table of its own so that all of it is found again."""
    if sys.platform != "linux":
        return Launched(_on_own_thread(start))
    from ._marks import marking

    with marking() as mark:
        process = _on_own_thread(start)
        mark.begins_with(process.pid)
    return Launched(process, mark)


def _on_own_thread(start: Callable[[], subprocess.Popen[bytes]]) -> subprocess.Popen[bytes]:
    """Start on a thread that ends with it: what binds the thread binds nothing else of this process."""
    started: list[subprocess.Popen[bytes]] = []
    faults: list[BaseException] = []

    def work() -> None:
        try:
            started.append(start())
        except BaseException as fault:  # a thread boundary: raised again by the caller
            faults.append(fault)

    thread = threading.Thread(target=work, name="gaff-confined", daemon=True)
    thread.start()
    thread.join()
    if faults:
        raise faults[0]
    return started[0]
