"""What a fake model answers: a small language for scripts.

A script is a list of replies, one for each request::

    [call("Read", {"file_path": "a.txt"}), status(529), say("It says: hello.")]

A reply is built from parts (``say``, ``think``, ``call``) that ``reply`` and ``calls`` join. A fault
wraps a reply (``cut(say("..."), after=4)``) or stands alone (``status(429, retry_after=2)``). The same
script is played by ``FakeMessagesServer``, ``FakeChatServer`` and ``ScriptedModel``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from gaff.hooks import JsonObject

MalformedKind: TypeAlias = Literal[
    "bad_json",
    "bom",
    "comments",
    "delta_without_start",
    "huge_line",
    "no_message_start",
    "stop_twice",
    "two_starts",
    "unknown_delta",
    "unknown_event",
]
#: Streams a client has to take as if nothing were odd about them.
HARMLESS: frozenset[MalformedKind] = frozenset({"bom", "comments", "unknown_delta", "unknown_event"})


@dataclass(frozen=True)
class Text:
    """A text block."""

    text: str


@dataclass(frozen=True)
class Thinking:
    """A thinking block, with the signature that says it was not changed."""

    text: str

    @property
    def signature(self) -> str:
        """The signature the fake server gives this text, and demands back with it."""
        return signature_of(self.text)


@dataclass(frozen=True)
class Call:
    """A tool call. ``input_json`` is streamed as it is, valid or not; an id is made where there is none."""

    name: str
    input_json: str
    id: str | None = None


@dataclass(frozen=True)
class Other:
    """A content block of any other type, sent whole."""

    block: JsonObject


Part: TypeAlias = Text | Thinking | Call | Other


@dataclass(frozen=True)
class HttpFault:
    """The answer is no stream: an error, or something else that HTTP allows."""

    status: int
    body: bytes
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    #: What a model in the same process says instead.
    message: str = ""


@dataclass(frozen=True)
class StreamFault:
    """The stream goes wrong after this many of its events.

    ``cut``: the connection ends in the middle of the body; ``end``: the body ends properly, but too early;
    ``reset``: the connection is reset; ``stall``: silence; ``hold``: silence until ``release()``;
    ``pings``: pings without end; ``error``: an ``error`` event.
    """

    how: Literal["cut", "end", "reset", "stall", "hold", "pings", "error"]
    after: int
    error_type: str = ""
    message: str = ""


@dataclass(frozen=True)
class Malformed:
    """The stream breaks the protocol in this way."""

    kind: MalformedKind


@dataclass(frozen=True)
class NoResponse:
    """There is no HTTP response: silence, or bytes that are no HTTP."""

    junk: bytes = b""


Fault: TypeAlias = HttpFault | StreamFault | Malformed | NoResponse


@dataclass(frozen=True)
class Reply:
    """One answer of the fake model; made by the functions of this module."""

    parts: tuple[Part, ...] = ()
    #: Empty: ``tool_use`` where there is a call, else ``end_turn``.
    stop_reason: str = ""
    #: Members of the usage object to report instead of the computed ones.
    usage: Mapping[str, int] = field(default_factory=dict[str, int])
    fault: Fault | None = None
    #: How the lines of the event stream end.
    newline: str = "\n"
    #: Bytes in each write; 0 for one write an event.
    write_size: int = 0
    #: Seconds between events.
    pace: float = 0.0

    @property
    def reason(self) -> str:
        """The stop reason to report."""
        if self.stop_reason:
            return self.stop_reason
        return "tool_use" if any(isinstance(part, Call) for part in self.parts) else "end_turn"


def signature_of(thinking: str) -> str:
    """Return the signature of a thinking text."""
    return "gaff-test-" + hashlib.sha256(thinking.encode("utf-8", "surrogatepass")).hexdigest()[:24]


def say(text: str) -> Reply:
    """Answer with text."""
    return Reply((Text(text),))


def think(text: str) -> Reply:
    """Think aloud; join it to an answer with ``reply``."""
    return Reply((Thinking(text),))


def call(
    name: str, input: JsonObject | None = None, *, raw: str | None = None, id: str | None = None
) -> Reply:
    """Call a tool. ``raw`` is the JSON text to stream instead of ``input``: broken, doubled, anything."""
    text = json.dumps(input or {}, ensure_ascii=False) if raw is None else raw
    return Reply((Call(name, text, id),))


def block(content: JsonObject) -> Reply:
    """Answer with a content block of any type: ``redacted_thinking``, a server tool's result ..."""
    return Reply((Other(content),))


def reply(*parts: Reply | str, stop_reason: str = "", usage: Mapping[str, int] | None = None) -> Reply:
    """Join replies to one; a string is text."""
    joined = tuple(part for item in parts for part in as_reply(item).parts)
    return Reply(joined, stop_reason, usage or {})


def calls(*wanted: tuple[str, JsonObject] | Reply) -> Reply:
    """Call several tools in one answer: ``calls(("Read", {...}), ("Glob", {...}))``."""
    return reply(*(item if isinstance(item, Reply) else call(*item) for item in wanted))


def refuse(text: str = "I can't help with that.") -> Reply:
    """Stop with the stop reason ``refusal``."""
    return reply(text, stop_reason="refusal")


def max_tokens(text: str = "This answer is too long to") -> Reply:
    """Stop in the middle of the text, out of tokens."""
    return reply(text, stop_reason="max_tokens")


