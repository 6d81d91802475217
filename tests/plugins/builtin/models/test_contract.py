"""One contract for every provider: the same answers and the same faults, whatever the protocol."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import cast

import pytest

from gaff.hooks import JsonObject, Model, ModelErrorKind
from gaff.testing.http_server import HttpResponse
from gaff.testing.model_server import FakeModelServer
from gaff.testing.replies import (
    Reply,
    bytewise,
    call,
    calls,
    cut,
    empty_200,
    error_mid_stream,
    garbage,
    hang_before_headers,
    hold,
    html,
    http,
    line_endings,
    malformed,
    max_tokens,
    overloaded_mid_stream,
    pings_forever,
    prompt_too_long,
    refuse,
    reply,
    reset,
    say,
    stall,
    status,
    think,
)
from gaff.testing.timeline import Repeat, SendRaw

from .providers import (
    HASTE,
    KEY,
    PROVIDERS,
    RawServer,
    Row,
    ask,
    asking,
    chat_answer,
    messages_answer,
    opened,
)

GREETING = "Hello — wörld, 你好 🎣."


@pytest.fixture(params=PROVIDERS, ids=lambda row: row.name)
def row(request: pytest.FixtureRequest) -> Row:
    """Each provider in turn."""
    found: Row = request.param
    return found


@pytest.fixture
async def server(row: Row) -> AsyncIterator[FakeModelServer]:
    """A server of the provider's protocol."""
    async with row.serve() as running:
        yield running


@pytest.fixture
async def model(row: Row, server: FakeModelServer) -> AsyncIterator[Model]:
    """A model of the provider."""
    async with opened(row, server.url) as found:
        yield found


@dataclass(frozen=True)
class Good:
    """An answer that has to arrive whole."""

    name: str
    reply: Reply
    text: str = GREETING
    stop_reason: str = "end_turn"


GOOD = (
    Good("text", say(GREETING)),
    Good("bytewise", bytewise(say(GREETING))),
    Good("crlf", line_endings(say(GREETING), "\r\n")),
    Good("cr", line_endings(say(GREETING), "\r")),
    Good("crlf_bytewise", bytewise(line_endings(say(GREETING), "\r\n"))),
    Good("refusal", refuse("No."), "No.", "refusal"),
    Good("max_tokens", max_tokens("Too long"), "Too long", "max_tokens"),
    Good("long", say("x" * 200_000), "x" * 200_000),
)


@pytest.mark.parametrize("case", GOOD, ids=lambda case: case.name)
async def test_an_answer_arrives_whole(case: Good, server: FakeModelServer, model: Model) -> None:
    """Text, end and order of the events do not depend on how the bytes travel."""
    server.add(case.reply)
    outcome = await ask(model)
    assert outcome.error is None
    assert (outcome.deltas("text"), outcome.stop_reason) == (case.text, case.stop_reason)
    assert outcome.events[0]["type"] == "message_start"
    assert outcome.events[-1]["type"] == "message_stop"
    assert len(outcome.of_type("content_block_start")) == len(outcome.of_type("content_block_stop")) == 1


async def test_thinking_text_and_calls_become_blocks(server: FakeModelServer, model: Model) -> None:
    """Each part of an answer is a block of its own, tool inputs as JSON text."""
    parts = calls(("Read", {"file_path": "a.txt"}), ("Glob", {"pattern": "*"}))
    server.add(reply(think("Let me see."), "I look.", parts))
    outcome = await ask(model)
    assert [block["type"] for block in outcome.blocks] == ["thinking", "text", "tool_use", "tool_use"]
    assert outcome.deltas("thinking") == "Let me see."
    assert outcome.deltas("partial_json") == '{"file_path": "a.txt"}{"pattern": "*"}'
    assert outcome.stop_reason == "tool_use"
    assert outcome.blocks[2]["id"] != outcome.blocks[3]["id"]


