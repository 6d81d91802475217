"""The Messages API providers: what goes over the wire, whichever of the two sends it."""

from __future__ import annotations

import asyncio
import json
import os
import select
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from gaff.hooks import JsonObject, Message, Model, ModelRequest, UsageError
from gaff.plugins.builtin.models.anthropic import AnthropicProvider
from gaff.plugins.builtin.models.messages import MessagesProvider
from gaff.testing.http_server import HttpRequest
from gaff.testing.messages_checks import bare
from gaff.testing.messages_server import FakeMessagesServer
from gaff.testing.replies import HARMLESS, MalformedKind, malformed, say, status

from .providers import KEY, RawServer, ask, asking, extended, messages_answer

Provider = MessagesProvider | AnthropicProvider

TOOLS: tuple[JsonObject, ...] = tuple(
    {"name": name, "description": f"{name} it", "input_schema": {"type": "object", "properties": {}}}
    for name in ("Read", "Write")
)
SYSTEM: tuple[JsonObject, ...] = ({"type": "text", "text": "Be brief."}, {"type": "text", "text": "Be kind."})
EPHEMERAL = {"type": "ephemeral"}


@pytest.fixture(params=[MessagesProvider(), AnthropicProvider()], ids=lambda provider: provider.name)
def provider(request: pytest.FixtureRequest) -> Provider:
    """Both providers in turn."""
    found: Provider = request.param
    return found


@pytest.fixture
async def server() -> AsyncIterator[FakeMessagesServer]:
    """A strict server: it minds what the real one would refuse, and what breaks the prompt cache."""
    async with FakeMessagesServer(otherwise="Yes.") as running:
        yield running


async def sent_by(
    model: Model, server: FakeMessagesServer, request: ModelRequest | None = None
) -> HttpRequest:
    """Ask once and return the request that arrived."""
    try:
        outcome = await ask(model, request)
    finally:
        await model.aclose()
    assert outcome.error is None, outcome.error
    return server.all_requests[-1]


def variables(server: FakeMessagesServer, **more: str) -> dict[str, str]:
    """Return an environment that points at the server, with a key."""
    return {"ANTHROPIC_BASE_URL": server.url, "ANTHROPIC_API_KEY": KEY, **more}


async def headers_with(
    provider: Provider, server: FakeMessagesServer, environ: Mapping[str, str]
) -> Mapping[str, str]:
    """Return the headers of a request made with these variables."""
    model = provider.open("", {"ANTHROPIC_BASE_URL": server.url, **environ}, {})
    return (await sent_by(model, server)).headers


async def test_a_key_goes_out_both_ways(provider: Provider, server: FakeMessagesServer) -> None:
    """A key is sent as gateways and as the API of today want it."""
    headers = await headers_with(provider, server, {"ANTHROPIC_API_KEY": f" {KEY}\n"})
    assert headers["x-api-key"] == KEY
    assert headers["authorization"] == f"Bearer {KEY}"
    assert headers["anthropic-version"] == "2026-10-21"
    assert headers["content-type"] == "application/json"


async def test_a_token_is_a_bearer(provider: Provider, server: FakeMessagesServer) -> None:
    """ANTHROPIC_AUTH_TOKEN goes out as Authorization only."""
    headers = await headers_with(provider, server, {"ANTHROPIC_AUTH_TOKEN": "token"})
    assert headers["authorization"] == "Bearer token"
    assert "x-api-key" not in headers


async def test_key_and_token_together(provider: Provider, server: FakeMessagesServer) -> None:
    """Each goes where it is documented to go."""
    headers = await headers_with(provider, server, {"ANTHROPIC_API_KEY": KEY, "ANTHROPIC_AUTH_TOKEN": "t"})
    assert (headers["x-api-key"], headers["authorization"]) == (KEY, "Bearer t")


async def test_without_a_key_none_is_sent(provider: Provider, server: FakeMessagesServer) -> None:
    """A server without keys gets no made-up one, and a refusal says which variable to set."""
    model = provider.open("", {"ANTHROPIC_BASE_URL": server.url}, {})
    outcome = await ask(model)
    await model.aclose()
    assert not {"authorization", "x-api-key"} & server.all_requests[0].headers.keys()
    assert outcome.error is not None
    assert "set ANTHROPIC_API_KEY" in outcome.error.message


