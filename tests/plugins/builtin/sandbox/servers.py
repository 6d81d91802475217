"""Servers on this machine that tell what they were asked, and certificates for them."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from gaff.hooks import JsonObject
from gaff.plugins.builtin.sandbox._certificates import Authority


@dataclass
class Server:
    """Answers each request with what it was, as JSON; what does not speak HTTP gets a greeting."""

    port: int = 0
    asked: list[JsonObject] = field(default_factory=list[JsonObject])
    #: The first words of connections that were no HTTP.
    greeted: list[bytes] = field(default_factory=list[bytes])

    @property
    def last(self) -> JsonObject:
        """The last request: target, headers by name in lower case, body."""
        return self.asked[-1]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer requests until the other end is done."""
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                await self._answer(head.decode("latin-1").split("\r\n"), reader, writer)
        except (asyncio.IncompleteReadError, OSError):
            writer.close()

    async def _answer(
        self, lines: list[str], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        headers = {
            name.lower(): value.strip()
            for name, _, value in (line.partition(":") for line in lines[1:] if line)
        }
        body = (await reader.readexactly(int(headers.get("content-length", "0")))).decode("latin-1")
        self.asked.append({"target": lines[0].split(" ")[1], "headers": dict(headers), "body": body})
        told = json.dumps(self.asked[-1]).encode()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(told), told))
        await writer.drain()

    async def greet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Speak first, as ssh does."""
        writer.write(b"SSH-2.0-server\r\n")
        self.greeted.append(await reader.readline())
        writer.close()


@asynccontextmanager
async def serving(*, tls: ssl.SSLContext | None = None, greets: bool = False) -> AsyncGenerator[Server]:
    """Serve on 127.0.0.1, plain or by TLS."""
    server = Server()
    async with await asyncio.start_server(
        server.greet if greets else server.serve, "127.0.0.1", 0, ssl=tls
    ) as listening:
        server.port = listening.sockets[0].getsockname()[1]
        yield server


def trusted_server(folder: Path, host: str = "localhost") -> tuple[ssl.SSLContext, Path]:
    """Return with what to be a host, and a file with the authority that says so."""
    authority = Authority()
    file = folder / "authority.pem"
    file.write_text(authority.certificate)
    return authority.context_for(host), file
