"""What went wrong, as a ``ModelError`` that says what, where and what to do.

Texts come from servers that are not trusted: they are cut to one line, pages are not quoted, and the
key is never in them. Error types: platform.claude.com/docs/en/api/errors; chat completions servers
have their own words for the same.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, cast
from urllib.parse import urlsplit

from gaff.hooks import JsonObject, ModelError, ModelErrorKind, number_at, object_at, text_at

#: Bytes of an error answer that are read.
LONGEST_ERROR: Final = 64 * 1024

_SHOWN: Final = 400
#: What a server says it is; general words such as ``api_error`` leave it to the status.
_KINDS: Final[Mapping[str, ModelErrorKind]] = {
    "authentication_error": "authentication_failed",
    "billing_error": "billing_error",
    "context_length_exceeded": "prompt_too_long",
    "exceed_context_size_error": "prompt_too_long",
    "insufficient_quota": "billing_error",
    "invalid_api_key": "authentication_failed",
    "model_not_found": "model_not_found",
    "not_found_error": "model_not_found",
    "overloaded_error": "overloaded",
    "permission_error": "authentication_failed",
    "rate_limit_error": "rate_limit",
    "rate_limit_exceeded": "rate_limit",
    "request_too_large": "prompt_too_long",
}

_STATUSES: Final[Mapping[int, ModelErrorKind]] = {
    401: "authentication_failed",
    402: "billing_error",
    403: "authentication_failed",
    404: "model_not_found",
    408: "server_error",
    409: "server_error",
    413: "prompt_too_long",
    429: "rate_limit",
    529: "overloaded",
}

# Patterns stay texts: they are compiled at the first fault, not at every start.
_TOO_LONG: Final = (
    r"(?i)prompt is too long|too many (?:input )?tokens|exceeds? (?:the )?(?:available |maximum )?context"
    r"|maximum context length|context (?:length|window|size|limit).{0,40}(?:exceed|too)|exceed context limit"
)
_UNPAID: Final = r"(?i)credit balance|spend(?:ing)? limit|billing"
_SECONDS: Final = r"[0-9]{1,15}(?:\.[0-9]{1,9})?"


@dataclass(frozen=True)
class Target:
    """Which server is asked for which model, and where the user said so."""

    url: str
    model: str
    #: The variable or setting that holds the address.
    address_from: str = "ANTHROPIC_BASE_URL"
    #: The variable or setting that holds the key; empty where none is sent.
    key_from: str = ""
    #: What to set where there is no key.
    key_wanted: str = "ANTHROPIC_API_KEY"

    @property
    def host(self) -> str:
        """Host and port of the server, for people."""
        return urlsplit(self.url).netloc.rpartition("@")[2]


def readable(text: str, secrets: tuple[str, ...] = ()) -> str:
    """Return a server's text as one line that is safe to show, at most 400 characters, without the secrets."""
    for secret in secrets:
        text = text.replace(secret, "[key]")
    shown = "".join(letter if letter.isprintable() else " " for letter in text[: 10 * _SHOWN])
    text = " ".join(shown.split())
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def answer_fault(
    status: int, headers: Mapping[str, str], body: bytes, target: Target, secrets: tuple[str, ...] = ()
) -> ModelError:
    """Return the error that an answer other than 200 means; ``headers`` has lower-case names."""
    error = _error_of(body)
    said = readable(text_at(error, "message"), secrets)
    kind = _kind_of(status, error, said)
    phrase = f"{target.host} answered {status} {_phrase(status)}".rstrip()
    if said:
        phrase += f": {said.rstrip('.')}"
    elif b"<html" in body[:2000].lower() or b"<!doctype" in body[:2000].lower():
        phrase += " with a web page instead of an API answer"
    advice = _redirect_advice(headers, target) if 300 <= status < 400 else _advice(kind, target, bool(said))
    return ModelError(
        kind,
        f"{phrase}. {advice}" if advice else phrase,
        status=status,
        retry_after=retry_after(headers),
        request_id=readable(headers.get("request-id") or headers.get("x-request-id") or "") or None,
    )


