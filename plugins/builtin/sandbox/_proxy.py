"""The proxy through which commands in a sandbox reach the network: by host name, each judged first.

One listener serves both kinds of proxy, HTTP (``CONNECT`` and plain requests) and SOCKS: the first byte
tells which. What is inside a connection is looked at only where a carrier does so.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from gaff.hooks import Crossing, SandboxPolicy

from . import _socks
from ._addresses import PATIENCE, Refused, Streams, authority, connect
from ._relay import close, relay

_LONGEST_HEAD: Final = 64 * 1024
_MOST_CONNECTIONS: Final = 256
_HOPS: Final = frozenset({"connection", "proxy-connection", "proxy-authorization", "keep-alive", "host"})


@dataclass(frozen=True)
class Request:
    """Where a command wants to, in lower case and without a dot at the end."""

    host: str
    port: int
    #: What to send on first: nothing for ``CONNECT``.
    head: bytes


class Proxy:
    """Serves one listener, from ``serve`` until ``close``, by the terms of a policy."""

    def __init__(self, policy: SandboxPolicy) -> None:
        self._policy = policy
        self._listener: socket.socket | None = None
        self._serving: asyncio.Task[None] | None = None

    def serve(self, listener: socket.socket) -> None:
        """Serve what connects to this listener."""
        self._listener = listener
        self._serving = asyncio.create_task(_accept(listener, self._policy), name="sandbox proxy")

    async def close(self) -> None:
        """End every connection, and the listening."""
        if self._serving is not None:
            self._serving.cancel()
            with suppress(asyncio.CancelledError):
                await self._serving
        if self._listener is not None:
            self._listener.close()


async def _accept(listener: socket.socket, policy: SandboxPolicy) -> None:
    room = asyncio.Semaphore(_MOST_CONNECTIONS)
    async with asyncio.TaskGroup() as group:
        while True:
            await room.acquire()
            connection, _ = await asyncio.get_running_loop().sock_accept(listener)
            talk = group.create_task(_talk(connection, policy))
            talk.add_done_callback(lambda _: room.release())


async def _talk(connection: socket.socket, policy: SandboxPolicy) -> None:
    """Carry out one connection."""
    reader, writer = await asyncio.open_connection(sock=connection, limit=_LONGEST_HEAD)
    try:
        async with asyncio.timeout(PATIENCE):
            first = await reader.readexactly(1)
        is_socks = first == _socks.VERSION
        port = policy.socks_port if is_socks else policy.proxy_port
        if port is not None:
            await _hand_over(first, reader, writer, port)
        elif is_socks:
            await _serve_socks(reader, writer, policy)
        else:
            await _serve_http(first, reader, writer, policy)
    except Exception:  # isolation boundary: whatever a command sends ends its own connection and no other
        writer.transport.abort()
    finally:
        await close(writer)


async def _hand_over(
    first: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int
) -> None:
    """Let another proxy on this machine judge."""
    outside = await asyncio.open_connection("127.0.0.1", port)
    outside[1].write(first)
    await relay(reader, writer, *outside)


async def _serve_socks(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, policy: SandboxPolicy
) -> None:
    try:
        async with asyncio.timeout(PATIENCE):
            host, port = await _socks.read_target(reader, writer)
        outside = await _reach(host, port, policy)
    except Refused as refusal:
        writer.write(_socks.refused(refusal))
        await writer.drain()
        return
    writer.write(_socks.granted())
    await _carry(Crossing(host, port, reader, writer, *outside), policy)


async def _serve_http(
    first: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, policy: SandboxPolicy
) -> None:
    try:
        async with asyncio.timeout(PATIENCE):
            request = parse_request(first + await reader.readuntil(b"\r\n\r\n"))
        outside = await _reach(request.host, request.port, policy)
    except Refused as refusal:
        text = f"gaff: {refusal}\n".encode()
        head = f"HTTP/1.1 {refusal.status}\r\nConnection: close\r\nContent-Length: {len(text)}\r\n\r\n"
        writer.write(head.encode() + text)
        await writer.drain()
        return
    if not request.head:
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
    await _carry(Crossing(request.host, request.port, reader, writer, *outside, request.head), policy)


async def _reach(host: str, port: int, policy: SandboxPolicy) -> Streams:
    if not await policy.connect(host, port):
        raise Refused("403 Forbidden", f"the sandbox does not let this command reach {host}")
    return await connect(host, port)


async def _carry(crossing: Crossing, policy: SandboxPolicy) -> None:
    try:
        if policy.carry is not None:
            await policy.carry(crossing)
        else:
            crossing.outside_writer.write(crossing.head)
            await relay(crossing.reader, crossing.writer, crossing.outside_reader, crossing.outside_writer)
    finally:
        await close(crossing.outside_writer)


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
        host, port = authority(target, 443)
        return Request(host, port, b"")
    if not target.lower().startswith("http://"):
        raise Refused("400 Bad Request", "only http:// and CONNECT are understood")
    try:
        parts = urlsplit(target)
    except ValueError as fault:
        raise Refused("400 Bad Request", "the address cannot be made out") from fault
    host, port = authority(parts.netloc, 80)
    origin = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    kept = [line for line in lines[1:] if line and line.partition(":")[0].strip().lower() not in _HOPS]
    # The host that was judged is the host that is asked, whatever the command's header says.
    sent = [f"{method} {origin} {version}", f"Host: {parts.netloc}", *kept, "Connection: close", "", ""]
    return Request(host, port, "\r\n".join(sent).encode("latin-1"))


#: Carries a connection through the HTTP proxy, for ssh: ``ADDRESS PORT HOST PORT`` are its parameters.
_TUNNEL: Final = r"""exec 3<>"/dev/tcp/$1/$2" || exit
printf 'CONNECT %s:%s HTTP/1.1\r\n\r\n' "$3" "$4" >&3
read -r _ status text <&3
[ "$status" = 200 ] || { echo "$status $text" >&2; exit 1; }
while read -r line <&3 && [ "$line" != $'\r' ]; do :; done
cat <&3 & exec cat >&3
"""


def proxied(environ: Mapping[str, str], host: str, port: int) -> Mapping[str, str]:
    """Return an environment that tells programs to go through the proxy there.

    ``ALL_PROXY`` names the HTTP proxy as well: ``CONNECT`` carries any protocol, while many Python programs
    end at once when it names a SOCKS proxy and a package for that is missing.
    """
    url, inside = f"http://{host}:{port}", "localhost,127.0.0.1,::1"
    names = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")
    found = {**environ, **dict.fromkeys(names, url), "NO_PROXY": inside, "no_proxy": inside}
    found["RSYNC_PROXY"] = f"{host}:{port}"
    if "GIT_SSH_COMMAND" not in environ and "GIT_SSH" not in environ:
        through = f'bash -c "$GAFF_TUNNEL" gaff {host} {port} %h %p'
        found |= {"GIT_SSH_COMMAND": f"ssh -o ProxyCommand='{through}'", "GAFF_TUNNEL": _TUNNEL}
    return found
