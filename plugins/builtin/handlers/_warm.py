"""Warm Python hooks: a server of the hook's interpreter forks for every run, so that none is started anew.

A fork has its own stdin, outputs, environment, folder and exit code, as a process of its own would have.
The server and all its forks end with gaff, however that ends.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import socket
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from gaff.hooks import HookResult, HookRun, JsonObject, Notice, Session, StateKey, encode, number_at

from ._pipes import Outputs

_SERVER: Final = Path(__file__).with_name("_fork_server.py")
_PYTHON: Final = re.compile(r"python(?:3(?:\.\d+)?)?")
_SHEBANG: Final = re.compile(
    rb"#!\s*(?:/usr/bin/env\s+(?P<env>python[\d.]*)|(?P<path>/\S*python[\d.]*))\s*\n"
)

#: Seconds a worker has to end what it runs.
_PATIENCE: Final = 1.0


class WorkerGoneError(Exception):
    """A worker ended while it ran a script."""


class Worker:
    """One fork server, on our side."""

    def __init__(self, process: asyncio.subprocess.Process, channel: socket.socket) -> None:
        self._process = process
        self._channel = channel
        self._sending = asyncio.Lock()
        self._waiting: dict[int, asyncio.Future[int]] = {}
        self._buffer = b""
        self._last = 0
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(channel, self._receive)

    @property
    def alive(self) -> bool:
        """Whether it can take requests."""
        return self._process.returncode is None and self._channel.fileno() >= 0

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    def _receive(self) -> None:
        try:
            data = self._channel.recv(65_536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._close()
            return
        self._buffer += data
        *lines, self._buffer = self._buffer.split(b"\n")
        for line in lines:
            answer: JsonObject = json.loads(line)
            waiting = self._waiting.pop(number_at(answer, "id"), None)
            if waiting is not None and not waiting.done():
                waiting.set_result(number_at(answer, "code"))

    def _close(self) -> None:
        if self._channel.fileno() >= 0:
            self._loop.remove_reader(self._channel)
            self._channel.close()
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(WorkerGoneError("the warm worker ended"))
        self._waiting.clear()

    async def run(self, script: str, argv: Sequence[str], run: HookRun) -> HookResult:
        """Run a script, and return how it ended.

        Raises:
            OSError: the worker is gone.
        """
        self._last += 1
        number = self._last
        ended = self._waiting[number] = self._loop.create_future()
        request = {"id": number, "script": script, "argv": argv, "cwd": str(run.cwd)}
        outputs = Outputs(self._loop)
        try:
            await self._send({**request, "environ": dict(run.environ)}, run.stdin, outputs)
            code = await ended
            await outputs.drained()
        except WorkerGoneError as fault:
            # The script may have begun: it is not run a second time.
            return HookResult(failure=str(fault))
        except asyncio.CancelledError:
            await asyncio.shield(self._kill(number))
            raise
        finally:
            self._waiting.pop(number, None)
            outputs.close()
        # A shell in between would count signals so.
        code = 128 - code if code < 0 and "args" not in run.config else code
        return HookResult(exit_code=code, stdout=outputs.text(0), stderr=outputs.text(1))

    async def _send(self, request: Mapping[str, object], stdin: bytes, outputs: Outputs) -> None:
        with outputs.handles(stdin) as handles:
            data = encode(request) + b"\n"
            async with self._sending:
                sent = socket.send_fds(self._channel, [data], handles)
                if sent < len(data):
                    await self._loop.sock_sendall(self._channel, data[sent:])

    async def _kill(self, number: int) -> None:
        with suppress(OSError):
            async with self._sending:
                await self._loop.sock_sendall(self._channel, encode({"kill": number}) + b"\n")

    async def stop(self) -> None:
        """End it and all it runs: it sees to that itself once its channel is closed."""
        self._close()
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._process.wait()
        except TimeoutError:
            with suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()


# Which worker runs what.


@dataclass
class Workers:
    """The workers of a session, by interpreter."""

    running: dict[str, Worker] = field(default_factory=dict[str, Worker])
    starting: asyncio.Lock = field(default_factory=asyncio.Lock)
    #: Commands that run cold although they are called warm.
    told: set[str] = field(default_factory=set[str])


WORKERS: Final = StateKey(Workers)


async def run_warm(run: HookRun, words: Sequence[str] | None) -> HookResult | None:
    """Run a Python command in a worker; ``None`` where it must be run as any other command.

    ``words`` are those of the command; ``None`` where only a shell knows them.
    """
    session = run.session
    if session is None:
        return None
    workers = session.state[WORKERS]
    found = script_of(words, run) if words else None
    if found is None:
        _tell(session, workers, run, "is no plain call of a Python script")
        return None
    interpreter, script, argv = found
    try:
        async with workers.starting:
            worker = workers.running.get(interpreter)
            if worker is None or not worker.alive:
                worker = workers.running[interpreter] = await _start(interpreter, run)
        return await worker.run(script, argv, run)
    except (OSError, ValueError) as fault:
        _tell(session, workers, run, f"could not be run warm ({fault})")
        return None


def _tell(session: Session, workers: Workers, run: HookRun, why: str) -> None:
    line = f'{run.source.path}: {run.text("command")}: {why}; it runs without "warm"'
    if line not in workers.told:
        workers.told.add(line)
        session.publish(Notice("warning", line))


async def _start(interpreter: str, run: HookRun) -> Worker:
    ours, theirs = socket.socketpair()
    try:
        process = await asyncio.create_subprocess_exec(
            interpreter,
            str(_SERVER),
            str(theirs.fileno()),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            pass_fds=(theirs.fileno(),),
            env=dict(run.environ),
            cwd="/",
            start_new_session=True,
        )
    except BaseException:
        ours.close()
        raise
    finally:
        theirs.close()
    ours.setblocking(False)
    return Worker(process, ours)


def script_of(words: Sequence[str], run: HookRun) -> tuple[str, str, list[str]] | None:
    """Return interpreter, script and ``sys.argv`` of a command; ``None`` where it is no plain Python call."""
    if sys.platform == "win32":
        return None
    first, rest = words[0], list(words[1:])
    path = run.environ.get("PATH")
    if not _PYTHON.fullmatch(os.path.basename(first)):
        script = _absolute(first, run)
        interpreter = _interpreter_of(script, path) if os.access(script, os.X_OK) else None
        return None if interpreter is None else (interpreter, script, [first, *rest])
    interpreter = shutil.which(first, path=path)
    if interpreter is None or not rest or rest[0].startswith("-"):
        return None
    script = _absolute(rest[0], run)
    return (interpreter, script, rest) if os.path.isfile(script) else None


def _absolute(path: str, run: HookRun) -> str:
    return path if os.path.isabs(path) else str(run.cwd / path)


def _interpreter_of(script: str, path: str | None) -> str | None:
    """Return the Python that a script's first line names."""
    try:
        with open(script, "rb") as file:
            found = _SHEBANG.match(file.readline(200))
    except OSError:
        return None
    if found is None:
        return None
    if found["path"]:
        return os.fsdecode(found["path"])
    return shutil.which(found["env"].decode(), path=path)


async def stop_workers(session: Session) -> None:
    """End the session's workers."""
    workers = session.state[WORKERS]
    for worker in workers.running.values():
        await worker.stop()
    workers.running.clear()
