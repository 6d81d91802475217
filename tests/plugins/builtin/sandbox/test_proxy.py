"""The proxy by itself: what it makes of requests, and of addresses."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import cast

import pytest
from hypothesis import given, strategies as st

from gaff.hooks import SandboxPolicy
from gaff.plugins.builtin.sandbox._addresses import Refused, is_inside, is_literal
from gaff.plugins.builtin.sandbox._proxy import Proxy, parse_request
from gaff.plugins.builtin.sandbox._socks import read_target


@pytest.fixture
async def port() -> AsyncGenerator[int]:
    """Serve the proxy on this machine; it allows localhost."""

    async def judge(host: str, port: int) -> bool:
        return host == "localhost"

    listener = socket.create_server(("127.0.0.1", 0))
    listener.setblocking(False)
    proxy = Proxy(SandboxPolicy(connect=judge))
    proxy.serve(listener)
    yield listener.getsockname()[1]
    await proxy.close()


async def answer_to(port: int, request: bytes) -> bytes:
    """Send the proxy something, and return all it answers."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    async with asyncio.timeout(5):
        answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


async def test_a_refused_host_is_told(port: int) -> None:
    """With the name, for the one who reads the output."""
    answer = await answer_to(port, b"CONNECT evil.test:443 HTTP/1.1\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 403")
    assert b"evil.test" in answer


async def test_what_comes_behind_the_head_is_passed_on(port: int) -> None:
    """A request's body, and what a client sends at once through CONNECT."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readexactly(5))
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    target = server.sockets[0].getsockname()[1]
    answer = await answer_to(port, b"CONNECT localhost:%d HTTP/1.1\r\n\r\nhello" % target)
    server.close()
    await server.wait_closed()
    assert answer.endswith(b"\r\n\r\nhello")


@pytest.mark.parametrize(
    "request_line",
    [
        b"GET / HTTP/1.1",
        b"GET ftp://localhost/ HTTP/1.1",
        b"GET http://a@localhost/ HTTP/1.1",
        b"GET http://localhost:0/ HTTP/1.1",
        b"GET http://[::1/ HTTP/1.1",
        b"CONNECT localhost:99999 HTTP/1.1",
        b"CONNECT [::1 HTTP/1.1",
        b"CONNECT a\\b HTTP/1.1",
        b"nonsense",
        b"\xff\xfe\x00",
    ],
)
async def test_what_cannot_be_made_out_is_refused(port: int, request_line: bytes) -> None:
    """Nobody is asked about it, and nothing is connected to."""
    assert (await answer_to(port, request_line + b"\r\n\r\n")).startswith(b"HTTP/1.1 400")


async def test_a_head_without_end_ends_the_connection(port: int) -> None:
    """Memory is bounded."""
    assert b"200" not in await answer_to(port, b"GET http://localhost/ HTTP/1.1\r\n" + b"a: b\r\n" * 20_000)


def test_the_judged_host_is_the_asked_one() -> None:
    """Whatever the command's own header says; and the connection serves no second request."""
    request = parse_request(
        b"GET http://A.test:8080/x?y HTTP/1.1\r\nHost: evil.test\r\nProxy-Authorization: b\r\nA: c\r\n\r\n"
    )
    assert (request.host, request.port) == ("a.test", 8080)
    assert request.head == (b"GET /x?y HTTP/1.1\r\nHost: A.test:8080\r\nA: c\r\nConnection: close\r\n\r\n")


@pytest.mark.parametrize(
    "address",
    "127.0.0.1 127.9.9.9 ::1 0.0.0.0 :: 169.254.169.254 fe80::1 224.0.0.1 ff02::1 ::ffff:127.0.0.1 ::127.0.0.1 "
    "64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 2002:a9fe:a9fe:: 192.0.0.192 168.63.129.16 100.100.100.200".split(),
)
def test_no_name_leads_into_this_machine(address: str) -> None:
    """In any of the forms that embed one address in another."""
    assert is_inside(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800::1", "10.0.0.1", "64:ff9b::5db8:d822"])
def test_names_may_lead_elsewhere(address: str) -> None:
    """To the world, and to machines nearby."""
    assert not is_inside(address)


@pytest.mark.parametrize("host", ["1.2.3.4", "2130706433", "0x7f.1", "::1", "0x7f000001", "127.1"])
def test_addresses_are_no_names(host: str) -> None:
    """However they are written."""
    assert is_literal(host)


@given(st.binary(max_size=200))
def test_any_head_is_understood_or_refused(head: bytes) -> None:
    """Nothing else is raised, and what is understood names a host."""
    with suppress(Refused):
        assert parse_request(head).host


class Sink:
    """Takes what is written."""

    def __init__(self) -> None:
        self.written = b""

    def write(self, data: bytes) -> None:
        """Take it."""
        self.written += data


def socks(data: bytes) -> tuple[str, int]:
    """Read what a program says to a SOCKS proxy after its first byte."""

    async def read() -> tuple[str, int]:
        reader = asyncio.StreamReader()
        reader.feed_data(data)
        reader.feed_eof()
        return await read_target(reader, cast("asyncio.StreamWriter", Sink()))

    return asyncio.run(read())


@pytest.mark.parametrize(
    ("request_", "target"),
    [
        (b"\x05\x01\x00\x03\x06A.test\x00\x50", ("a.test", 80)),
        (b"\x05\x01\x00\x03\x091.2.3.0x4\x00\x50", ("1.2.3.4", 80)),
        (b"\x05\x01\x00\x03\x03::1\x00\x50", ("::1", 80)),
        (b"\x05\x01\x00\x01\x01\x02\x03\x04\x01\xbb", ("1.2.3.4", 443)),
        (b"\x05\x01\x00\x04" + b"\x00" * 15 + b"\x01\x01\xbb", ("::1", 443)),
        (b"\x05\x01\x00\x04" + b"\x00" * 10 + b"\xff\xff\x7f\x00\x00\x01\x01\xbb", ("127.0.0.1", 443)),
    ],
)
def test_socks_targets(request_: bytes, target: tuple[str, int]) -> None:
    """Names and addresses, each in its plain form, as rules are about them."""
    assert socks(b"\x01\x00" + request_) == target


@pytest.mark.parametrize(
    "data",
    [
        b"\x01\x02",
        b"\x00",
        b"\x01\x00\x05\x02\x00\x01\x01\x02\x03\x04\x00\x50",
        b"\x01\x00\x05\x03\x00\x01\x01\x02\x03\x04\x00\x50",
        b"\x01\x00\x04\x01\x00\x01\x01\x02\x03\x04\x00\x50",
        b"\x01\x00\x05\x01\x00\x01\x01\x02\x03\x04\x00\x00",
        b"\x01\x00\x05\x01\x00\x02\x01\x02\x03\x04\x00\x50",
        b"\x01\x00\x05\x01\x00\x03\x03a b\x00\x50",
        b"\x01\x00\x05\x01\x00\x03\x08a.test\x00b\x00\x50",
        b"\x01\x00\x05\x01\x00\x03\x00\x00\x50",
    ],
)
def test_what_socks_does_not_understand_is_refused(data: bytes) -> None:
    """Passwords, listening, datagrams, other versions, no port, and hosts that may be read in two ways."""
    with pytest.raises(Refused):
        socks(data)


@given(st.binary(max_size=60))
def test_any_socks_is_understood_or_refused(data: bytes) -> None:
    """Nothing else is raised, and an address is in its plain form."""
    with suppress(Refused, asyncio.IncompleteReadError):
        host, port = socks(data)
        assert host
        assert 0 < port < 65536
