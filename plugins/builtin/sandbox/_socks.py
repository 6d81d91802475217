"""What programs say to a SOCKS proxy, version 5: connections to a host by name or address, and nothing else.

Source: RFC 1928.
"""

from __future__ import annotations

import asyncio
import ipaddress
from typing import Final

from ._addresses import Refused, address_of, host_of

#: How the first byte of a conversation tells it from HTTP.
VERSION: Final = b"\x05"

_NO_PASSWORD: Final = 0
_NONE_WILL_DO: Final = 0xFF
_CONNECT: Final = 1
_IPV4, _NAME, _IPV6 = 1, 3, 4
_GRANTED: Final = 0
_REPLIES: Final = {"403": 2, "502": 4, "405": 7}
_FAILED: Final = 1
#: The address of this end, which nobody asks for.
_NOWHERE: Final = b"\x00\x01\x00\x00\x00\x00\x00\x00"


async def read_target(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> tuple[str, int]:
    """Read where a program wants to, from after its first byte on.

    Raises:
        Refused: it wants something else, or what it says cannot be made out.
    """
    (count,) = await reader.readexactly(1)
    offered = await reader.readexactly(count)
    if _NO_PASSWORD not in offered:
        writer.write(VERSION + bytes((_NONE_WILL_DO,)))
        raise Refused("400 Bad Request", "a proxy without a password is not wanted")
    writer.write(VERSION + bytes((_NO_PASSWORD,)))
    version, command, _, kind = await reader.readexactly(4)
    host = await _read_host(reader, kind)
    port = int.from_bytes(await reader.readexactly(2))
    if version != VERSION[0] or port == 0:
        raise Refused("400 Bad Request", "not a request to a SOCKS proxy")
    if command != _CONNECT:
        raise Refused("405 Method Not Allowed", "only connections are understood")
    return host, port


async def _read_host(reader: asyncio.StreamReader, kind: int) -> str:
    if kind == _IPV4:
        return str(ipaddress.IPv4Address(await reader.readexactly(4)))
    if kind == _IPV6:
        return address_of(str(ipaddress.IPv6Address(await reader.readexactly(16))))
    if kind != _NAME:
        raise Refused("400 Bad Request", "not a kind of address")
    (length,) = await reader.readexactly(1)
    name = (await reader.readexactly(length)).decode("latin-1")
    return address_of(name) if ":" in name else host_of(name)


def granted() -> bytes:
    """Return the answer to a program that is connected now."""
    return VERSION + bytes((_GRANTED,)) + _NOWHERE


def refused(refusal: Refused) -> bytes:
    """Return the answer to a program that is not."""
    return VERSION + bytes((_REPLIES.get(refusal.status[:3], _FAILED),)) + _NOWHERE