async def test_custom_headers_and_betas(provider: Provider, server: FakeMessagesServer) -> None:
    """Headers of the user's own are sent, beta names from all places joined."""
    environ = variables(
        server,
        ANTHROPIC_CUSTOM_HEADERS="X-Team: fish\nanthropic-beta: one-2026-01-01",
        ANTHROPIC_BETAS="two-2026-01-01, one-2026-01-01",
    )
    request = replace(asking("Hi"), extra={"betas": ["three-2026-01-01"]})
    sent = await sent_by(provider.open("", environ, {}), server, request)
    assert sent.headers["x-team"] == "fish"
    assert sent.headers["anthropic-beta"] == "one-2026-01-01,two-2026-01-01,three-2026-01-01"
    assert "betas" not in sent.json


async def test_extra_members_join_the_body(provider: Provider, server: FakeMessagesServer) -> None:
    """CLAUDE_CODE_EXTRA_BODY wins over what a plugin added, thinking and metadata pass through."""
    environ = variables(server, CLAUDE_CODE_EXTRA_BODY='{"service_tier": "auto", "max_tokens": 2000}')
    request = replace(
        asking("Hi"),
        max_tokens=4000,
        thinking={"type": "adaptive"},
        metadata={"user_id": "s1"},
        extra={"service_tier": "standard_only", "output_config": {"effort": "low"}},
    )
    body = (await sent_by(provider.open("", environ, {}), server, request)).json
    assert (body["service_tier"], body["max_tokens"]) == ("auto", 2000)
    assert (body["thinking"], body["metadata"]) == ({"type": "adaptive"}, {"user_id": "s1"})
    assert body["output_config"] == {"effort": "low"}


async def test_both_send_the_same_bytes(server: FakeMessagesServer) -> None:
    """The SDK changes nothing in the body."""
    request = ModelRequest(SYSTEM, TOOLS, asking("é", "b").messages, max_tokens=10)
    bodies: set[bytes] = set()
    for each in (MessagesProvider(), AnthropicProvider()):
        bodies.add((await sent_by(each.open("", variables(server), {}), server, request)).body)
    assert len(bodies) == 1


async def test_breakpoints_move_with_the_conversation(provider: Provider, server: FakeMessagesServer) -> None:
    """Marked are the last tool, the last system block, and the ends of the last request and of this one."""
    model = provider.open("", variables(server), {})
    first = ModelRequest(SYSTEM, TOOLS, (Message.user("one"),), max_tokens=10)
    await ask(model, first)
    answer = Message("assistant", ({"type": "text", "text": "Yes."},))
    body = (await sent_by(model, server, extended(first, answer, Message.user("two")))).json
    assert [marks(body, part) for part in ("tools", "system")] == [[False, True], [False, True]]
    assert [["cache_control" in block for block in blocks(message)] for message in messages(body)] == [
        [True],
        [False],
        [True],
    ]
    assert server.hit_rate > 0.8


async def test_a_request_extends_the_last_one(provider: Provider, server: FakeMessagesServer) -> None:
    """Apart from the breakpoints, the bytes of a request begin with those of the last."""
    model = provider.open("", variables(server), {})
    request = ModelRequest(SYSTEM, TOOLS, (Message.user("one"),), max_tokens=10)
    for number in range(4):
        await ask(model, request)
        said = Message("assistant", ({"type": "text", "text": f"answer {number}"},))
        request = extended(request, said, Message.user(f"question {number}"))
    await model.aclose()
    sent = [json.dumps(bare(each.json), ensure_ascii=False) for each in server.all_requests]
    assert all(later.startswith(earlier[:-2]) for earlier, later in pairwise(sent))


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("DISABLE_PROMPT_CACHING", "1", None),
        ("DISABLE_PROMPT_CACHING_OPUS", "true", None),
        ("DISABLE_PROMPT_CACHING_HAIKU", "1", EPHEMERAL),
        ("ENABLE_PROMPT_CACHING_1H", "1", {"type": "ephemeral", "ttl": "1h"}),
    ],
)
async def test_caching_as_the_user_wants_it(
    name: str, value: str, expected: object, provider: Provider, server: FakeMessagesServer
) -> None:
    """The documented variables switch breakpoints off, or make them last an hour."""
    model = provider.open("opus", variables(server, **{name: value}), {})
    body = (await sent_by(model, server)).json
    assert blocks(messages(body)[-1])[-1].get("cache_control") == expected


