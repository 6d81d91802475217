"""Hosts: what a URL contacts, and what a pattern covers."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given, strategies as st

from gaff.plugins.builtin.permissions._domains import compile_domain, host_for_denials, host_of

LABELS = st.text(alphabet="abz019-", min_size=1, max_size=5)
HOSTS = st.lists(LABELS, min_size=1, max_size=4).map(".".join)


@given(HOSTS, HOSTS)
def test_a_plain_host_covers_only_itself(pattern: str, host: str) -> None:
    """Without wildcards a pattern is a name."""
    assert bool(compile_domain(pattern, allows=True).fullmatch(host)) is (pattern == host)


@given(HOSTS, HOSTS)
def test_a_leading_wildcard_covers_any_depth_but_not_the_apex(apex: str, host: str) -> None:
    """``*.apex`` covers every name below ``apex``."""
    compiled = compile_domain("*." + apex, allows=True)
    assert compiled.fullmatch(f"{host}.{apex}")
    assert not compiled.fullmatch(apex)
    assert bool(compiled.fullmatch(host)) is host.endswith("." + apex)


@given(st.text(max_size=40), HOSTS)
def test_no_url_breaks_the_reader(text: str, host: str) -> None:
    """Any text is a host or none, and a host is what the standard library contacts."""
    for url in (text, f"https://{text}", f"https://{host}{text}", f"https://{text}{host}/"):
        found = host_of(url)
        assert found is None or (urlsplit(url).hostname or "").removesuffix(".") == found
        host_for_denials(url)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://Example.com:8080/x?y#z", "example.com"),
        ("http://[::1]:80/", "::1"),
        ("http://127.0.0.1/", "127.0.0.1"),
        ("https://a\tb.test/", None),
        ("https://a.test\\@b.test/", None),
        ("https://user@b.test/", None),
        ("https://b..test/", None),
        ("https:///x", None),
        ("https://[::1", None),
        ("file:///etc/passwd", None),
        ("javascript:alert(1)", None),
        ("//example.com/", None),
    ],
)
def test_hosts_of_urls(url: str, expected: str | None) -> None:
    """A host is told only where every program would contact the same."""
    assert host_of(url) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://example\u3002com/", "example.com"),
        ("https://b\u00fccher.test/", "xn--bcher-kva.test"),
        ("https://\u00e9..test/", None),
        ("https://example.com/", "example.com"),
        ("https://exa mple.com/", None),
    ],
)
def test_hosts_as_they_are_looked_up(url: str, expected: str | None) -> None:
    """A denial sees the name that would be looked up."""
    assert host_for_denials(url) == expected


@pytest.mark.parametrize("pattern", ["", ".", "a/b", "a@b", "a b", "example.com:80", "\u00e9..test"])
def test_patterns_that_are_no_hosts(pattern: str) -> None:
    """What is no host is refused."""
    with pytest.raises(ValueError, match=r"is not a host|encoding|label"):
        compile_domain(pattern, allows=True)


def test_patterns_in_other_letters_and_forms() -> None:
    """Case, brackets, final dots and other letters come to one form; a denial drops the port."""
    assert compile_domain("EXAMPLE.com.", allows=True).fullmatch("example.com")
    assert compile_domain("[::1]", allows=True).fullmatch("::1")
    assert compile_domain("B\u00fccher.test", allows=True).fullmatch("xn--bcher-kva.test")
    assert compile_domain("example.com:80", allows=False).fullmatch("example.com")
    assert not compile_domain("*", allows=True).fullmatch("a.b")
    assert compile_domain("*", allows=False).fullmatch("a.b")