async def test_a_broken_tool_input_is_passed_on(server: FakeModelServer, model: Model) -> None:
    """Judging a tool's input is the kernel's task: it gets the text as it came."""
    server.add(call("Bash", raw='{"command": "ls", "command": "rm"'))
    assert (await ask(model)).deltas("partial_json") == '{"command": "ls", "command": "rm"'


async def test_the_usage_is_reported(server: FakeModelServer, model: Model) -> None:
    """Input and output tokens are counted."""
    server.add(say(GREETING))
    usage = (await ask(model)).of_type("message_delta")[-1]["usage"]
    assert isinstance(usage, Mapping)
    assert usage["output_tokens"] != 0
    assert any(usage[name] for name in ("input_tokens", "cache_creation_input_tokens"))


@dataclass(frozen=True)
class Bad:
    """An answer that has to end in this error."""

    name: str
    reply: Reply
    kind: ModelErrorKind
    #: Words of the message.
    says: str = ""
    status: int | None = None
    environ: Mapping[str, str] = field(default_factory=dict[str, str])
    #: Text that has arrived before.
    begun: bool = False
    #: Protocols that can break in this way; empty for all.
    only: tuple[str, ...] = ()


_MESSAGES = ("messages", "anthropic")

BAD = (
    Bad("cut", cut(), "stream_cut", begun=True),
    Bad("cut_cleanly", cut(clean=True), "stream_cut", begun=True),
    Bad("cut_mid_tool", cut(call("Bash", {"command": "rm -rf build"}), clean=True), "stream_cut"),
    Bad("reset", reset(), "stream_cut", begun=True),
    Bad("empty_200", empty_200(), "stream_cut", "ended the answer before it was complete"),
    Bad("json_200", http(200, "{}", "application/json"), "malformed_stream", "JSON instead of"),
    Bad("error_200", http(200, '{"error":{"message":"oops"}}', "application/json"), "server_error", "oops"),
    Bad("page_200", http(200, "<html>", "text/html"), "malformed_stream", "text/html instead of"),
    Bad("garbage", garbage(), "malformed_stream"),
    Bad("no_http", garbage(as_http=False), "connection_failed"),
    Bad("short", http(200, b"data: {", "text/event-stream", {"content-length": "99"}), "stream_cut"),
    Bad("bad_json", malformed("bad_json", GREETING), "malformed_stream", "no JSON object", begun=True),
    Bad("html_502", html(502), "server_error", "502 Bad Gateway with a web page", 502),
    Bad("400", status(400, "bad field"), "invalid_request", "bad field", 400),
    Bad("401", status(401), "authentication_failed", "_API_KEY", 401),
    Bad("402", status(402), "billing_error", "", 402),
    Bad("403", status(403), "authentication_failed", "", 403),
    Bad("404", status(404), "model_not_found", "--model", 404),
    Bad("404_page", http(404, "not here", "text/plain"), "invalid_request", "_BASE_URL right?", 404),
    Bad("413", status(413), "prompt_too_long", "", 413),
    Bad("429", status(429), "rate_limit", "", 429),
    Bad("500", status(500), "server_error", "Internal server error", 500),
    Bad("503", status(503), "server_error", "", 503),
    Bad("529", status(529), "overloaded", "", 529),
    Bad("too_long", prompt_too_long(), "prompt_too_long", "205000 tokens", 400),
    Bad("overloaded", overloaded_mid_stream(), "overloaded", begun=True, only=_MESSAGES),
    Bad("api_error", error_mid_stream("api_error", "disk full"), "server_error", "disk full", begun=True),
    Bad(
        "redirect",
        http(307, b"", "text/plain", {"location": "http://evil.test/x"}),
        "invalid_request",
        "evil.test",
        307,
    ),
    Bad(
        "hang_before_headers",
        hang_before_headers(),
        "stream_stalled",
        "API_TIMEOUT_MS",
        environ={"API_TIMEOUT_MS": "60"},
    ),
    Bad("hang_after_start", stall(after=1), "stream_stalled", "CLAUDE_STREAM_IDLE", environ=HASTE),
    Bad("hang_mid", stall(), "stream_stalled", "for 0.25 s", environ=HASTE, begun=True),
    Bad("pings_forever", pings_forever(after=1), "stream_stalled", "API_TIMEOUT_MS", environ=HASTE),
    Bad("huge_line", malformed("huge_line"), "malformed_stream", "longer than", begun=True, only=_MESSAGES),
)


