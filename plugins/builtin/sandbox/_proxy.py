"""The proxy through which commands in a sandbox reach the network: by host name, each judged first.

It knows ``CONNECT`` and plain requests. A name is looked up once, every answer is checked, and the checked
address is what is connected to. What is inside a TLS connection is not looked at.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

_LONGEST_HEAD: Final = 64 * 1024
#: Seconds for a request's head, and for a connection.
_PATIENCE: Final = 30.0
_CHUNK: Final = 64 * 1024
_MOST_CONNECTIONS: Final = 256
_NAME: Final = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*", re.ASCII)
_HOPS: Final = frozenset({"connection", "proxy-connection", "proxy-authorization", "keep-alive", "host"})

Judge = Callable[[str, int], Awaitable[bool]]


class Refused(Exception):
    """A request is not carried out; ``status`` goes to the command, and the message with it."""

    def __init__(self, status: str, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Request:
    """Where a command wants to, in lower case and without a dot at the end."""

    host: str
    port: int
    #: What to send on first: nothing for ``CONNECT``.
    head: bytes


class Proxy:
    """Serves one listener, from ``serve`` until ``close``; with ``proxy_port`` another proxy here does."""

    def __init__(self, judge: Judge, proxy_port: int | None = None) -> None:
        self._judge = judge
        self._proxy_port = proxy_port
        self._listener: socket.socket | None = None
        self._serving: asyncio.Task[None] | None = None

    def serve(self, listener: socket.socket) -> None:
        """Serve what connects to this listener."""
        self._listener = listener
        work = _accept(listener, self._judge, self._proxy_port)
        self._serving = asyncio.create_task(work, name="sandbox proxy")

    async def close(self) -> None:
        """End every connection, and the listening."""
        if self._serving is not None:
            self._serving.cancel()
            with suppress(asyncio.CancelledError):
                await self._serving
        if self._listener is not None:
            self._listener.close()


async def _accept(listener: socket.socket, judge: Judge, proxy_port: int | None) -> None:
    room = asyncio.Semaphore(_MOST_CONNECTIONS)
    async with asyncio.TaskGroup() as group:
        while True:
            await room.acquire()
            connection, _ = await asyncio.get_running_loop().sock_accept(listener)
            talk = group.create_task(_talk(connection, judge, proxy_port))
            talk.add_done_callback(lambda _: room.release())


async def _talk(connection: socket.socket, judge: Judge, proxy_port: int | None) -> None:
    """Carry out one connection."""
    reader, writer = await asyncio.open_connection(sock=connection, limit=_LONGEST_HEAD)
    try:
        if proxy_port is not None:
            await _relay(reader, writer, *await asyncio.open_connection("127.0.0.1", proxy_port))
        else:
            await _serve(reader, writer, judge)
    except Exception:  # isolation boundary: whatever a command sends ends its own connection and no other
        writer.transport.abort()
    finally:
        await _close(writer)


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, judge: Judge) -> None:
    try:
        async with asyncio.timeout(_PATIENCE):
            request = parse_request(await reader.readuntil(b"\r\n\r\n"))
        if not await judge(request.host, request.port):
            raise Refused("403 Forbidden", f"the sandbox does not let this command reach {request.host}")
        outside = await _connect(request)
    except Refused as refusal:
        text = f"gaff: {refusal}\n".encode()
        head = f"HTTP/1.1 {refusal.status}\r\nConnection: close\r\nContent-Length: {len(text)}\r\n\r\n"
        writer.write(head.encode() + text)
        await writer.drain()
        return
    if request.head:
        outside[1].write(request.head)
    else:
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
    await _relay(reader, writer, *outside)


def parse_request(head: bytes) -> Request:
    """Read the head of a request.

    Raises:
        Refused: it is none to a proxy, or programs might differ on its host.
    """
    lines = head.decode("latin-1").split("\r\n")
    words = lines[0].split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        raise Refused("400 Bad Request", "not a request to a proxy")
    method, target, version = words
    if method == "CONNECT":
        host, port = _authority(target, 443)
        return Request(host, port, b"")
    if not target.lower().startswith("http://"):
        raise Refused("400 Bad Request", "only http:// and CONNECT are understood")
    try:
        parts = urlsplit(target)
    except ValueError as fault:
        raise Refused("400 Bad Request", "the address cannot be made out") from fault
    host, port = _authority(parts.netloc, 80)
    origin = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    kept = [line for line in lines[1:] if line and line.partition(":")[0].strip().lower() not in _HOPS]
    # The host that was judged is the host that is asked, whatever the command's header says.
    sent = [f"{method} {origin} {version}", f"Host: {parts.netloc}", *kept, "Connection: close", "", ""]
    return Request(host, port, "\r\n".join(sent).encode("latin-1"))


def _authority(text: str, default_port: int) -> tuple[str, int]:
    """Read ``host:port``; whatever programs might read differently is refused."""
    found = re.fullmatch(r"(?:\[([0-9a-fA-F:.]+)\]|([^\[\]:@/\\\s]+))(?::(\d{1,5}))?", text, re.ASCII)
    host = (found[1] or found[2]).lower().removesuffix(".") if found else ""
    port = int(found[3]) if found and found[3] else default_port
    if not found or not 0 < port < 65536 or (found[2] and not _NAME.fullmatch(host)):
        raise Refused("400 Bad Request", "the host cannot be made out")
    return host, port


async def _connect(request: Request) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    addresses = await _look_up(request.host, request.port)
    fault: OSError | None = None
    for address in addresses:
        try:
            async with asyncio.timeout(_PATIENCE):
                return await asyncio.open_connection(address, request.port)
        except OSError as failed:
            fault = failed
    why = (fault.strerror if fault else None) or "it did not answer"
    raise Refused("502 Bad Gateway", f"{request.host} cannot be reached: {why}")


async def _look_up(host: str, port: int) -> Sequence[str]:
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as fault:
        raise Refused("502 Bad Gateway", f"{host} cannot be looked up: {fault.strerror}") from fault
    addresses = list(dict.fromkeys(str(address[0]) for *_, address in found))
    if not is_literal(host) and host != "localhost" and any(map(is_inside, addresses)):
        raise Refused("403 Forbidden", f"{host} leads into this machine")
    return addresses


def is_literal(host: str) -> bool:
    """Whether a host is an address and no name, in any notation that is understood somewhere."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return re.fullmatch(r"(0x[0-9a-f]*|\d+)(\.(0x[0-9a-f]*|\d+))*", host) is not None
    return True