async def test_a_cache_of_an_hour_costs_more(provider: Provider) -> None:
    """Writing it is priced at twice the input, and the setting says it as well as the variable."""
    model = provider.open("opus", {}, {"promptCacheTtl": "1h"})
    assert model.limits.price is not None
    assert model.limits.price.cache_write == 2 * model.limits.price.input


async def test_unsigned_thinking_is_left_out(provider: Provider, server: FakeMessagesServer) -> None:
    """Thoughts of another protocol's model have no signature, and the API would refuse them."""
    thought: JsonObject = {"type": "thinking", "thinking": "Hmm."}
    said: JsonObject = {"type": "text", "text": "Yes."}
    history = (Message.user("a"), Message("assistant", (thought, said)), Message.user("b"))
    request = ModelRequest((), (), history, max_tokens=10)
    body = (await sent_by(provider.open("", variables(server), {}), server, request)).json
    assert [block["type"] for block in blocks(messages(body)[1])] == ["text"]


async def test_a_message_of_unsigned_thinking_vanishes(
    provider: Provider, server: FakeMessagesServer
) -> None:
    """Where nothing else is in the message, the message goes."""
    server.inspector.strict = False
    thought = Message("assistant", ({"type": "thinking", "thinking": "Hmm."},))
    request = ModelRequest((), (), (Message.user("a"), thought, Message.user("b")), max_tokens=10)
    body = (await sent_by(provider.open("", variables(server), {}), server, request)).json
    assert [message["role"] for message in messages(body)] == ["user", "user"]


@pytest.mark.parametrize("kind", sorted(HARMLESS))
async def test_oddities_are_harmless(
    kind: MalformedKind, provider: Provider, server: FakeMessagesServer
) -> None:
    """A byte order mark, comments, and events of later versions do not hurt."""
    server.add(malformed(kind, "All is well."))
    model = provider.open("", variables(server), {})
    outcome = await ask(model)
    await model.aclose()
    assert (outcome.error, outcome.deltas("text").removesuffix("stray")) == (None, "All is well.")


async def test_unknown_events_pass_unchanged(provider: Provider) -> None:
    """An event of a later version is handed on as it came."""
    glow = b'data: {"type":"glow","deep":{"a":[1,null]}}\n\n'
    async with RawServer(glow, messages_answer("Hi")) as raw:
        model = provider.open("", {"ANTHROPIC_BASE_URL": raw.url}, {})
        outcome = await ask(model)
        await model.aclose()
    assert outcome.events[0] == {"type": "glow", "deep": {"a": [1, None]}}


async def test_nothing_follows_the_end(provider: Provider) -> None:
    """What comes after message_stop is not handed on."""
    async with RawServer(messages_answer("Hi"), messages_answer("Ho")) as raw:
        model = provider.open("", {"ANTHROPIC_BASE_URL": raw.url}, {})
        outcome = await ask(model)
        await model.aclose()
    assert (outcome.deltas("text"), outcome.events[-1]["type"]) == ("Hi", "message_stop")


async def test_another_protocol_is_recognised(provider: Provider) -> None:
    """A chat completions stream is no Messages API stream."""
    async with RawServer(b'data: {"choices": []}\n\n') as raw:
        model = provider.open("", {"ANTHROPIC_BASE_URL": raw.url}, {})
        error = (await ask(model)).error
        await model.aclose()
    assert error is not None
    assert (error.kind, "not those of the Messages API" in error.message) == ("malformed_stream", True)


