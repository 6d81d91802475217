"""Patterns of hosts."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from gaff.plugins.builtin.sandbox._domains import matches

LABEL = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,6}[a-z0-9])?", fullmatch=True)
HOST = st.lists(LABEL, min_size=1, max_size=4).map(".".join)


@pytest.mark.parametrize(
    ("pattern", "host"),
    [
        ("example.com", "example.com"),
        ("Example.COM", "example.com"),
        ("*.example.com", "a.b.example.com"),
        ("example.com:443", "example.com"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("*", "anything.test"),
    ],
)
def test_a_pattern_covers(pattern: str, host: str) -> None:
    """A name itself, what is below a wildcard, with the port or without."""
    assert matches(pattern, host, 443)


@pytest.mark.parametrize(
    ("pattern", "host"),
    [
        ("example.com", "a.example.com"),
        ("example.com", "example.com.evil.test"),
        ("example.com", "notexample.com"),
        ("*.example.com", "example.com"),
        ("*.example.com", "evilexample.com"),
        ("example.com:80", "example.com"),
        ("[2001:db8::1]", "2001:db8::2"),
        ("", "example.com"),
    ],
)
def test_a_pattern_does_not_cover(pattern: str, host: str) -> None:
    """Neither names that merely look alike nor other ports."""
    assert not matches(pattern, host, 443)


@given(HOST, HOST)
def test_a_wildcard_covers_whole_labels_below(domain: str, host: str) -> None:
    """Exactly the names that end in a dot and the domain."""
    assert matches(f"*.{domain}", host, 1) == host.endswith(f".{domain}")
    assert matches(f"*.{domain}", f"{host}.{domain}", 1)