def is_inside(address: str) -> bool:
    """Whether an address is one that no name should lead to: this machine, and what clouds tell it."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour
        if inner is not None:
            return is_inside(str(inner))
        if found in _NAT64 or int(found) < 1 << 32:
            return int(found) < 1 << 32 or is_inside(str(ipaddress.IPv4Address(int(found) & 0xFFFF_FFFF)))
    return (
        found.is_loopback
        or found.is_link_local
        or found.is_multicast
        or found.is_unspecified
        or str(found) in _METADATA
    )


_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
#: Where machines of some clouds ask about themselves, beside link-local addresses.
_METADATA: Final = frozenset({"192.0.0.192", "100.100.100.200", "168.63.129.16", "fd00:ec2::254"})


async def _relay(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    outside_reader: asyncio.StreamReader,
    outside_writer: asyncio.StreamWriter,
) -> None:
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(_pump(reader, outside_writer))
            group.create_task(_pump(outside_reader, writer))
    except* OSError:
        pass  # one end is gone, and with it the connection
    finally:
        await _close(outside_writer)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(_CHUNK):
        writer.write(data)
        await writer.drain()
    if writer.can_write_eof():
        with suppress(OSError):
            writer.write_eof()


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


def proxy_variables(host: str, port: int) -> dict[str, str]:
    """Return what tells programs to go through the proxy there."""
    url = f"http://{host}:{port}"
    names = ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")
    inside = "localhost,127.0.0.1,::1"
    return {**dict.fromkeys(names, url), "NO_PROXY": inside, "no_proxy": inside}
