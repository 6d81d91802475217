"""Requests of a command to one host, read and passed on one by one, with credentials put in.

Only HTTP/1.1 gets through. A request that names another host than the connection was made to is refused, so
that behind an allowed host no other one is reached.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final, TypeAlias, cast

import h11

from ._addresses import Refused, authority
from ._hiding import Hider
from ._relay import first_of
from ._rewriting import Header, Rewriter
from ._tls import Stream

#: Larger bodies are passed on as they are.
_LONGEST_BODY: Final = 1 << 20
_LONGEST_HEAD: Final = 64 * 1024

_Event: TypeAlias = h11.Event | type[h11.PAUSED]


class Exchange:
    """One connection: requests from inside, answers from the host."""

    def __init__(self, inside: Stream, outside: Stream, host: str, port: int, rewriter: Rewriter) -> None:
        self._inside = inside
        self._outside = outside
        self._host = (host, port)
        self._rewriter = rewriter
        self._hider = Hider(rewriter.secrets)
        self._ours = h11.Connection(h11.SERVER, max_incomplete_event_size=_LONGEST_HEAD)
        self._theirs = h11.Connection(h11.CLIENT, max_incomplete_event_size=_LONGEST_HEAD)

    async def run(self) -> None:
        """Carry out requests until one end is done."""
        try:
            while await self._idle() and await self._one():
                self._ours.start_next_cycle()
                self._theirs.start_next_cycle()
        except h11.RemoteProtocolError as fault:
            await self._answer(int(fault.error_status_hint), f"the request cannot be read: {fault}")
        except Refused as refusal:
            await self._answer(int(refusal.status[:3]), str(refusal))
        except h11.LocalProtocolError:
            return  # the host's answer is none that could be passed on

    async def _idle(self) -> bool:
        """Wait for the next request; false where none comes."""
        if self._ours.trailing_data[0]:
            return True
        data, more = await first_of(self._inside.read, self._outside.read)
        if data is None or more is not None:
            return False
        self._ours.receive_data(data)
        return bool(data)

    async def _one(self) -> bool:
        """Carry out one request; true where another may follow."""
        request = await self._next(self._ours, self._inside)
        if not isinstance(request, h11.Request):
            return False
        self._check(request)
        await self._send_on(request)
        if not await self._answer_from_host():
            return False
        return self._ours.our_state is h11.DONE and self._theirs.our_state is h11.DONE and self._is_done()

    def _is_done(self) -> bool:
        return self._ours.their_state is h11.DONE and self._theirs.their_state is h11.DONE

    def _check(self, request: h11.Request) -> None:
        wanted = [value.decode("latin-1") for name, value in request.headers if name == b"host"]
        default = self._host[1]
        if len(wanted) != 1 or authority(wanted[0], default) != self._host:
            raise Refused("421 Misdirected Request", f"the request is not for {self._host[0]}")
        if request.method == b"TRACE":
            raise Refused("405 Method Not Allowed", "hosts repeat such a request, with all that was put in")
        if not request.target.startswith(b"/") and request.target != b"*":
            raise Refused("400 Bad Request", "the address of the request cannot be made out")

    async def _send_on(self, request: h11.Request) -> None:
        """Send the request to the host, its body rewritten where it is short enough to be held."""
        headers = _without(_raw(request), b"expect")
        if self._hider.is_needed:
            headers = [*_without(headers, b"accept-encoding"), (b"Accept-Encoding", b"identity")]
        held = await self._held(request) if self._rewriter.secrets else None
        whole = held is not None and held[1]
        if held is not None and whole:
            kind = next((value for name, value in request.headers if name == b"content-type"), b"")
            held = (self._rewriter.body(held[0], kind), True)
            headers = _with_length(headers, len(held[0]))
        target = self._rewriter.target(request.target)
        sent = self._rewriter.headers(headers)
        self._hider.learn(headers, sent)
        head = h11.Request(method=request.method, target=target, headers=sent)
        await self._send(self._theirs, self._outside, head)
        if held is not None and held[0]:
            await self._send(self._theirs, self._outside, h11.Data(data=held[0]))
        if whole:
            await self._send(self._theirs, self._outside, h11.EndOfMessage())
        else:
            await self._pass_on(self._ours, self._inside, self._theirs, self._outside)

    async def _held(self, request: h11.Request) -> tuple[bytes, bool]:
        """Read the body, up to what is held; say whether that is all of it."""
        body = bytearray()
        while len(body) <= _LONGEST_BODY:
            event = await self._next(self._ours, self._inside)
            if isinstance(event, h11.EndOfMessage):
                return bytes(body), True
            if not isinstance(event, h11.Data):
                raise h11.RemoteProtocolError("the body ended too soon")
            body += event.data
        return bytes(body), False

    async def _pass_on(self, of: h11.Connection, source: Stream, to: h11.Connection, target: Stream) -> None:
        """Pass on what is left of a body."""
        while True:
            event = await self._next(of, source)
            if isinstance(event, (h11.Data, h11.EndOfMessage)):
                await self._send(to, target, event)
            if not isinstance(event, h11.Data):
                return

    async def _answer_from_host(self) -> bool:
        """Pass the answer on; false where it was none, or the two talk something else from now on."""
        while True:
            event = await self._next(self._theirs, self._outside)
            if isinstance(event, h11.InformationalResponse):
                if event.status_code != 100:
                    await self._send(self._ours, self._inside, event)
                if event.status_code == 101:
                    await self._talk_freely()
                    return False
            elif isinstance(event, h11.Response):
                await self._pass_answer_on(event)
                return True
            else:
                return False

    async def _pass_answer_on(self, response: h11.Response) -> None:
        headers = self._hider.headers(_raw(response))
        is_plain = all(
            value == b"identity" for name, value in response.headers if name == b"content-encoding"
        )
        hides = self._hider.is_needed and is_plain
        if hides:
            headers = _without(headers, b"content-length")
        answer = h11.Response(status_code=response.status_code, headers=headers, reason=response.reason)
        await self._send(self._ours, self._inside, answer)
        if not hides:
            await self._pass_on(self._theirs, self._outside, self._ours, self._inside)
            return
        while isinstance(event := await self._next(self._theirs, self._outside), h11.Data):
            await self._send(self._ours, self._inside, h11.Data(data=self._hider.feed(bytes(event.data))))
        await self._send(self._ours, self._inside, h11.Data(data=self._hider.end()))
        if isinstance(event, h11.EndOfMessage):
            await self._send(self._ours, self._inside, h11.EndOfMessage())

    async def _talk_freely(self) -> None:
        await self._inside.write(self._theirs.trailing_data[0])
        await self._outside.write(self._ours.trailing_data[0])
        async with asyncio.TaskGroup() as group:
            ways = [(self._inside, self._outside), (self._outside, self._inside)]
            tasks = [group.create_task(_pump(*way)) for way in ways]
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                task.cancel()

    async def _next(self, connection: h11.Connection, stream: Stream) -> _Event:
        while (event := connection.next_event()) is h11.NEED_DATA:
            if connection.they_are_waiting_for_100_continue:
                go_on = h11.InformationalResponse(status_code=100, headers=[], reason=b"Continue")
                await self._send(connection, stream, go_on)
            connection.receive_data(await stream.read())
        return cast("_Event", event)

    async def _send(self, connection: h11.Connection, stream: Stream, event: h11.Event) -> None:
        await stream.write(connection.send(event) or b"")

    async def _answer(self, status: int, text: str) -> None:
        """Tell the command what is wrong, and end."""
        body = f"gaff: {text}\n".encode()
        if self._ours.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            return
        headers = [("Content-Length", str(len(body))), ("Connection", "close")]
        await self._send(self._ours, self._inside, h11.Response(status_code=status, headers=headers))
        await self._send(self._ours, self._inside, h11.Data(data=body))
        await self._send(self._ours, self._inside, h11.EndOfMessage())


async def _pump(source: Stream, target: Stream) -> None:
    while data := await source.read():
        await target.write(data)


def _raw(event: h11.Request | h11.Response) -> list[Header]:
    return [(bytes(name), bytes(value)) for name, value in event.headers.raw_items()]


def _without(headers: Sequence[Header], left_out: bytes) -> list[Header]:
    return [one for one in headers if one[0].lower() != left_out]


def _with_length(headers: Sequence[Header], length: int) -> list[Header]:
    """Say how long a body is that was read as a whole; a request that had none gets none."""
    framed = [one for one in headers if one[0].lower() in (b"content-length", b"transfer-encoding")]
    kept = [one for one in headers if one not in framed]
    return [*kept, (b"Content-Length", str(length).encode())] if framed else kept
