"""The fake server of the chat-completions protocol."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any, cast

import httpx2
import pytest

from gaff.hooks import JsonObject
from gaff.testing.chat_server import FakeChatServer
from gaff.testing.replies import (
    Reply,
    bytewise,
    call,
    cut,
    garbage,
    html,
    line_endings,
    malformed,
    max_tokens,
    overloaded_mid_stream,
    pings_forever,
    reply,
    reset,
    say,
    stall,
    status,
    think,
)


@pytest.fixture
async def server() -> AsyncIterator[FakeChatServer]:
    """A server without a script yet."""
    async with FakeChatServer() as running:
        yield running


def body(*messages: JsonObject, stream: bool = True) -> dict[str, Any]:
    """Return a request; one user message where none is given."""
    return {
        "model": "local",
        "stream": stream,
        "stream_options": {"include_usage": True},
        "messages": list(messages or ({"role": "user", "content": "hi"},)),
    }


async def ask(server: FakeChatServer, *messages: JsonObject) -> list[dict[str, Any]]:
    """Send a request and return the chunks of the answer."""
    async with httpx2.AsyncClient() as client:
        answer = await client.post(f"{server.base_url}/chat/completions", json=body(*messages))
    answer.raise_for_status()
    lines = [line.removeprefix("data: ") for line in answer.text.splitlines() if line.startswith("data: ")]
    assert lines.pop() == "[DONE]"
    return [json.loads(line) for line in lines]


def deltas(chunks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the deltas of all chunks."""
    return [cast("dict[str, Any]", choice["delta"]) for chunk in chunks for choice in chunk["choices"]]


@pytest.mark.parametrize(
    "given", [say("Hé, you there!"), bytewise("Hé, you there!"), line_endings("Hé, you there!", "\r\n")]
)
async def test_text(server: FakeChatServer, given: Reply) -> None:
    """Text is streamed in pieces; usage comes in a chunk of its own."""
    server.add(given)
    chunks = await ask(server)
    assert "".join(delta.get("content", "") for delta in deltas(chunks)) == "Hé, you there!"
    assert chunks[-2]["choices"][0]["finish_reason"] == "stop"
    assert chunks[-1]["usage"]["completion_tokens"] > 0


async def test_thinking_and_calls(server: FakeChatServer) -> None:
    """Thinking is reasoning_content; calls are counted from 0 and have ids."""
    server.add(reply(think("hm"), call("Read", {"a": 1}), call("Read", {"a": 1})))
    chunks = await ask(server)
    assert "".join(delta.get("reasoning_content", "") for delta in deltas(chunks)) == "hm"
    pieces = [piece for delta in deltas(chunks) for piece in delta.get("tool_calls", [])]
    assert {piece["id"] for piece in pieces if "id" in piece} == {"call_0001_0", "call_0001_1"}
    second = "".join(piece["function"]["arguments"] for piece in pieces if piece["index"] == 1)
    assert json.loads(second) == {"a": 1}


async def test_without_streaming(server: FakeChatServer) -> None:
    """A request that does not stream gets one object."""
    server.add(reply("Hello", call("Read", {"a": 1})), max_tokens("cut"))
    async with httpx2.AsyncClient() as client:
        answers = [
            (await client.post(f"{server.base_url}/chat/completions", json=body(stream=False))).json()
            for _ in range(2)
        ]
    assert answers[0]["choices"][0]["message"]["tool_calls"][0]["function"]["name"] == "Read"
    assert [answer["choices"][0]["finish_reason"] for answer in answers] == ["tool_calls", "length"]


@pytest.mark.parametrize(
    ("given", "error"),
    [
        (status(429, "Slow down."), httpx2.HTTPStatusError),
        (html(502), httpx2.HTTPStatusError),
        (cut(), httpx2.RemoteProtocolError),
        (reset(), httpx2.ReadError),
        (garbage(as_http=False), httpx2.RemoteProtocolError),
        (malformed("bad_json"), json.JSONDecodeError),
    ],
)
async def test_faults(server: FakeChatServer, given: Reply, error: type[Exception]) -> None:
    """The faults of the reply language, in this protocol."""
    server.add(given)
    with pytest.raises(error):
        await ask(server)


async def test_errors_have_the_shape_of_the_protocol(server: FakeChatServer) -> None:
    """An error object has message and type; headers are kept."""
    server.add(status(429, "Slow down.", retry_after=3))
    async with httpx2.AsyncClient() as client:
        answer = await client.post(f"{server.base_url}/chat/completions", json=body())
    assert answer.json()["error"]["message"] == "Slow down."
    assert answer.headers["retry-after"] == "3"


async def test_an_error_in_mid_stream(server: FakeChatServer) -> None:
    """A stream may hold an error, and ends."""
    server.add(overloaded_mid_stream())
    async with httpx2.AsyncClient() as client:
        answer = await client.post(f"{server.base_url}/chat/completions", json=body())
    assert json.loads(answer.text.split("data: ")[-1])["error"]["type"] == "overloaded_error"


@pytest.mark.parametrize("given", [stall(), pings_forever()])
async def test_silence(server: FakeChatServer, given: Reply) -> None:
    """A silent server waits for the client to leave."""
    server.add(given)
    asking = asyncio.create_task(ask(server))
    await server.requested(1)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    await server.disconnected()


CALL: JsonObject = {"role": "assistant", "tool_calls": [{"id": "c1", "function": {"name": "Read"}}]}


@pytest.mark.parametrize(
    ("message", "messages"),
    [
        ("must follow a message with the tool call 'c1'", [{"role": "tool", "tool_call_id": "c1"}]),
        ("no tool messages for the tool calls c1", [CALL, {"role": "user", "content": "x"}]),
        ("no tool messages for the tool calls c1", [CALL]),
        ("unknown role 'robot'", [{"role": "robot", "content": "x"}]),
    ],
)
async def test_wrong_requests_are_refused(message: str, messages: list[JsonObject]) -> None:
    """Calls and results have to belong together."""
    server = FakeChatServer(["never"])
    await server.start()
    with pytest.raises(httpx2.HTTPStatusError, match="400"):
        await ask(server, *messages)
    await server.stop()
    with pytest.raises(AssertionError, match=message):
        server.check()


async def test_a_right_conversation(server: FakeChatServer) -> None:
    """Answered calls pass."""
    server.add("ok")
    await ask(
        server, CALL, {"role": "tool", "tool_call_id": "c1", "content": "x"}, {"role": "user", "content": "y"}
    )
    assert len(server.requests) == 1


async def test_models(server: FakeChatServer) -> None:
    """The server lists its model."""
    async with httpx2.AsyncClient() as client:
        answer = await client.get(f"{server.base_url}/models")
    assert answer.json()["data"][0]["id"] == "local"