@pytest.mark.parametrize("case", BAD, ids=lambda case: case.name)
async def test_a_fault_is_named(case: Bad, row: Row, server: FakeModelServer) -> None:
    """Every way to fail is one error of a known kind, in one line, and no complete message."""
    if case.only and row.name not in case.only:
        pytest.skip("the protocol cannot break in this way")
    server.add(case.reply)
    async with opened(row, server.url, case.environ) as model:
        outcome = await ask(model)
    assert outcome.error is not None
    assert (outcome.error.kind, outcome.error.status) == (case.kind, case.status), outcome.error.message
    assert case.says in outcome.error.message
    assert not {"<html", "\n", KEY} & {word for word in ("<html", "\n", KEY) if word in outcome.error.message}
    assert not outcome.of_type("message_stop")
    assert bool(outcome.deltas("text")) == case.begun
    assert len(server.all_requests) == 1


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("2", 2),
        ("0.5", 0.5),
        ("999999999", 999_999_999),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0),
        ("-5", None),
        ("soon", None),
        ("inf", None),
        ("9" * 400, None),
    ],
)
async def test_retry_after_is_read(
    header: str, seconds: float | None, server: FakeModelServer, model: Model
) -> None:
    """Seconds and dates are understood; what makes no sense is as if it were not there."""
    server.add(status(429, retry_after=header))
    error = (await ask(model)).error
    assert error is not None
    assert error.retry_after == seconds


async def test_the_request_id_is_kept(server: FakeModelServer, model: Model) -> None:
    """What support would ask for stays with the error."""
    server.add(status(500, headers={"request-id": "req_42"}))
    error = (await ask(model)).error
    assert error is not None
    assert error.request_id == "req_42"


async def test_a_refused_key_is_not_shown(row: Row, server: FakeModelServer, model: Model) -> None:
    """The error of a refused key names where the key came from, even if the server repeats the key."""
    server.add(status(401, f"Incorrect API key provided: {KEY}"))
    error = (await ask(model)).error
    assert error is not None
    assert KEY not in str(error)
    assert f"came from {'OPENAI' if row.name == 'openai' else 'ANTHROPIC'}_API_KEY" in error.message


async def test_an_unknown_model_is_named(row: Row, server: FakeModelServer, model: Model) -> None:
    """A 404 says which model was asked for."""
    server.add(status(404))
    error = (await ask(model)).error
    assert error is not None
    assert repr(row.model) in error.message


async def test_a_tls_fault_is_named(row: Row) -> None:
    """A server that speaks no TLS is no mystery."""
    async with (
        RawServer(greeting=b"220 no TLS here\r\n") as plain,
        opened(row, plain.url.replace("http:", "https:")) as model,
    ):
        error = (await ask(model)).error
    assert error is not None
    assert (error.kind, "TLS" in error.message) == ("connection_failed", True)


