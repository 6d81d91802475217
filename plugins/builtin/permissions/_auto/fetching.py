"""Requests to servers that only read, and carry nothing private in their address."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

from .._domains import host_of
from .finding import Finding, fine, unclear
from .place import NOT_FINAL, Place

#: Hosts of public documentation, registries and forges, where a plain address tells nobody anything.
_PUBLIC: Final = re.compile(
    r"(?:.+\.)?(?:python\.org|pypi\.org|readthedocs\.(?:io|org)|npmjs\.com|nodejs\.org|mozilla\.org|w3\.org|ietf\.org|rfc-editor\.org"
    r"|github\.com|githubusercontent\.com|github\.io|gitlab\.com|stackoverflow\.com|stackexchange\.com|wikipedia\.org|rust-lang\.org"
    r"|docs\.rs|crates\.io|go\.dev|golang\.org|kotlinlang\.org|oracle\.com|openjdk\.org|maven\.org|ruby-lang\.org|rubygems\.org|php\.net"
    r"|typescriptlang\.org|react\.dev|vuejs\.org|angular\.dev|svelte\.dev|nextjs\.org|vite\.dev|vitest\.dev|jestjs\.io|eslint\.org"
    r"|djangoproject\.com|palletsprojects\.com|fastapi\.tiangolo\.com|sqlalchemy\.org|postgresql\.org|sqlite\.org|mysql\.com|redis\.io"
    r"|kubernetes\.io|docker\.com|debian\.org|ubuntu\.com|archlinux\.org|kernel\.org|gnu\.org|man7\.org|anthropic\.com|openai\.com"
    r"|microsoft\.com|apple\.com|android\.com|google\.dev|json-schema\.org|yaml\.org|toml\.io|semver\.org|astral\.sh|pytest\.org)"
)
_LONGEST_PATH: Final = 300
_LONGEST_QUERY: Final = 120
_OPAQUE: Final = re.compile(r"[A-Za-z0-9+_-]{48,}|%[0-9A-Fa-f]{2}(?:%[0-9A-Fa-f]{2}){8}")
#: A query that hands something private over, by its name.
_PRIVATE: Final = re.compile(
    r"token|secret|passw|api_?key|access_?key|credential|auth|session|cookie", re.IGNORECASE
)
#: Public hosts where anybody may have pages.
_BY_ANYBODY: Final = re.compile(r".+\.(?:github\.io|githubusercontent\.com|readthedocs\.(?:io|org))")
_LOCAL: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_FLAGS: Final = re.compile(
    r"-[sSfLIivgN]+|--(?:silent|show-error|fail|location|head|include|verbose|compressed|globoff|no-buffer)"
)
_TIMED: Final = frozenset({"-m", "--max-time", "--connect-timeout", "--retry"})
_ACCEPTS: Final = re.compile(r"(?:accept|user-agent|cache-control)\s*:[\w\s/.*;,=+()-]*", re.IGNORECASE)
_ADDRESS: Final = re.compile(r"https?://", re.IGNORECASE)


def judge_fetch(url: str, words: Sequence[str]) -> Finding:
    """Say what fetching an address does; ``words`` is what the user said."""
    if _is_said(url, words):
        return fine("the user named this address")
    if is_public_address(url):
        return fine("a public page, asked for without private data")
    return unclear("an address that nobody named and that is no known public place")


def _is_said(url: str, words: Sequence[str]) -> bool:
    pattern = re.compile(rf"(?<![\w/]){re.escape(url.rstrip('/'))}/?(?=[\s)>\]\"'`,;]|[.!?](?:\s|$)|$)")
    return any(pattern.search(text) for text in words)


def is_public_address(url: str) -> bool:
    """Whether an address is of a public place, and too short and plain to carry data."""
    host = host_of(url)
    if host is None or not _PUBLIC.fullmatch(host):
        return False
    parts = urlsplit(url)
    if (
        parts.port not in (None, 80, 443)
        or len(parts.path) > _LONGEST_PATH
        or len(parts.query) > _LONGEST_QUERY
    ):
        return False
    if _PRIVATE.search(parts.query):
        return False
    if parts.query and _BY_ANYBODY.fullmatch(host):
        return False
    segments = (*parts.path.split("/"), parts.query, parts.fragment)
    return not any(_OPAQUE.search(segment) for segment in segments)


def is_plain_fetch(words: Sequence[str], place: Place) -> bool:
    """Whether ``curl`` or ``wget`` only reads: from this machine, or from a public page, and shows it."""
    left, addresses = list(words[1:]), list[str]()
    if any(NOT_FINAL.search(word) for word in left):
        return False
    if words[0] == "wget" and "-qO-" not in left and ("-O-" not in left):
        return False
    while left:
        word = left.pop(0)
        if (
            (word in _TIMED and left and re.fullmatch(r"\d+(?:\.\d+)?", left[0]))
            or (word in ("-H", "--header") and left and _ACCEPTS.fullmatch(left[0]))
            or (word in ("-o", "--output") and left and left[0] == "/dev/null")
            or (word in ("-w", "--write-out") and left and not left[0].startswith("@"))
            or (word in ("-X", "--request") and left and left[0] in ("GET", "HEAD"))
        ):
            del left[0]
        elif _ADDRESS.match(word) or re.match(r"localhost[:/]", word):
            addresses.append(word if _ADDRESS.match(word) else f"http://{word}")
        elif not _FLAGS.fullmatch(word) and word not in ("-qO-", "-O-", "-q"):
            return False
    return bool(addresses) and all(_is_readable(address) for address in addresses)


def _is_readable(address: str) -> bool:
    host = host_of(address)
    return host in _LOCAL or is_public_address(address)
