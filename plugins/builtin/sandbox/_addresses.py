"""Hosts that commands ask for: reading what they say, looking names up, and connecting to what was checked.

A name is looked up once, every answer is checked, and the checked address is what is connected to.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
from collections.abc import Sequence
from typing import Final

#: Seconds for a request's head, and for a connection.
PATIENCE: Final = 30.0

_NAME: Final = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*", re.ASCII)
_AUTHORITY: Final = re.compile(r"(?:\[([0-9a-fA-F:.]+)\]|([^\[\]:@/\\\s]+))(?::(\d{1,5}))?", re.ASCII)
_NUMBERS: Final = re.compile(r"(0x[0-9a-f]*|\d+)(\.(0x[0-9a-f]*|\d+))*", re.ASCII)
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
#: Where machines of some clouds ask about themselves, beside link-local addresses.
_METADATA: Final = frozenset({"192.0.0.192", "100.100.100.200", "168.63.129.16", "fd00:ec2::254"})

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Refused(Exception):
    """A request is not carried out; ``status`` goes to the command, and the message with it."""

    def __init__(self, status: str, message: str) -> None:
        super().__init__(message)
        self.status = status


def authority(text: str, default_port: int) -> tuple[str, int]:
    """Read ``host:port``; whatever programs might read differently is refused.

    Raises:
        Refused: it is none.
    """
    found = _AUTHORITY.fullmatch(text)
    port = int(found[3]) if found and found[3] else default_port
    if not found or not 0 < port < 65536:
        raise Refused("400 Bad Request", "the host cannot be made out")
    return (address_of(found[1]) if found[1] else host_of(found[2])), port


def address_of(text: str) -> str:
    """Return an IPv6 address in the one way that all its notations have in common."""
    try:
        address = ipaddress.IPv6Address(text)
    except ValueError:
        raise Refused("400 Bad Request", "the host cannot be made out") from None
    return str(address.ipv4_mapped or address)


def host_of(text: str) -> str:
    """Return a name in lower case and without a dot at the end, or the address that its numbers stand for.

    Raises:
        Refused: it is neither.
    """
    host = text.lower().removesuffix(".")
    if not _NAME.fullmatch(host):
        raise Refused("400 Bad Request", "the host cannot be made out")
    if not _NUMBERS.fullmatch(host):
        return host
    try:  # as the C library reads it, so that no notation gets past a rule about the address
        return socket.inet_ntoa(socket.inet_aton(host))
    except OSError:
        raise Refused("400 Bad Request", "the host cannot be made out") from None


def is_literal(host: str) -> bool:
    """Whether a host is an address and no name, in any notation that is understood somewhere."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return _NUMBERS.fullmatch(host) is not None
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


async def connect(host: str, port: int) -> Streams:
    """Connect to a host that may be reached.

    Raises:
        Refused: it cannot be, or its name leads into this machine.
    """
    fault: OSError | None = None
    for address in await _look_up(host, port):
        try:
            async with asyncio.timeout(PATIENCE):
                return await asyncio.open_connection(address, port)
        except OSError as failed:
            fault = failed
    why = (fault.strerror if fault else None) or "it did not answer"
    raise Refused("502 Bad Gateway", f"{host} cannot be reached: {why}")


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