async def test_the_helper_is_asked_once(
    provider: Provider, server: FakeMessagesServer, tmp_path: Path
) -> None:
    """The output of apiKeyHelper is kept for the next request."""
    log = tmp_path / "asked"
    settings = {"apiKeyHelper": f"echo x >> {log}; echo from-helper"}
    model = provider.open("", {"ANTHROPIC_BASE_URL": server.url, "PATH": "/bin:/usr/bin"}, settings)
    await ask(model)
    sent = await sent_by(model, server)
    assert sent.headers["x-api-key"] == "from-helper"
    assert sent.headers["authorization"] == "Bearer from-helper"
    assert log.read_text() == "x\n"


async def test_a_refused_helper_key_is_renewed(
    provider: Provider, server: FakeMessagesServer, tmp_path: Path
) -> None:
    """After a 401 the helper is asked again, once."""
    server.add(status(401), say("Welcome."), status(401), status(401))
    settings = {"apiKeyHelper": f"echo x >> {tmp_path / 'asked'}; wc -l < {tmp_path / 'asked'}"}
    model = provider.open("", {"ANTHROPIC_BASE_URL": server.url, "PATH": "/bin:/usr/bin"}, settings)
    assert (await ask(model)).deltas("text") == "Welcome."
    error = (await ask(model)).error
    await model.aclose()
    assert error is not None
    assert "came from apiKeyHelper" in error.message
    assert [each.headers["x-api-key"] for each in server.all_requests] == ["1", "2", "2", "3"]


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("echo broken >&2; exit 3", "exit code 3 broken"),
        ("true", "printed nothing"),
        ("printf 'a\\tb'", "characters that no key has"),
    ],
)
async def test_a_broken_helper_is_told(command: str, says: str, provider: Provider) -> None:
    """A helper that fails ends the request with its reason, before anything is sent."""
    model = provider.open("", {"PATH": "/bin:/usr/bin"}, {"apiKeyHelper": command})
    error = (await ask(model)).error
    assert error is not None
    assert (error.kind, says in error.message) == ("authentication_failed", True), error.message


async def test_a_cancelled_helper_is_ended(provider: Provider, tmp_path: Path) -> None:
    """Cancelling the request ends the helper and what it started."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    command = f"sleep 100 & echo $! > {pipe}; wait"
    model = provider.open("", {"PATH": "/bin:/usr/bin"}, {"apiKeyHelper": command})
    task = asyncio.create_task(ask(model))
    child = int(await asyncio.to_thread(pipe.read_text))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await asyncio.to_thread(is_gone, child)


async def test_a_missing_profile_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A profile of the SDK counts as a key; one that is not there is one clear line."""
    monkeypatch.setenv("ANTHROPIC_CONFIG_DIR", str(tmp_path))
    environ = {"ANTHROPIC_PROFILE": "nobody"}
    assert AnthropicProvider().is_available(environ, {})
    error = (await ask(AnthropicProvider().open("", environ, {}))).error
    assert error is not None
    assert (error.kind, "'nobody'" in error.message) == ("authentication_failed", True)


@pytest.mark.parametrize(
    ("environ", "says"),
    [
        ({"ANTHROPIC_BASE_URL": "ftp://x"}, "ANTHROPIC_BASE_URL"),
        ({"ANTHROPIC_BASE_URL": "http://[::1"}, "ANTHROPIC_BASE_URL"),
        ({"ANTHROPIC_BASE_URL": "no address"}, "ANTHROPIC_BASE_URL"),
        ({"ANTHROPIC_CUSTOM_HEADERS": "X-A: b\nnot a header"}, "line 2"),
        ({"CLAUDE_CODE_EXTRA_BODY": "[1]"}, "no JSON object"),
        ({"CLAUDE_CODE_EXTRA_BODY": "{"}, "no JSON"),
        ({"CLAUDE_CODE_EXTRA_BODY": '{"messages": []}'}, "messages"),
        ({"API_TIMEOUT_MS": "soon"}, "API_TIMEOUT_MS"),
        ({"CLAUDE_CODE_MAX_OUTPUT_TOKENS": "-1"}, "CLAUDE_CODE_MAX_OUTPUT_TOKENS"),
        ({"ANTHROPIC_API_KEY": "schlüssel"}, "ANTHROPIC_API_KEY"),
    ],
)
def test_what_cannot_be_used_is_named(environ: dict[str, str], says: str, provider: Provider) -> None:
    """A wrong variable is one clear line when the model is opened."""
    with pytest.raises(UsageError, match=says):
        provider.open("", environ, {})


