"""The end of a TLS connection that a command began, here instead of where it wanted to."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from contextlib import suppress
from typing import Final, Protocol, TypeVar

from ._relay import CHUNK

_Result = TypeVar("_Result")

#: The first byte of a TLS connection.
HANDSHAKE: Final = b"\x16"


class Stream(Protocol):
    """One end of a conversation."""

    async def read(self) -> bytes:
        """Return what comes next; nothing at the end."""
        ...

    async def write(self, data: bytes) -> None:
        """Send all of it."""
        ...


class PlainStream:
    """A conversation as it is; ``first`` was read of it already."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, first: bytes = b""
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._first = first

    async def read(self) -> bytes:
        """Return what comes next; nothing at the end."""
        first, self._first = self._first, b""
        return first or await self._reader.read(CHUNK)

    async def write(self, data: bytes) -> None:
        """Send all of it."""
        self._writer.write(data)
        await self._writer.drain()


class TlsStream:
    """A conversation inside TLS, with this end as the server; ``first`` was read of it already."""

    def __init__(self, plain: PlainStream, context: ssl.SSLContext) -> None:
        self._plain = plain
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._object = context.wrap_bio(self._incoming, self._outgoing, server_side=True)

    async def begin(self) -> None:
        """Agree on keys.

        Raises:
            OSError: the command does not take this end for whom it wanted to talk to.
        """
        await self._do(self._object.do_handshake)

    async def read(self) -> bytes:
        """Return what comes next; nothing at the end."""
        try:
            return await self._do(lambda: self._object.read(CHUNK))
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return b""

    async def write(self, data: bytes) -> None:
        """Send all of it."""
        await self._do(lambda: self._object.write(data) if data else 0)

    async def end(self) -> None:
        """Say that nothing more comes."""
        with suppress(OSError):  # the other end need not agree
            self._object.unwrap()
        with suppress(OSError):
            await self._flush()

    async def _do(self, step: Callable[[], _Result]) -> _Result:
        while True:
            try:
                return step()
            except ssl.SSLWantReadError:
                await self._flush()
                data = await self._plain.read()
                if data:
                    self._incoming.write(data)
                else:
                    self._incoming.write_eof()
            finally:
                await self._flush()

    async def _flush(self) -> None:
        if data := self._outgoing.read():
            await self._plain.write(data)
