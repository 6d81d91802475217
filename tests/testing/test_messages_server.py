"""The fake Messages API server, as the official SDK and a bare socket see it."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import anthropic
import httpx2
import pytest
from anthropic import AsyncAnthropic
from anthropic.types import Message

from gaff.hooks import JsonObject
from gaff.testing.messages_server import FakeMessagesServer
from gaff.testing.replies import (
    HARMLESS,
    MalformedKind,
    Reply,
    block,
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
    max_tokens_mid_tool,
    overloaded_mid_stream,
    paced,
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


@pytest.fixture
async def server() -> AsyncIterator[FakeMessagesServer]:
    """A server without a script yet."""
    async with FakeMessagesServer() as running:
        yield running


@pytest.fixture
async def client(server: FakeMessagesServer) -> AsyncIterator[AsyncAnthropic]:
    """The official SDK, pointed at the server; it tries once."""
    async with AsyncAnthropic(base_url=server.url, api_key="test", max_retries=0) as sdk:
        yield sdk


async def ask(client: AsyncAnthropic, prompt: str = "hi") -> Message:
    """Send one prompt and return the streamed answer."""
    async with client.messages.stream(
        model="m", max_tokens=64, messages=[{"role": "user", "content": prompt}]
    ) as stream:
        return await stream.get_final_message()


async def test_text_arrives_in_pieces_and_whole(server: FakeMessagesServer, client: AsyncAnthropic) -> None:
    """A text is streamed in several deltas that add up."""
    server.add(say("Hello there, how are you today?"))
    async with client.messages.stream(
        model="m", max_tokens=64, messages=[{"role": "user", "content": "hi"}]
    ) as stream:
        deltas = [text async for text in stream.text_stream]
    assert len(deltas) > 3
    assert "".join(deltas) == "Hello there, how are you today?"


async def test_think_say_call(server: FakeMessagesServer, client: AsyncAnthropic) -> None:
    """A joined reply has all its blocks in order, and asks for a tool."""
    server.add(reply(think("Let me see."), "I look.", call("Read", {"file_path": "é.txt"})))
    message = await ask(client)
    assert [item.type for item in message.content] == ["thinking", "text", "tool_use"]
    assert message.stop_reason == "tool_use"
    assert message.content[2].to_dict()["input"] == {"file_path": "é.txt"}


async def test_calls_have_ids_of_their_own(server: FakeMessagesServer, client: AsyncAnthropic) -> None:
    """No two calls share an id, in one answer or in two."""
    server.add(calls(("Read", {}), ("Glob", {})), calls(call("Read", {}), ("Glob", {})))
    answers = [await ask(client, "one"), await ask(client, "two")]
    assert len({item.to_dict()["id"] for answer in answers for item in answer.content}) == 4


async def test_other_blocks_pass(server: FakeMessagesServer, client: AsyncAnthropic) -> None:
    """A block of any other type is sent whole."""
    server.add(reply(block({"type": "redacted_thinking", "data": "abc"}), "x"))
    assert (await ask(client)).content[0].to_dict() == {"type": "redacted_thinking", "data": "abc"}


async def test_without_streaming(server: FakeMessagesServer, client: AsyncAnthropic) -> None:
    """A request that does not stream gets the message as one object."""
    server.add(reply("Hello", call("Read", {"a": 1})))
    message = await client.messages.create(
        model="m", max_tokens=64, messages=[{"role": "user", "content": "hi"}]
    )
    assert [item.type for item in message.content] == ["text", "tool_use"]
    assert message.usage.output_tokens > 1


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (say("x"), "end_turn"),
        (call("Read"), "tool_use"),
        (refuse(), "refusal"),
        (max_tokens(), "max_tokens"),
        (max_tokens_mid_tool(), "max_tokens"),
        (reply("x", stop_reason="model_context_window_exceeded"), "model_context_window_exceeded"),
    ],
)
async def test_stop_reasons(
    server: FakeMessagesServer, client: AsyncAnthropic, given: Reply, reason: str
) -> None:
    """Every reply says why it stops."""
    server.add(given)
    assert (await ask(client)).stop_reason == reason


async def test_usage_can_be_told(server: FakeMessagesServer, client: AsyncAnthropic) -> None:
    """Named members of the usage replace the computed ones."""
    server.add(reply("x", usage={"output_tokens": 777}))
    usage = (await ask(client)).usage
    assert (usage.output_tokens, usage.input_tokens > 0) == (777, True)


@pytest.mark.parametrize(
    "given",
    [
        bytewise("Hé!"),
        line_endings("Hé!", "\r\n"),
        line_endings("Hé!", "\r"),
        paced("Hé!", 0.0001),
        *(malformed(kind, "Hé!") for kind in sorted(HARMLESS - {"bom"})),
    ],
)
async def test_odd_but_right(server: FakeMessagesServer, client: AsyncAnthropic, given: Reply) -> None:
    """However the bytes travel, the answer is the same."""
    server.add(given)
    assert (await ask(client)).content[0].to_dict()["text"] == "Hé!"


@pytest.mark.parametrize(
    ("given", "error"),
    [
        (status(400), anthropic.BadRequestError),
        (status(401), anthropic.AuthenticationError),
        (status(429, retry_after=2), anthropic.RateLimitError),
        (status(500), anthropic.InternalServerError),
        (status(529), anthropic.OverloadedError),
        (prompt_too_long(), anthropic.BadRequestError),
        (html(502), anthropic.InternalServerError),
        (cut(), httpx2.RemoteProtocolError),
        (reset(), httpx2.ReadError),
        (garbage(as_http=False), anthropic.APIConnectionError),
        (garbage(), UnicodeDecodeError),
        (malformed("bad_json"), json.JSONDecodeError),
        (malformed("no_message_start"), AssertionError),
        (malformed("delta_without_start"), IndexError),
        (overloaded_mid_stream(), anthropic.APIStatusError),
        (error_mid_stream("api_error", "Internal"), anthropic.APIStatusError),
    ],
)
async def test_faults_reach_the_client(
    server: FakeMessagesServer, client: AsyncAnthropic, given: Reply, error: type[Exception]
) -> None:
    """Every fault is what the SDK takes it for."""
    server.add(given)
    with pytest.raises(error):
        await ask(client)


async def test_errors_have_the_documented_shape(server: FakeMessagesServer, client: AsyncAnthropic) -> None:
    """A status comes with the API's error object and the header that says when to come back."""
    server.add(status(429, "Slow down.", retry_after=2))
    with pytest.raises(anthropic.RateLimitError) as caught:
        await ask(client)
    assert (caught.value.type, caught.value.api_message) == ("rate_limit_error", "Slow down.")
    assert caught.value.response.headers["retry-after"] == "2"
    assert caught.value.request_id == "req_0001"


