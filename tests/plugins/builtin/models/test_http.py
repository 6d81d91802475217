"""Addresses, proxies and deadlines."""

from __future__ import annotations

import pytest

from gaff.plugins.builtin.models._environment import Deadlines, headers_of
from gaff.plugins.builtin.models._http import is_loopback, proxy_for

PROXY = "http://proxy.test:3128"


@pytest.mark.parametrize(
    ("address", "environ", "expected"),
    [
        ("https://api.test", {}, None),
        ("https://api.test", {"HTTPS_PROXY": PROXY}, PROXY),
        ("https://api.test", {"https_proxy": "proxy.test:3128"}, PROXY),
        ("https://api.test", {"HTTP_PROXY": PROXY}, None),
        ("http://api.test", {"HTTP_PROXY": PROXY}, PROXY),
        ("https://api.test", {"ALL_PROXY": PROXY}, PROXY),
        ("https://api.test", {"HTTPS_PROXY": PROXY, "NO_PROXY": "*"}, None),
        ("https://api.test", {"HTTPS_PROXY": PROXY, "NO_PROXY": "api.test"}, None),
        ("https://api.test", {"HTTPS_PROXY": PROXY, "NO_PROXY": ".test"}, None),
        ("https://api.test", {"HTTPS_PROXY": PROXY, "NO_PROXY": "*.test"}, None),
        ("https://api.test:8443", {"HTTPS_PROXY": PROXY, "NO_PROXY": "api.test:8443"}, None),
        ("https://notapi.test", {"HTTPS_PROXY": PROXY, "NO_PROXY": "api.test,,x"}, PROXY),
        ("https://10.1.2.3", {"HTTPS_PROXY": PROXY, "NO_PROXY": "10.0.0.0/8"}, None),
        ("https://11.1.2.3", {"HTTPS_PROXY": PROXY, "NO_PROXY": "10.0.0.0/8"}, PROXY),
        ("https://api.test", {"HTTPS_PROXY": PROXY, "NO_PROXY": "10.0.0.0/8"}, PROXY),
        ("http://127.0.0.1:8080", {"HTTP_PROXY": PROXY}, None),
        ("http://localhost:8080", {"HTTP_PROXY": PROXY}, None),
    ],
)
def test_which_proxy_is_used(address: str, environ: dict[str, str], expected: str | None) -> None:
    """The usual variables count, in both spellings, and this machine needs no proxy."""
    assert proxy_for(address, environ) == expected


@pytest.mark.parametrize(
    ("address", "here"),
    [("http://[::1]:80", True), ("http://127.9.9.9", True), ("http://127.evil.test", False)],
)
def test_what_this_machine_is(address: str, here: bool) -> None:
    """Loopback addresses and localhost, and no name that looks like them."""
    assert is_loopback(address) is here


@pytest.mark.parametrize(
    ("environ", "patient", "expected"),
    [
        ({}, False, Deadlines(10, 600, 300, 6000)),
        ({}, True, Deadlines(10, 600, 600, 6000)),
        ({"API_TIMEOUT_MS": "5000"}, False, Deadlines(5, 5, 5, 50)),
        ({"CLAUDE_STREAM_IDLE_TIMEOUT_MS": "1000"}, True, Deadlines(10, 600, 1, 6000)),
        (
            {"CLAUDE_BYTE_STREAM_IDLE_TIMEOUT_MS": "2000", "CLAUDE_STREAM_IDLE_TIMEOUT_MS": "1"},
            False,
            Deadlines(10, 600, 2, 6000),
        ),
    ],
)
def test_deadlines(environ: dict[str, str], patient: bool, expected: Deadlines) -> None:
    """Milliseconds of the documented variables become seconds."""
    assert Deadlines.of(environ, patient=patient) == expected


def test_headers_of_a_variable() -> None:
    """One header on each line, empty lines and spaces forgiven."""
    assert headers_of({"H": " A: b:c \n\nX-Y:z\r\n"}, "H") == {"a": "b:c", "x-y": "z"}