def max_tokens_mid_tool(name: str = "Write", input: JsonObject | None = None) -> Reply:
    """Stop in the middle of a tool input, out of tokens: the block ends, its JSON does not."""
    whole = json.dumps(input or {"file_path": "notes.txt", "content": "The first of many lines"})
    return reply(call(name, raw=whole[: len(whole) * 2 // 3]), stop_reason="max_tokens")


def as_reply(item: Reply | str) -> Reply:
    """Return the reply; a string is text."""
    return say(item) if isinstance(item, str) else item


# Faults of HTTP.

_ERROR_TYPES: dict[int, tuple[str, str]] = {
    400: ("invalid_request_error", "The request is not valid."),
    401: ("authentication_error", "invalid x-api-key"),
    402: ("billing_error", "Your credit balance is too low to access the API."),
    403: ("permission_error", "Your API key does not have permission to use the specified resource."),
    404: ("not_found_error", "model: not found"),
    413: ("request_too_large", "Request exceeds the maximum size"),
    429: ("rate_limit_error", "This request would exceed your rate limit."),
    500: ("api_error", "Internal server error"),
    504: ("timeout_error", "The request took too long."),
    529: ("overloaded_error", "Overloaded"),
}


def error_body(error_type: str, message: str, request_id: str = "req_fault") -> bytes:
    """Return the API's error object."""
    error = {"type": error_type, "message": message}
    return json.dumps({"type": "error", "error": error, "request_id": request_id}).encode()


def status(
    code: int,
    message: str | None = None,
    *,
    retry_after: float | str | None = None,
    error_type: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Reply:
    """Fail with an HTTP status and the API's error object; ``retry_after`` is sent as it is given."""
    default_type, default_message = _ERROR_TYPES.get(code, ("api_error", f"HTTP status {code}"))
    kind, text = error_type or default_type, message or default_message
    extra = dict(headers or {})
    if retry_after is not None:
        extra["retry-after"] = str(retry_after)
    fault = HttpFault(code, error_body(kind, text), headers=tuple(extra.items()), message=text)
    return Reply(fault=fault)


def prompt_too_long(tokens: int = 205_000, limit: int = 200_000) -> Reply:
    """Refuse the request because the prompt does not fit the model's window."""
    return status(400, f"prompt is too long: {tokens} tokens > {limit} maximum")


def http(
    status: int, body: str | bytes, content_type: str, headers: Mapping[str, str] | None = None
) -> Reply:
    """Answer with any HTTP response; a ``content-length`` in ``headers`` is sent even if it is wrong."""
    data = body.encode() if isinstance(body, str) else body
    extra = tuple((headers or {}).items())
    return Reply(fault=HttpFault(status, data, content_type, extra, f"HTTP status {status}"))


def html(code: int = 502) -> Reply:
    """Fail as a proxy in front of the server does, with a page."""
    page = f"<html><head><title>{code} Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>"
    return http(code, page, "text/html; charset=utf-8")


def empty_200() -> Reply:
    """Answer 200 with nothing in it."""
    return http(200, b"", "text/event-stream")


def garbage(*, as_http: bool = True) -> Reply:
    """Answer with bytes that are no event stream, or not even HTTP."""
    junk = bytes(range(128, 256)) * 4
    return http(200, junk, "text/event-stream") if as_http else Reply(fault=NoResponse(junk))


def hang_before_headers() -> Reply:
    """Take the request and never answer."""
    return Reply(fault=NoResponse())


# Faults of the stream. ``after`` counts stream events: ``message_start`` is the first.


def _half_said(given: Reply | str | None) -> Reply:
    return as_reply(given if given is not None else "The answer begins, and then")


def cut(given: Reply | str | None = None, *, after: int = 4, clean: bool = False) -> Reply:
    """End the connection in the middle; ``clean`` ends the body properly, only too early."""
    return replace(_half_said(given), fault=StreamFault("end" if clean else "cut", after))


def reset(given: Reply | str | None = None, *, after: int = 4) -> Reply:
    """Reset the connection in the middle (TCP RST)."""
    return replace(_half_said(given), fault=StreamFault("reset", after))


def stall(given: Reply | str | None = None, *, after: int = 4) -> Reply:
    """Fall silent in the middle, the connection open."""
    return replace(_half_said(given), fault=StreamFault("stall", after))


def hold(given: Reply | str | None = None, *, after: int = 4) -> Reply:
    """Fall silent until ``release()`` of the server or model, then go on."""
    return replace(_half_said(given), fault=StreamFault("hold", after))


def pings_forever(given: Reply | str | None = None, *, after: int = 2) -> Reply:
    """Send pings and nothing else, without end."""
    return replace(_half_said(given), fault=StreamFault("pings", after))


def error_mid_stream(
    error_type: str, message: str, given: Reply | str | None = None, *, after: int = 4
) -> Reply:
    """Send an ``error`` event in the middle, and end."""
    return replace(_half_said(given), fault=StreamFault("error", after, error_type, message))


def overloaded_mid_stream(given: Reply | str | None = None, *, after: int = 4) -> Reply:
    """Send the error event of an overloaded server in the middle, and end."""
    return error_mid_stream("overloaded_error", "Overloaded", given, after=after)


def malformed(kind: MalformedKind, given: Reply | str = "All is well.") -> Reply:
    """Break the protocol; the kinds in ``HARMLESS`` are to be taken as if nothing had happened."""
    return replace(as_reply(given), fault=Malformed(kind))


# How the bytes travel.


def bytewise(given: Reply | str) -> Reply:
    """Send the stream one byte at a time."""
    return replace(as_reply(given), write_size=1)


def line_endings(given: Reply | str, newline: str) -> Reply:
    """End the lines of the stream with ``\\r\\n`` or ``\\r``."""
    return replace(as_reply(given), newline=newline)


def paced(given: Reply | str, seconds: float) -> Reply:
    """Wait this long between events, as a real model does; for demonstrations, not for tests."""
    return replace(as_reply(given), pace=seconds)