async def test_a_clean_cut_looks_like_an_end(server: FakeMessagesServer, client: AsyncAnthropic) -> None:
    """A body that ends properly but too early has no stop reason."""
    server.add(cut("Half of a longer answer", after=5, clean=True))
    assert (await ask(client)).stop_reason is None


async def test_empty_200(server: FakeMessagesServer, client: AsyncAnthropic) -> None:
    """An empty answer yields no event."""
    server.add(empty_200())
    stream = await client.messages.create(
        model="m", max_tokens=9, messages=[{"role": "user", "content": "hi"}], stream=True
    )
    assert [event async for event in stream] == []


async def test_a_content_length_can_lie(server: FakeMessagesServer, client: AsyncAnthropic) -> None:
    """A body shorter than its stated length is noticed by the client."""
    server.add(http(200, "data: x", "text/event-stream", {"content-length": "1000"}))
    with pytest.raises(httpx2.RemoteProtocolError):
        await ask(client)


async def talk(server: FakeMessagesServer, head: str, body: str) -> bytes:
    """Send a streaming request over a bare socket and return everything up to the end of the stream."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(server.url.rpartition(":")[2]))
    fixed = "POST /v1/messages HTTP/1.1\r\nx-api-key: k\r\nanthropic-version: v\r\n"
    writer.write(f"{fixed}{head}\r\n\r\n{body}".encode())
    answer = await reader.readuntil(b"\r\n0\r\n\r\n")
    writer.close()
    await writer.wait_closed()
    return answer


STREAMING = '{"model":"m","max_tokens":9,"stream":true,"messages":[{"role":"user","content":"x"}]}'


async def test_bytewise_sends_single_bytes(server: FakeMessagesServer) -> None:
    """Each byte of the stream is a chunk of its own."""
    server.add(bytewise("x"))
    answer = await talk(server, f"content-length: {len(STREAMING)}", STREAMING)
    assert b"1\r\ne\r\n1\r\nv\r\n1\r\ne\r\n1\r\nn\r\n1\r\nt\r\n" in answer


async def test_requests_in_chunks(server: FakeMessagesServer) -> None:
    """A body may come in chunks, after the client was told to go on."""
    server.add("x")
    chunks = (
        "".join(f"{len(part):x}\r\n{part}\r\n" for part in (STREAMING[:20], STREAMING[20:])) + "0\r\n\r\n"
    )
    answer = await talk(server, "transfer-encoding: chunked\r\nexpect: 100-continue", chunks)
    assert answer.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK")
    assert server.requests[0].body.decode() == STREAMING


@pytest.mark.parametrize("given", [stall(), hang_before_headers(), pings_forever()])
async def test_silence_lasts_until_the_client_leaves(
    server: FakeMessagesServer, client: AsyncAnthropic, given: Reply
) -> None:
    """A silent server waits as long as the client does, and notices that it left."""
    server.add(given)
    asking = asyncio.create_task(ask(client))
    await server.requested(1)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    await server.disconnected()


async def test_hold_and_release(server: FakeMessagesServer, client: AsyncAnthropic) -> None:
    """A held reply goes on when it is released."""
    server.add(hold("All of it.", after=3))
    async with asyncio.TaskGroup() as group:
        asking = group.create_task(ask(client))
        await server.requested(1)
        assert not asking.done()
        server.release()
    assert asking.result().content[0].to_dict()["text"] == "All of it."


@pytest.mark.parametrize("kind", ["stop_twice", "two_starts", "huge_line"])
async def test_malformed_streams_are_sent_as_they_are(
    server: FakeMessagesServer, kind: MalformedKind
) -> None:
    """What the SDK forgives still goes over the wire."""
    server.add(malformed(kind))
    body: JsonObject = {
        "model": "m",
        "max_tokens": 9,
        "stream": True,
        "messages": [{"role": "user", "content": "x"}],
    }
    headers = {"x-api-key": "test", "anthropic-version": "2026-10-21"}
    async with httpx2.AsyncClient() as bare:
        text = (await bare.post(f"{server.url}/v1/messages", json=body, headers=headers)).text
    assert text.count('"type": "message_start"') == (2 if kind == "two_starts" else 1)
    assert text.count("event: content_block_stop") == (2 if kind == "stop_twice" else 1)
    assert (len(text) > 60_000_000) == (kind == "huge_line")


async def test_a_function_as_script() -> None:
    """A script may be a function of the request."""

    async def answer(body: JsonObject) -> str:
        return f"max {body['max_tokens']}"

    async with (
        FakeMessagesServer(answer) as server,
        AsyncAnthropic(base_url=server.url, api_key="k") as client,
    ):
        assert (await ask(client)).content[0].to_dict()["text"] == "max 64"


async def test_the_end_of_the_script_is_told() -> None:
    """A request too many is refused, and raised when the server is left."""
    server = FakeMessagesServer([])
    await server.start()
    async with AsyncAnthropic(base_url=server.url, api_key="k") as client:
        with pytest.raises(anthropic.BadRequestError):
            await ask(client)
    await server.stop()
    with pytest.raises(AssertionError, match="script is at its end: this is request 1"):
        server.check()


async def leave(server: FakeMessagesServer, error: Exception | None) -> None:
    """Ask something wrong, raise the error if there is one, and leave the server."""
    async with server, AsyncAnthropic(base_url=server.url, api_key="k", max_retries=0) as client:
        with pytest.raises(anthropic.BadRequestError):
            await ask(client, "")
        if error is not None:
            raise error


@pytest.mark.parametrize(("error", "raised"), [(None, AssertionError), (KeyError("mine"), KeyError)])
async def test_what_was_wrong_is_raised_on_leaving(error: Exception | None, raised: type[Exception]) -> None:
    """Leaving the server checks it; an error that is on its way is not hidden."""
    with pytest.raises(raised):
        await leave(FakeMessagesServer(["never"]), error)


async def test_requests_are_kept(server: FakeMessagesServer, client: AsyncAnthropic) -> None:
    """The test sees the body, the headers and the raw bytes of each request."""
    server.add("x")
    await ask(client, "look at this")
    (request,) = server.requests
    assert request.messages[0]["content"] == "look at this"
    assert request.headers["authorization"] == "Bearer test"
    assert json.loads(request.body) == request.json


async def test_models_and_tokens(server: FakeMessagesServer, client: AsyncAnthropic) -> None:
    """Models are listed and tokens counted."""
    names = [model.id async for model in client.models.list()]
    counted = await client.messages.count_tokens(model="m", messages=[{"role": "user", "content": "x" * 400}])
    assert names == list(server.models)
    assert 100 <= counted.input_tokens < 130


async def test_a_key_is_needed(server: FakeMessagesServer) -> None:
    """Without a key the server answers as the real one does."""
    async with httpx2.AsyncClient() as bare:
        answer = await bare.get(f"{server.url}/v1/models")
    assert (answer.status_code, answer.json()["error"]["type"]) == (401, "authentication_error")


def test_in_a_thread() -> None:
    """A test that blocks runs the server in a thread."""
    with FakeMessagesServer(["x"]) as server, anthropic.Anthropic(base_url=server.url, api_key="k") as client:
        message = client.messages.create(
            model="m", max_tokens=9, messages=[{"role": "user", "content": "hi"}]
        )
    assert message.content[0].to_dict()["text"] == "x"


def test_a_server_in_a_thread_is_checked_too() -> None:
    """Leaving a server in a thread raises what was wrong."""
    with pytest.raises(AssertionError, match="script is at its end"), FakeMessagesServer([]) as server:
        ask_once_too_often(server)


def ask_once_too_often(server: FakeMessagesServer) -> None:
    """Ask for what is not in the script."""
    with (
        anthropic.Anthropic(base_url=server.url, api_key="k", max_retries=0) as client,
        pytest.raises(anthropic.BadRequestError),
    ):
        client.messages.create(model="m", max_tokens=9, messages=[{"role": "user", "content": "hi"}])


def test_from_the_command_line(tmp_path: Path) -> None:
    """The server runs alone, prints its URL and plays a script file."""
    script = tmp_path / "script.json"
    script.write_text('["from a file"]')
    command = [sys.executable, "-m", "gaff.testing.messages_server", "--script", str(script)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        with anthropic.Anthropic(base_url=process.stdout.readline().strip(), api_key="k") as client:
            answer = client.messages.create(
                model="m", max_tokens=9, messages=[{"role": "user", "content": "hi"}]
            )
        process.terminate()
    assert answer.content[0].to_dict()["text"] == "from a file"