def event_fault(event: JsonObject, target: Target, secrets: tuple[str, ...] = ()) -> ModelError:
    """Return the error that an error event of a stream means."""
    error = _error_in(event)
    said = readable(text_at(error, "message"), secrets) or "no reason given"
    status = number_at(error, "code") or (400 if text_at(error, "type") == "invalid_request_error" else 500)
    kind = _kind_of(status, error, said)
    text = f"{target.host} broke off the answer: {said.rstrip('.')}"
    advice = _advice(kind, target, True)
    return ModelError(
        kind,
        f"{text}. {advice}" if advice else text,
        request_id=readable(text_at(event, "request_id")) or None,
    )


def connection_fault(error: Exception, target: Target) -> ModelError:
    """Return the error that a failed connection means."""
    reasons = " ".join(_chain(error))
    if "CERTIFICATE_VERIFY_FAILED" in reasons or "SSL" in reasons:
        why = "the TLS connection failed (" + readable(str(error)) + ")"
        what = "Behind a proxy that inspects TLS, name its certificate in NODE_EXTRA_CA_CERTS"
    elif "gaierror" in reasons or "Name or service not known" in reasons:
        why = "the name is not known"
        what = f"Check the network and {target.address_from}"
    elif "refused" in reasons or "All connection attempts failed" in reasons:
        why = "nothing listens there"
        what = f"Start the server, or check {target.address_from}"
    else:
        slow = "Timeout" in reasons
        why = "it took too long" if slow else readable(str(error)) or type(error).__name__
        what = f"Check the network, the proxy variables and {target.address_from}"
    return ModelError("connection_failed", f"Cannot reach {target.host}: {why}. {what}")


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds a server asks to wait; ``None`` where it does not or the value makes no sense.

    Understands ``retry-after-ms``, and ``retry-after`` in seconds or as a date; a past date is 0.
    """
    if re.fullmatch(_SECONDS, headers.get("retry-after-ms", "").strip()):
        return float(headers["retry-after-ms"]) / 1000
    text = headers.get("retry-after", "").strip()
    if re.fullmatch(_SECONDS, text):
        return float(text)
    return _seconds_until(text) if text else None


def _seconds_until(date: str) -> float | None:
    from datetime import UTC, datetime
    from email.utils import parsedate_to_datetime

    try:
        moment = parsedate_to_datetime(date)
        return max(0.0, (moment.astimezone(UTC) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _phrase(status: int) -> str:
    from http import HTTPStatus

    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Overloaded" if status == 529 else ""


def _error_of(body: bytes) -> JsonObject:
    try:
        value: object = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return _error_in(cast("JsonObject", value)) if isinstance(value, dict) else {}


def _error_in(value: JsonObject) -> JsonObject:
    """Return the error object of an answer; some servers send only a text, some no object at all."""
    error = value.get("error")
    if isinstance(error, str):
        return {"message": error}
    return object_at(value, "error") or (value if "message" in value else {})


def _kind_of(status: int, error: JsonObject, said: str) -> ModelErrorKind:
    if 300 <= status < 400:
        return "invalid_request"
    if re.search(_TOO_LONG, said) and status < 500:
        return "prompt_too_long"
    if re.search(_UNPAID, said) and status in (400, 402, 403, 429):
        return "billing_error"
    for word in (text_at(error, "code"), text_at(error, "type")):
        if kind := _KINDS.get(word):
            return kind
    if status == 404 and not error:
        return "invalid_request"
    return _STATUSES.get(status) or ("server_error" if status >= 500 else "invalid_request")


def _advice(kind: ModelErrorKind, target: Target, said: bool) -> str:
    if kind == "authentication_failed":
        if target.key_from:
            return f"The key came from {target.key_from}: check it, and that it may use {target.model}"
        return f"No key was sent: set {target.key_wanted}"
    if kind == "model_not_found":
        return f"There is no model {target.model!r} there: choose another with --model or /model"
    if kind == "billing_error":
        return "Check the account's plan and balance"
    if kind == "invalid_request" and not said:
        return f"Is {target.address_from} right?"
    return ""


def _redirect_advice(headers: Mapping[str, str], target: Target) -> str:
    try:
        place = readable(urlsplit(headers.get("location", "")).netloc.rpartition("@")[2])
    except ValueError:
        place = ""
    other = f" to {place}" if place else ""
    return f"It redirects{other}, where the key is not sent: if that is the server, name it in {target.address_from}"


def _chain(error: BaseException | None) -> list[str]:
    """Return the types and texts of an exception and of those behind it."""
    found: list[str] = []
    while error is not None and len(found) < 10:
        found.append(f"{type(error).__name__} {error}")
        error = error.__cause__ or error.__context__
    return found