@pytest.mark.parametrize("name", ["NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "CLAUDE_CODE_CLIENT_CERT"])
async def test_an_unusable_certificate_is_named(name: str, row: Row) -> None:
    """A certificate that cannot be read is told with the variable, and not tried again."""
    async with opened(row, "https://127.0.0.1:1", {name: "/no/such/file"}) as model:
        error = (await ask(model)).error
    assert error is not None
    assert name in error.message
    assert not error.passing


@pytest.mark.parametrize("host", ["127.0.0.1:1", "no-such-host.invalid"])
async def test_an_unreachable_server_is_named(host: str, row: Row) -> None:
    """Nobody there: the error says where, and which variable to look at."""
    async with opened(row, f"http://{host}") as model:
        error = (await ask(model)).error
    assert error is not None
    assert error.kind == "connection_failed"
    assert host in error.message
    assert "_BASE_URL" in error.message


async def test_a_redirect_is_not_followed(row: Row, server: FakeModelServer, model: Model) -> None:
    """The key goes to no other host than the one that was named."""
    async with RawServer(b"") as other:
        server.add(http(308, b"", "text/plain", {"location": f"{other.url}/v1/messages"}))
        assert (await ask(model)).error is not None
        assert other.connections == 0


async def test_only_the_environment_handed_in_counts(
    row: Row, server: FakeModelServer, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy of the process itself is not used: settings may have taken it away."""
    async with RawServer(b"") as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        server.add(say(GREETING))
        assert (await ask(model)).deltas("text") == GREETING
        assert proxy.connections == 0


async def test_the_connection_is_used_again(row: Row) -> None:
    """A second request goes over the connection of the first."""
    body = chat_answer("Hi") if row.name == "openai" else messages_answer("Hi")
    async with RawServer(body) as server, opened(row, server.url) as model:
        assert [(await ask(model)).deltas("text") for _ in range(3)] == ["Hi"] * 3
        assert server.connections == 1


async def test_leaving_early_closes_the_connection(server: FakeModelServer, model: Model) -> None:
    """Who stops listening hangs up; the next request works."""
    server.add(hold(), say("Again."))
    async with aclosing(cast("AsyncGenerator[JsonObject]", model.stream(asking("Hello")))) as stream:
        assert (await anext(stream))["type"] == "message_start"
    await server.disconnected()
    assert (await ask(model)).deltas("text") == "Again."


async def test_cancelling_closes_the_connection(server: FakeModelServer, model: Model) -> None:
    """A request that is cancelled before its answer hangs up at once."""
    server.add(hang_before_headers())
    task = asyncio.create_task(ask(model))
    await server.requested(1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await server.disconnected()


async def test_many_requests_at_once(server: FakeModelServer, model: Model) -> None:
    """Sub-agents share a model."""
    server.add(*[say(f"answer {number}") for number in range(20)])
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(ask(model, asking(f"question {number}"))) for number in range(20)]
    assert len({task.result().deltas("text") for task in tasks}) == 20


async def test_an_answer_of_drops_is_given_up(row: Row) -> None:
    """Bytes that never make an event do not keep a request alive."""
    drops = HttpResponse(200, "text/event-stream", steps=[Repeat(SendRaw(b": "), 0.01)])
    async with RawServer(response=drops) as server, opened(row, server.url, HASTE) as model:
        error = (await ask(model)).error
    assert error is not None
    assert error.kind == "stream_stalled"


async def test_a_line_without_end_takes_bounded_memory(row: Row) -> None:
    """A server that never ends a line is stopped after 16 MB."""
    flood = HttpResponse(200, "text/event-stream", steps=[Repeat(SendRaw(b"data: " + b"x" * 1_000_000), 0)])
    async with RawServer(response=flood) as server, opened(row, server.url) as model:
        error = (await ask(model)).error
    assert error is not None
    assert error.kind == "malformed_stream"


async def test_an_error_page_without_end_is_cut(row: Row) -> None:
    """Of an error answer only the start is read, and at once."""
    page = HttpResponse(500, "text/html", steps=[Repeat(SendRaw(b"<html>" + b"x" * 100_000), 0)])
    async with RawServer(response=page) as server, opened(row, server.url) as model, asyncio.timeout(4):
        error = (await ask(model)).error
    assert error is not None
    assert (error.kind, len(error.message) < 200) == ("server_error", True)