async def test_a_plugin_cannot_replace_the_conversation(provider: Provider) -> None:
    """Members that are made of the request are not handed through."""
    error = (await ask(provider.open("", {}, {}), replace(asking("Hi"), extra={"messages": []}))).error
    assert error is not None
    assert "messages" in error.message


@pytest.mark.parametrize("end", ["", "/", "/v1", "/v1/"])
async def test_the_address_may_end_as_it_likes(
    end: str, provider: Provider, server: FakeMessagesServer
) -> None:
    """A slash or a /v1 at the end of the base URL does no harm."""
    model = provider.open("", variables(server) | {"ANTHROPIC_BASE_URL": server.url + end}, {})
    assert (await sent_by(model, server)).path == "/v1/messages"


async def test_a_foreign_model_gets_the_plain_protocol(
    provider: Provider, server: FakeMessagesServer
) -> None:
    """A server with a model of its own gets nothing that only Anthropic's knows, but for breakpoints."""
    model = provider.open("qwen3:8b", variables(server), {})
    request = replace(
        asking("Hi"), thinking={"type": "adaptive"}, extra={"context_management": {}, "betas": ["b"]}
    )
    sent = await sent_by(model, server, request)
    assert sent.json.keys() == {"model", "max_tokens", "stream", "messages"}
    assert "anthropic-beta" not in sent.headers


async def test_a_proxy_is_used(provider: Provider) -> None:
    """HTTP_PROXY carries the request, NO_PROXY exempts hosts from it."""
    environ = {"ANTHROPIC_BASE_URL": "http://model.invalid", "ANTHROPIC_API_KEY": KEY}
    async with RawServer(messages_answer("Hi")) as proxy:
        model = provider.open("", environ | {"HTTP_PROXY": proxy.url}, {})
        assert (await ask(model)).deltas("text") == "Hi"
        await model.aclose()
        assert proxy.all_requests[0].path == "http://model.invalid/v1/messages"
        exempt = provider.open("", environ | {"http_proxy": proxy.url, "NO_PROXY": "a.test, .invalid"}, {})
        assert (await ask(exempt)).error is not None
        await exempt.aclose()
        assert len(proxy.all_requests) == 1


@pytest.mark.parametrize(
    ("environ", "settings", "available"),
    [
        ({}, {}, False),
        ({"ANTHROPIC_API_KEY": " "}, {}, False),
        ({"ANTHROPIC_API_KEY": "k"}, {}, True),
        ({"ANTHROPIC_AUTH_TOKEN": "t"}, {}, True),
        ({"ANTHROPIC_BASE_URL": "http://x"}, {}, True),
        ({}, {"apiKeyHelper": "echo k"}, True),
    ],
)
def test_when_it_is_available(
    environ: dict[str, str], settings: JsonObject, available: bool, provider: Provider
) -> None:
    """A key, a token, a helper or a server of one's own is enough."""
    assert provider.is_available(environ, settings) is available


def test_who_is_asked_first() -> None:
    """The SDK in the terminal, plain HTTP without one."""
    direct, sdk = MessagesProvider(), AnthropicProvider()
    assert sdk.rank > direct.rank
    assert direct.headless_rank > sdk.headless_rank


def messages(body: JsonObject) -> list[JsonObject]:
    """Return the messages of a body."""
    found: list[JsonObject] = json.loads(json.dumps(body["messages"]))
    return found


def blocks(message: JsonObject) -> list[JsonObject]:
    """Return the blocks of a message."""
    found: list[JsonObject] = json.loads(json.dumps(message["content"]))
    return found


def marks(body: JsonObject, part: str) -> list[bool]:
    """Return which items of a part of the body have a breakpoint."""
    found: list[JsonObject] = json.loads(json.dumps(body[part]))
    return ["cache_control" in item for item in found]


def is_gone(process: int) -> bool:
    """Return whether a process ends, or has ended."""
    try:
        handle = os.pidfd_open(process)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([handle], [], [], 5)[0])
    finally:
        os.close(handle)
