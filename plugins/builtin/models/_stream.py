"""Reading a streamed answer: events out of bytes, under deadlines, with every way it can break off."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing
from typing import TYPE_CHECKING, Final, NoReturn, cast

from gaff.hooks import JsonObject, ModelError, text_at

from ._environment import Deadlines
from ._faults import LONGEST_ERROR, Target, event_fault, readable
from ._sse import EventReader, EventTooLong

if TYPE_CHECKING:
    import httpx2

#: Seconds that the end of a finished answer is waited for, so that the connection can be used again.
_TAIL: Final = 0.25


class Answer:
    """The body of one streamed answer."""

    def __init__(
        self, response: httpx2.Response, target: Target, deadlines: Deadlines, secrets: tuple[str, ...] = ()
    ) -> None:
        self._response = response
        self._pieces: AsyncIterator[bytes] = response.aiter_bytes()
        self._target = target
        self._deadlines = deadlines
        self._secrets = secrets
        #: Seconds waited since the last event that carries the answer on, and in all.
        self._idle = 0.0
        self._spent = 0.0

    async def events(self) -> AsyncGenerator[JsonObject]:
        """Yield the events until the server ends the stream or says ``[DONE]``.

        Raises:
            ModelError: the stream stalled or broke, is no event stream, or holds an error event.
        """
        reader = EventReader()
        head: bytes | None = b""
        while piece := await self._next():
            head = head if head is None else (head + piece)[:LONGEST_ERROR]
            for data in self._cut_up(reader, piece):
                head = None
                if data == b"[DONE]":
                    return
                yield self._event(data)
        rest = reader.flush()
        if _parsed(rest):
            yield self._event(rest)
        elif head and not rest:
            raise self._no_stream(head)

    async def drain(self) -> None:
        """Read what is left after the last event."""
        import httpx2

        try:
            async with asyncio.timeout(_TAIL):
                while await anext(self._pieces, None):
                    pass
        except (TimeoutError, httpx2.HTTPError):
            pass  # the answer is complete; only the connection is lost

    def cut(self) -> ModelError:
        """Return the error that an end before the end means."""
        return ModelError("stream_cut", f"{self._target.host} ended the answer before it was complete")

    def malformed(self, why: str) -> ModelError:
        """Return the error that a broken stream means."""
        return ModelError("malformed_stream", f"{self._target.host} sent a broken answer: {why}")

    async def _next(self) -> bytes:
        """Return the next bytes; none at the end.

        Silence is ended by the HTTP client. Whether bytes carry the answer on is seen when they come.
        """
        import httpx2

        begun = time.monotonic()
        try:
            piece = await anext(self._pieces, b"")
        except httpx2.ReadTimeout as fault:
            why = f"sent nothing for {self._deadlines.silence:g} s (CLAUDE_STREAM_IDLE_TIMEOUT_MS)"
            raise self._stalled(why) from fault
        except httpx2.HTTPError as fault:
            why = readable(str(fault)) or type(fault).__name__
            raise ModelError("stream_cut", f"The connection to {self._target.host} broke: {why}") from fault
        waited = time.monotonic() - begun
        self._idle += waited
        self._spent += waited
        if self._idle > self._deadlines.progress:
            why = f"did not carry the answer on for {self._deadlines.progress:g} s (API_TIMEOUT_MS)"
            raise self._stalled(why)
        if self._spent > self._deadlines.total:
            raise self._stalled(f"did not finish within {self._deadlines.total:g} s")
        return piece

    def _cut_up(self, reader: EventReader, piece: bytes) -> Iterator[bytes]:
        try:
            yield from reader.feed(piece)
        except EventTooLong as fault:
            raise self.malformed(str(fault)) from fault

    def _event(self, data: bytes) -> JsonObject:
        event = _parsed(data)
        if event is None:
            raise self.malformed("an event is no JSON object")
        kind = event.get("type")
        if kind == "error" or (kind is None and event.get("error")):
            raise event_fault(event, self._target, self._secrets)
        if kind != "ping":
            self._idle = 0.0
        return event

    def _stalled(self, why: str) -> ModelError:
        return ModelError("stream_stalled", f"{self._target.host} {why}")

    def _no_stream(self, head: bytes) -> ModelError:
        """Return the error that an answer means which is no event stream at all."""
        found = _parsed(head)
        if found and found.get("error"):
            return event_fault(found, self._target, self._secrets)
        kind = "JSON" if found is not None else self._response.headers.get("content-type", "something else")
        return self.malformed(f"{readable(kind)} instead of an event stream")


async def message_events(answer: Answer) -> AsyncGenerator[JsonObject]:
    """Yield the events of a Messages API stream up to ``message_stop``.

    Raises:
        ModelError: as ``Answer.events``, or the stream ends before ``message_stop``.
    """
    async with aclosing(answer.events()) as events:
        async for event in events:
            kind = text_at(event, "type")
            if not kind:
                raise answer.malformed("its events are not those of the Messages API")
            yield event
            if kind == "message_stop":
                await answer.drain()
                return
    raise answer.cut()


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


_DECODER: Final = json.JSONDecoder(parse_constant=_refuse)


def _parsed(data: bytes) -> JsonObject | None:
    """Return the JSON object that these bytes hold; ``None`` where they hold none."""
    try:
        value: object = _DECODER.decode(data.decode())
    except (ValueError, RecursionError):
        return None
    return cast("JsonObject", value) if isinstance(value, dict) else None
