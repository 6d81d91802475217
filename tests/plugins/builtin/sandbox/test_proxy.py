"""The proxy by itself: what it makes of requests, and of addresses."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator
from contextlib import suppress

import pytest
from hypothesis import given, strategies as st

from gaff.hooks import SandboxPolicy
from gaff.plugins.builtin.sandbox._addresses import Refused, is_inside, is_literal
from gaff.plugins.builtin.sandbox._proxy import Proxy, parse_request


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
