"""One running bash: its process group and its output."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gaff.hooks import SandboxCommand
from gaff.plugins.builtin.sandbox._launch import Launched, launch

from ._processes import is_group_alive, kill_marked, signal_group

if TYPE_CHECKING:
    from gaff.plugins.builtin.sandbox._confinement import Confinement

_CHUNK: Final = 256 * 1024
#: Seconds that output may still come in once the shell has ended but something holds its output open.
_DRAIN: Final = 0.1
_POLL_STOPPING: Final = 0.01
_POLL_LINGERING: Final = 0.5


class ShellProcess:
    """A command in a session of its own, without a terminal; both its outputs come through one pipe.

    A pipe, not a file: a command may open ``/dev/stdout`` anew, which would empty a file. What outlives
    the shell may go on printing; the pipe is read as long as anybody holds it.
    """

    def __init__(self, receive: Callable[[bytes], None], marker: str) -> None:
        self._receive = receive
        self._marker = marker
        self._process: asyncio.subprocess.Process | Launched | None = None
        self._pipe: int | None = None
        self._drained = asyncio.Event()
        self._gone = False

    async def start(
        self,
        argv: Sequence[str],
        cwd: Path,
        environ: Mapping[str, str],
        confinement: Confinement | None = None,
    ) -> None:
        """Start it, confined where there is something that confines it.

        Raises:
            OSError: it cannot be started, or not confined.
        """
        reading, writing = os.pipe()
        try:
            if confinement is None:
                self._process = await _start(argv, cwd, environ, writing)
            else:
                confined = await confinement.enter(SandboxCommand(argv, environ, str(cwd)))
                self._process = await launch(confined, str(cwd), writing)
        except BaseException:
            os.close(reading)
            if confinement is not None:
                await confinement.leave()
            raise
        finally:
            os.close(writing)
        os.set_blocking(reading, False)
        self._pipe = reading
        asyncio.get_running_loop().add_reader(reading, self._readable)

    def _readable(self) -> None:
        if self._pipe is None:
            return
        try:
            data = os.read(self._pipe, _CHUNK)
        except BlockingIOError:
            return
        if data:
            self._receive(data)
        else:
            self._close_pipe()

    def _close_pipe(self) -> None:
        if self._pipe is not None:
            asyncio.get_running_loop().remove_reader(self._pipe)
            os.close(self._pipe)
            self._pipe = None
        self._drained.set()

    @property
    def group(self) -> int:
        """The process group."""
        if self._process is None:
            raise RuntimeError("the command was not started")
        return self._process.pid

    async def ended(self) -> int:
        """Wait until the shell has ended and its output is in, and return its exit code as shells count it."""
        if self._process is None:
            raise RuntimeError("the command was not started")
        code = await self._process.wait()
        try:
            async with asyncio.timeout(_DRAIN):
                await self._drained.wait()
        except TimeoutError:
            pass  # something the command started holds the pipe; its output is read on
        return code if code >= 0 else 128 - code

    @property
    def lingers(self) -> bool:
        """Whether something that the command started still runs; asked once the shell has ended."""
        return not self._drained.is_set() or self._is_alive()

    def _is_alive(self) -> bool:
        """Whether anything runs that is known to be of the command."""
        if is_group_alive(self.group):
            return True
        return isinstance(self._process, Launched) and self._process.is_marked_alive

    async def gone(self) -> None:
        """Wait until nothing of the command runs and nobody holds the pipe."""
        await self._drained.wait()
        await self._until_empty(_POLL_LINGERING)
        self._gone = True

    async def stop(self, grace: float) -> None:
        """End everything the command started: asked first, killed after ``grace`` seconds."""
        if self._gone or self._process is None:
            return
        signal_group(self.group, signal.SIGTERM)
        try:
            async with asyncio.timeout(grace):
                await self._until_empty(_POLL_STOPPING)
        except TimeoutError:
            pass
        finally:
            self.kill()
        await self._process.wait()

    async def _until_empty(self, interval: float) -> None:
        while self._is_alive():  # noqa: ASYNC110 - the system tells nobody when a group is empty
            await asyncio.sleep(interval)

    def kill(self) -> None:
        """Kill everything the command started, at once."""
        signal_group(self.group, signal.SIGKILL)
        if isinstance(self._process, Launched):
            self._process.kill()
        kill_marked(self._marker)

    def close(self) -> None:
        """Read no more output."""
        self._close_pipe()


async def _start(
    argv: Sequence[str], cwd: Path, environ: Mapping[str, str], output: int
) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *argv,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        cwd=cwd,
        env=environ,
        start_new_session=True,
    )
