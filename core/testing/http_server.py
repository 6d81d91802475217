"""A small HTTP/1.1 server for fakes: on 127.0.0.1, with every way to misbehave that a test may want.

It runs in the loop of the test (``async with``) or in a thread of its own (``with``), which a test needs
that blocks while a child process talks to the server.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import struct
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from types import TracebackType
from typing import Self, cast

from gaff.hooks import Json, JsonObject

from .timeline import End, Fail, Pause, Repeat, Send, SendRaw, Step, Wait

_LARGEST_HEAD = 64 * 1024


@dataclass(frozen=True)
class HttpRequest:
    """A request as it arrived. Header names are in lower case."""

    method: str
    #: Without the query.
    path: str
    headers: Mapping[str, str]
    body: bytes

    @cached_property
    def json(self) -> JsonObject:
        """The body as a JSON object; an empty one where it is none."""
        try:
            value: object = json.loads(self.body or b"{}")
        except ValueError:
            return {}
        return cast("JsonObject", value) if isinstance(value, dict) else {}

    @property
    def messages(self) -> Sequence[JsonObject]:
        """The ``messages`` of the body."""
        found = self.json.get("messages")
        return cast("Sequence[JsonObject]", found) if isinstance(found, list) else ()


@dataclass(frozen=True)
class HttpResponse:
    """A response: whole (``body``), or a stream of ``steps``, their events encoded."""

    status: int = 200
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    steps: Sequence[Step] | None = None
    #: Bytes in each write; 0 for one write a step.
    write_size: int = 0
    #: Bytes to send instead of a response; silence where there are none.
    junk: bytes | None = None


def json_response(
    value: Mapping[str, Json], status: int = 200, headers: tuple[tuple[str, str], ...] = ()
) -> HttpResponse:
    """Return a response with a JSON body."""
    return HttpResponse(status, headers=headers, body=json.dumps(value).encode())


@dataclass
class _Runner:
    """What a running server holds."""

    loop: asyncio.AbstractEventLoop
    server: asyncio.Server
    release: asyncio.Event
    connections: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])


class FakeServer(ABC):
    """The part of a fake server that knows HTTP and no API."""

    #: Seconds any wait for something to happen may take.
    patience = 10.0

    def __init__(self) -> None:
        self._runner: _Runner | None = None
        self._thread: threading.Thread | None = None
        self._leave = asyncio.Event()
        self._changed = threading.Condition()
        self._disconnects = 0
        self._port = 0
        #: Every request, in the order of arrival.
        self.all_requests: list[HttpRequest] = []

    @property
    def url(self) -> str:
        """The base URL, without a slash at the end."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def running(self) -> bool:
        """Whether it serves now."""
        return self._runner is not None

    @abstractmethod
    async def respond(self, request: HttpRequest) -> HttpResponse:
        """Return the answer to a request."""

    def check(self) -> None:
        """Raise ``AssertionError`` where something was asked of the server that a real one would mind."""

    # Starting and stopping.

    async def start(self, port: int = 0) -> None:
        """Serve in the running loop."""
        server = await asyncio.start_server(self._connected, "127.0.0.1", port, limit=_LARGEST_HEAD)
        self._port = server.sockets[0].getsockname()[1]
        self._runner = _Runner(asyncio.get_running_loop(), server, asyncio.Event())

    async def stop(self) -> None:
        """End all connections and serve no more."""
        runner, self._runner = self._runner, None
        if runner is None:
            return
        runner.server.close()
        tasks = set(runner.connections)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        await runner.server.wait_closed()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()
        if error is None:
            self.check()

    def __enter__(self) -> Self:
        started = threading.Event()
        self._thread = threading.Thread(target=self._serve_in_thread, args=(started,), name="fake-server")
        self._thread.start()
        if not started.wait(self.patience):
            raise OSError("the fake server did not start: no port on 127.0.0.1 could be bound")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        if error is None:
            self.check()

    def close(self) -> None:
        """End the thread of a server that was entered with ``with``."""
        thread, self._thread = self._thread, None
        if thread is not None and self._runner is not None:
            self._runner.loop.call_soon_threadsafe(self._leave.set)
            thread.join(self.patience)

    def _serve_in_thread(self, started: threading.Event) -> None:
        async def serve() -> None:
            await self.start()
            started.set()
            await self._leave.wait()
            await self.stop()

        asyncio.run(serve())

    # What a test does meanwhile.

    def release(self) -> None:
        """Let held replies go on, these and later ones."""
        if self._runner is not None:
            self._runner.loop.call_soon_threadsafe(self._runner.release.set)

    def wait_until(self, condition: Callable[[], bool]) -> None:
        """Block until the condition holds; it is looked at when a request comes and when a client leaves.

        Raises:
            AssertionError: it did not within ``patience``.
        """
        deadline = time.monotonic() + self.patience
        with self._changed:
            while not condition():
                left = deadline - time.monotonic()
                if left <= 0 or not self._changed.wait(left):
                    raise AssertionError(
                        f"waited {self.patience:.0f} s: {len(self.all_requests)} requests came"
                    )

    async def requested(self, count: int) -> None:
        """Wait until so many requests have come."""
        await asyncio.to_thread(self.wait_until, lambda: len(self.all_requests) >= count)

    async def disconnected(self, count: int = 1) -> None:
        """Wait until so many clients have left in the middle of an answer."""
        await asyncio.to_thread(self.wait_until, lambda: self._disconnects >= count)

    def _notice(self, *, request: HttpRequest | None = None) -> None:
        with self._changed:
            if request is None:
                self._disconnects += 1
            else:
                self.all_requests.append(request)
            self._changed.notify_all()

    # Connections.

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task, runner = asyncio.current_task(), self._runner
        if task is None or runner is None:
            writer.close()
            return
        runner.connections.add(task)
        try:
            await self._serve(reader, writer, runner)
        except (ConnectionError, TimeoutError):
            self._notice()
        except asyncio.CancelledError:
            # The server is being stopped: the streams' own callback would report the task as failed.
            pass
        finally:
            runner.connections.discard(task)
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, runner: _Runner
    ) -> None:
        while (request := await read_request(reader, writer)) is not None:
            self._notice(request=request)
            response = await self.respond(request)
            if not await _Playback(reader, writer, runner.release).send(response):
                return


