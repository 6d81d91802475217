"""WebFetch rules: ``domain:host``, held against the host that would really be contacted.

Case is ignored. A leading ``*.`` stands for any number of labels but not for none; ``*`` elsewhere stays
within one label. A URL that programs read differently is allowed by no rule and caught by every denial.
Source: code.claude.com/docs/en/permissions.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

_SUSPECT: Final = re.compile(r"[\\\s\x00-\x1f\x7f]|%00")
_HOST: Final = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|[0-9a-f:.]+")
_PORT: Final = re.compile(r"([^:]+):\d+")


def host_of(url: str) -> str | None:
    """Return the host of a web address in lower case; ``None`` where programs might differ on it."""
    host = _split_host(url)
    return host if host is not None and _HOST.fullmatch(host) else None


def host_for_denials(url: str) -> str | None:
    """Return the host as its name is looked up, in ASCII; ``None`` where it cannot be told."""
    host = _split_host(url)
    if host is None or host.isascii():
        return host if host is not None and _HOST.fullmatch(host) else None
    try:
        return host.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return None


def _split_host(url: str) -> str | None:
    if _SUSPECT.search(url):
        return None
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _ = parts.port  # one that is no port makes the address invalid
    except ValueError:
        return None
    if parts.scheme.lower() not in ("http", "https") or "@" in parts.netloc:
        return None
    return host.removesuffix(".")


def compile_domain(pattern: str, *, allows: bool) -> re.Pattern[str]:
    """Compile the host of a ``domain:`` specifier.

    Raises:
        ValueError: it is no host.
    """
    host = pattern.strip().strip("[]").removesuffix(".").lower()
    if not allows and (port := _PORT.fullmatch(host)):
        host = port[1]
    if not host.isascii():
        host = host.encode("idna").decode("ascii")
    if not host or re.search(r"[/@\s]", host) or _PORT.fullmatch(host):
        raise ValueError(f"{pattern!r} is not a host")
    if host == "*" and not allows:
        return re.compile(".*")
    head = r"(?:[^.]+\.)+" if host.startswith("*.") else ""
    rest = host.removeprefix("*.") if head else host
    return re.compile(head + r"[^.]*".join(re.escape(part) for part in rest.split("*")))
