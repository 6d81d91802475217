"""Reading environment variables whose values people type by hand."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, cast

from gaff.hooks import JsonObject, UsageError, text_at

_ON: Final = frozenset({"1", "true", "yes", "on"})
_HEADER: Final = r"([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*:[ \t]*([\x20-\x7e\t]*)"


def switched_on(environ: Mapping[str, str], name: str) -> bool:
    """Return whether a yes-or-no variable says yes: ``1``, ``true``, ``yes`` or ``on``."""
    return environ.get(name, "").strip().lower() in _ON


def number_of(environ: Mapping[str, str], name: str) -> int | None:
    """Return a variable's whole number above zero; ``None`` where it is unset or empty.

    Raises:
        UsageError: the value is something else.
    """
    text = environ.get(name, "").strip()
    if not text:
        return None
    if not re.fullmatch(r"[0-9]{1,12}", text) or int(text) == 0:
        raise UsageError(f"{name} is {text!r}: give a whole number above 0")
    return int(text)


def has_key(environ: Mapping[str, str], settings: JsonObject) -> bool:
    """Return whether anything says who asks, or where: then the Messages API can be tried."""
    names = ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_BASE_URL")
    return any(environ.get(name, "").strip() for name in names) or bool(
        text_at(settings, "apiKeyHelper").strip()
    )


def headers_of(environ: Mapping[str, str], name: str) -> dict[str, str]:
    """Return the headers a variable holds, one ``Name: Value`` on each line, names in lower case.

    Raises:
        UsageError: a line is no header.
    """
    headers: dict[str, str] = {}
    for number, line in enumerate(environ.get(name, "").splitlines(), 1):
        if not line.strip():
            continue
        found = re.fullmatch(_HEADER, line.strip())
        if not found:
            raise UsageError(f"{name}: line {number} is no header; write 'Name: Value' in plain characters")
        headers[found[1].lower()] = found[2].strip()
    return headers


def object_of(environ: Mapping[str, str], name: str) -> JsonObject:
    """Return the JSON object a variable holds; an empty one where it is unset.

    Raises:
        UsageError: the value is no JSON object.
    """
    try:
        value: object = json.loads(environ.get(name, "").strip() or "{}")
    except ValueError as fault:
        raise UsageError(f"{name} is no JSON: {fault}") from fault
    if not isinstance(value, dict):
        raise UsageError(f"{name} is no JSON object: write it as {{...}}")
    return cast("JsonObject", value)


@dataclass(frozen=True)
class Deadlines:
    """How long a server may take, in seconds."""

    #: To accept the connection.
    connect: float = 10.0
    #: Between two events that carry the answer on, pings and comments not counted.
    progress: float = 600.0
    #: Before the first byte, and between two.
    silence: float = 300.0
    #: For the whole answer.
    total: float = 6000.0

    @staticmethod
    def of(environ: Mapping[str, str], *, patient: bool = False) -> Deadlines:
        """Read ``API_TIMEOUT_MS`` (progress; an answer may take ten times that) and ``CLAUDE_STREAM_IDLE_TIMEOUT_MS``.

        ``CLAUDE_BYTE_STREAM_IDLE_TIMEOUT_MS`` goes before the latter. Short values are honoured as they are.
        ``patient``: a small machine may read a long prompt for minutes before it says a word.

        Raises:
            UsageError: a value is no number.
        """
        progress = (number_of(environ, "API_TIMEOUT_MS") or 600_000) / 1000
        silence = (
            number_of(environ, "CLAUDE_BYTE_STREAM_IDLE_TIMEOUT_MS")
            or number_of(environ, "CLAUDE_STREAM_IDLE_TIMEOUT_MS")
            or (600_000 if patient else 300_000)
        ) / 1000
        return Deadlines(min(10.0, progress), progress, min(silence, progress), progress * 10)