async def read_request(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> HttpRequest | None:
    """Read one request; ``None`` where the client left."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        return None
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ", 2)
    headers = {
        name.strip().lower(): value.strip()
        for name, _, value in (line.partition(":") for line in lines if line)
    }
    if headers.get("expect") == "100-continue":
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    try:
        body = await _read_body(reader, headers)
    except asyncio.IncompleteReadError:
        return None
    return HttpRequest(method, target.partition("?")[0], headers, body)


async def _read_body(reader: asyncio.StreamReader, headers: Mapping[str, str]) -> bytes:
    if headers.get("transfer-encoding") != "chunked":
        return await reader.readexactly(int(headers.get("content-length", "0")))
    body = bytearray()
    while size := int((await reader.readline()).split(b";")[0], 16):
        body += await reader.readexactly(size)
        await reader.readexactly(2)
    await reader.readline()
    return bytes(body)


class _ClientLeftError(Exception):
    """The client closed the connection while the server was silent."""


@dataclass
class _Playback:
    """Sends one response on a connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    released: asyncio.Event

    async def send(self, response: HttpResponse) -> bool:
        """Send it; return whether the connection can be used for another."""
        if response.junk:
            await self._write(response.junk)
        elif response.junk is not None:
            await self._idle(None)
        elif response.steps is None:
            self._head(response, {"content-length": str(len(response.body))})
            await self._write(response.body)
            return "content-length" not in dict(response.headers)
        else:
            self._head(response, {"transfer-encoding": "chunked"})
            return await self._play(response.steps, response.write_size)
        return False

    def _head(self, response: HttpResponse, framing: dict[str, str]) -> None:
        headers = {"content-type": response.content_type} | framing | dict(response.headers)
        phrase = next((item.phrase for item in HTTPStatus if item == response.status), "Unknown")
        lines = [
            f"HTTP/1.1 {response.status} {phrase}",
            *(f"{name}: {value}" for name, value in headers.items()),
        ]
        self.writer.write(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))

    async def _play(self, steps: Sequence[Step], write_size: int) -> bool:
        for step in steps:
            match step:
                case SendRaw(data):
                    await self._chunks(data, write_size)
                case Repeat(SendRaw(data), seconds):
                    await self._repeat(data, seconds)
                case Pause(seconds):
                    await self._idle(asyncio.sleep(seconds))
                case Wait(released):
                    await self._idle(self.released.wait() if released else None)
                case End(how):
                    return await self._end(how)
                case Send() | Fail() | Repeat():
                    raise TypeError(f"not encoded: {step!r}")
        await self._write(b"0\r\n\r\n")
        return True

    async def _repeat(self, data: bytes, seconds: float) -> None:
        while True:
            await self._chunks(data, 0)
            await self._idle(asyncio.sleep(seconds))

    async def _end(self, how: str) -> bool:
        if how == "end":
            await self._write(b"0\r\n\r\n")
        elif how == "reset":
            handle = cast("socket.socket", self.writer.get_extra_info("socket"))
            handle.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.writer.transport.abort()
        return False

    async def _chunks(self, data: bytes, write_size: int) -> None:
        size = write_size or len(data)
        for start in range(0, len(data), size):
            piece = data[start : start + size]
            await self._write(b"%x\r\n%s\r\n" % (len(piece), piece))

    async def _write(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def _idle(self, until: Awaitable[object] | None) -> None:
        """Wait for something, for ever where it is ``None``; a client that leaves meanwhile ends it."""
        try:
            async with asyncio.TaskGroup() as group:
                watch = group.create_task(self._watch_client())
                await (asyncio.Event().wait() if until is None else until)
                watch.cancel()
        except* _ClientLeftError:
            raise ConnectionResetError("the client left") from None

    async def _watch_client(self) -> None:
        while await self.reader.read(1024):
            pass
        raise _ClientLeftError
