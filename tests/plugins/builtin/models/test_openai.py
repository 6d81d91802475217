"""Chat completions, translated both ways."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from typing import cast

import pytest

from gaff.hooks import JsonObject, Message, ModelRequest, UsageError
from gaff.plugins.builtin.models.openai import OpenAIProvider
from gaff.testing.chat_server import FakeChatServer
from gaff.testing.replies import call, reply, say, think

from .providers import KEY, Outcome, RawServer, ask, asking, chat_answer, chat_environ, extended, sse

PIXEL: JsonObject = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aGk="}}


@pytest.fixture
async def server() -> AsyncIterator[FakeChatServer]:
    """A strict server."""
    async with FakeChatServer(otherwise="Yes.") as running:
        yield running


async def body_of(server: FakeChatServer, request: ModelRequest) -> JsonObject:
    """Ask once and return the body that arrived."""
    model = OpenAIProvider().open("m", chat_environ(server.url), {})
    outcome = await ask(model, request)
    await model.aclose()
    assert outcome.error is None, outcome.error
    return server.all_requests[-1].json


async def messages_of(server: FakeChatServer, *messages: Message) -> list[JsonObject]:
    """Return the conversation as it arrives there."""
    body = await body_of(server, ModelRequest((), (), messages, max_tokens=10))
    return cast("list[JsonObject]", body["messages"])


async def answer_to(*pieces: bytes) -> Outcome:
    """Return what becomes of these bytes."""
    async with RawServer(*pieces) as raw:
        model = OpenAIProvider().open("m", chat_environ(raw.url), {})
        outcome = await ask(model)
        await model.aclose()
    return outcome


def tool_calls(*calls: JsonObject) -> JsonObject:
    """Return a delta with these pieces of tool calls."""
    return {"tool_calls": calls}


def piece(arguments: str, index: int = 0, **more: str) -> JsonObject:
    """Return a piece of a tool call; ``name`` and ``id`` where it has them."""
    name = {"name": more.pop("name")} if "name" in more else {}
    return {"index": index, **more, "function": {**name, "arguments": arguments}}


def inputs(outcome: Outcome) -> list[object]:
    """Return the tool inputs of an answer, in order of the blocks."""
    texts: dict[object, str] = {}
    for event in outcome.of_type("content_block_delta"):
        delta = cast("JsonObject", event["delta"])
        if delta["type"] == "input_json_delta":
            texts[event["index"]] = texts.get(event["index"], "") + str(delta["partial_json"])
    return [json.loads(text) for text in texts.values()]


def names(outcome: Outcome) -> Sequence[object]:
    """Return the names of the tools that are called."""
    return [block["name"] for block in outcome.blocks if block["type"] == "tool_use"]


async def test_system_tools_and_limits(server: FakeChatServer) -> None:
    """Each part of a request has its place, and usage is asked for."""
    schema: JsonObject = {"type": "object", "properties": {"a": {"type": "string"}}}
    tools: tuple[JsonObject, ...] = (
        {"name": "Read", "description": "Reads.", "input_schema": schema},
        {"type": "web_search_20260318", "name": "web_search"},
    )
    system: tuple[JsonObject, ...] = ({"type": "text", "text": "One."}, {"type": "text", "text": "Two."})
    thinking: JsonObject = {"type": "adaptive"}
    body = await body_of(server, ModelRequest(system, tools, asking("Hi").messages, 64, thinking=thinking))
    assert body["tools"] == [
        {"type": "function", "function": {"name": "Read", "description": "Reads.", "parameters": schema}}
    ]
    assert body["messages"] == [
        {"role": "system", "content": "One.\n\nTwo."},
        {"role": "user", "content": "Hi"},
    ]
    assert (body["max_tokens"], body["stream"], body["model"]) == (64, True, "m")
    assert body["stream_options"] == {"include_usage": True}
    assert "thinking" not in body


async def test_calls_and_results_are_paired(server: FakeChatServer) -> None:
    """Tool calls become tool_calls, results messages of their own, and thoughts stay here."""
    use: JsonObject = {"type": "tool_use", "id": "t1", "name": "Read", "input": {"path": "é"}}
    result: JsonObject = {"type": "tool_result", "tool_use_id": "t1", "content": "gone", "is_error": True}
    sent = await messages_of(
        server,
        Message.user("Read it."),
        Message(
            "assistant", ({"type": "thinking", "thinking": "Hmm."}, {"type": "text", "text": "I do."}, use)
        ),
        Message("user", (result, {"type": "text", "text": "And then?"})),
    )
    assert sent[1]["content"] == "I do."
    function = {"name": "Read", "arguments": '{"path":"é"}'}
    assert sent[1]["tool_calls"] == [{"id": "t1", "type": "function", "function": function}]
    assert sent[2] == {"role": "tool", "tool_call_id": "t1", "content": "Error: gone"}
    assert sent[3] == {"role": "user", "content": "And then?"}


async def test_pictures_travel_beside_the_result(server: FakeChatServer) -> None:
    """A picture in a tool result goes into the user message after it."""
    use: JsonObject = {"type": "tool_use", "id": "t1", "name": "Read", "input": {}}
    result: JsonObject = {"type": "tool_result", "tool_use_id": "t1", "content": [PIXEL]}
    sent = await messages_of(
        server, Message.user("Look."), Message("assistant", (use,)), Message("user", (result,))
    )
    assert "picture follows" in str(sent[2]["content"])
    assert sent[3]["content"] == [{"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk="}}]


async def test_what_cannot_be_sent_is_named(server: FakeChatServer) -> None:
    """A document is not dropped silently; one of plain text is sent as text."""
    pdf: JsonObject = {"type": "document", "title": "a.pdf", "source": {"type": "base64", "data": "x"}}
    text: JsonObject = {"type": "document", "source": {"type": "text", "data": "words"}}
    sent = await messages_of(server, Message("user", (pdf, text)))
    assert "a.pdf" in str(sent[0]["content"])
    assert "words" in str(sent[0]["content"])


async def test_odd_tool_names_go_there_and_back(server: FakeChatServer) -> None:
    """Names the protocol does not allow are replaced, and found again in the answer."""
    long = "mcp__a.server__" + "x" * 80
    tool: JsonObject = {"name": long, "description": "", "input_schema": {"type": "object"}}
    model = OpenAIProvider().open("m", chat_environ(server.url), {})
    request = ModelRequest((), (tool,), asking("Hi").messages, max_tokens=10)
    await ask(model, request)
    functions = cast("list[JsonObject]", server.all_requests[0].json["tools"])
    there = str(cast("JsonObject", functions[0]["function"])["name"])
    assert len(there) <= 64
    server.add(call(there, {}))
    assert names(await ask(model, request)) == [long]
    await model.aclose()


async def test_a_request_extends_the_last_one(server: FakeChatServer) -> None:
    """The bytes of a request begin with those of the last, so the server's cache hits."""
    model = OpenAIProvider().open("m", chat_environ(server.url), {})
    first = asking("one")
    await ask(model, first)
    await ask(
        model, extended(first, Message("assistant", ({"type": "text", "text": "Yes."},)), Message.user("two"))
    )
    await model.aclose()
    one, two = (request.body for request in server.all_requests)
    assert two.startswith(one.removesuffix(b"]}"))


async def test_reasoning_becomes_thinking(server: FakeChatServer) -> None:
    """Reasoning is a block of its own before the text, without a signature."""
    server.add(reply(think("Let me see."), "Yes."))
    model = OpenAIProvider().open("m", chat_environ(server.url), {})
    outcome = await ask(model)
    await model.aclose()
    assert outcome.blocks == [{"type": "thinking", "thinking": ""}, {"type": "text", "text": ""}]
    assert (outcome.deltas("thinking"), outcome.deltas("text")) == ("Let me see.", "Yes.")


async def test_typed_parts_are_understood() -> None:
    """Some servers send content as a list of typed parts."""
    parts: JsonObject = {
        "content": [
            {"type": "thinking", "thinking": [{"type": "text", "text": "Hmm."}]},
            {"type": "text", "text": "Yes."},
        ]
    }
    outcome = await answer_to(chat_answer(parts))
    assert (outcome.deltas("thinking"), outcome.deltas("text")) == ("Hmm.", "Yes.")


@pytest.mark.parametrize(
    "deltas",
    [
        pytest.param(
            [
                tool_calls(piece("", 0, id="a", name="Read"), piece("", 1, id="b", name="Glob")),
                tool_calls(piece('{"x":', 0), piece('{"y":', 1)),
                tool_calls(piece("1}", 0), piece("2}", 1)),
            ],
            id="interleaved",
        ),
        pytest.param(
            [tool_calls(piece('{"x":1}', 0, id="a", name="Read"), piece('{"y":2}', 1, id="b", name="Glob"))],
            id="whole",
        ),
        pytest.param(
            [
                tool_calls(piece('{"x":1}', 0, id="a", name="Read")),
                tool_calls(piece('{"y":2}', 0, id="b", name="Glob")),
            ],
            id="one_index",
        ),
        pytest.param(
            [tool_calls(piece('{"x":1}', 0, name="Read")), tool_calls(piece('{"y":2}', 0, name="Glob"))],
            id="one_index_no_ids",
        ),
        pytest.param(
            [
                tool_calls({"function": {"name": "Read", "arguments": {"x": 1}}}),
                tool_calls({"function": {"name": "Glob", "arguments": {"y": 2}}}),
            ],
            id="no_index_no_ids_objects",
        ),
        pytest.param(
            [
                tool_calls(piece('{"x":', 0, id="a", name="Read")),
                tool_calls(piece("1}", 0, id="a", name="Read")),
                tool_calls(piece('{"y":2}', 1, id="a", name="Glob")),
            ],
            id="same_id_twice",
        ),
    ],
)
@pytest.mark.parametrize("finish", ["tool_calls", "stop"])
async def test_tool_calls_in_every_form(deltas: list[JsonObject], finish: str) -> None:
    """Two calls are two blocks one after another, with ids of their own, however the server sends them."""
    outcome = await answer_to(chat_answer(*deltas, finish=finish))
    assert outcome.error is None
    assert names(outcome) == ["Read", "Glob"]
    assert inputs(outcome) == [{"x": 1}, {"y": 2}]
    assert outcome.stop_reason == "tool_use"
    ids = [block["id"] for block in outcome.blocks]
    assert ids[0] != ids[1]
    kinds = [event["type"] for event in outcome.events if "block_st" in str(event["type"])]
    assert kinds == ["content_block_start", "content_block_stop"] * 2


async def test_a_repeated_id_is_replaced(server: FakeChatServer) -> None:
    """A server that numbers its calls from 0 in each answer does not use an id twice in a conversation."""
    server.add(call("Read", {}, id="call_0"), call("Read", {}, id="call_0"))
    model = OpenAIProvider().open("m", chat_environ(server.url), {})
    request = asking("Read it.")
    first = (await ask(model, request)).blocks[0]
    result: JsonObject = {"type": "tool_result", "tool_use_id": "call_0", "content": "ok"}
    second = (
        await ask(model, extended(request, Message("assistant", (first,)), Message("user", (result,))))
    ).blocks[0]
    await model.aclose()
    assert first["id"] == "call_0"
    assert second["id"] != "call_0"


async def test_a_call_that_never_ends_well_is_a_fault() -> None:
    """Pieces after the end of a call are not added to what may already run."""
    first = tool_calls(piece('{"x":1}', 0, id="a", name="Read"))
    second = tool_calls(piece("{}", 1, id="b", name="Glob"))
    outcome = await answer_to(chat_answer(first, second, tool_calls(piece('{"x":2}', 0))))
    assert outcome.error is not None
    assert outcome.error.kind == "malformed_stream"


async def test_a_length_limit_is_told() -> None:
    """Out of tokens in the middle of a call: the reason says so, and the input stays broken."""
    outcome = await answer_to(
        chat_answer(tool_calls(piece('{"x":', 0, id="a", name="Read")), finish="length")
    )
    assert (outcome.stop_reason, outcome.deltas("partial_json")) == ("max_tokens", '{"x":')


async def test_cached_tokens_are_counted_apart() -> None:
    """What came from the server's cache is not input."""
    usage = {"prompt_tokens": 100, "completion_tokens": 7, "prompt_tokens_details": {"cached_tokens": 60}}
    outcome = await answer_to(
        chat_answer("Hi").replace(b"data: [DONE]", sse({"choices": [], "usage": usage}))
    )
    found = cast("JsonObject", outcome.of_type("message_delta")[0]["usage"])
    assert [found[name] for name in ("input_tokens", "cache_read_input_tokens", "output_tokens")] == [
        40,
        60,
        7,
    ]


async def test_without_usage_nothing_is_counted() -> None:
    """A server that does not count gives zeros."""
    found = cast("JsonObject", (await answer_to(chat_answer("Hi"))).of_type("message_delta")[0]["usage"])
    assert set(found.values()) == {0}


@pytest.mark.parametrize("prefix", [b"\xef\xbb\xbf", b": comment\n\n", b"event: x\nretry: 5\n\n"])
async def test_oddities_are_harmless(prefix: bytes) -> None:
    """A byte order mark, comments and unknown fields do not hurt."""
    assert (await answer_to(prefix + chat_answer("Hi"))).deltas("text") == "Hi"


async def test_the_end_without_done() -> None:
    """A finish reason ends an answer, whether or not [DONE] follows."""
    outcome = await answer_to(chat_answer("Hi").removesuffix(b"data: [DONE]\n\n"))
    assert (outcome.error, outcome.stop_reason) == (None, "end_turn")


async def test_an_error_in_the_stream() -> None:
    """An error object among the chunks ends the answer with its reason."""
    fault = sse({"error": {"message": "Requested tokens exceed context window of 4096", "code": 400}})
    error = (await answer_to(chat_answer("Hi", finish="").removesuffix(b"data: [DONE]\n\n"), fault)).error
    assert error is not None
    assert error.kind == "prompt_too_long"
    fault = sse({"error": {"message": "model overloaded", "code": 529}})
    error = (await answer_to(fault)).error
    assert error is not None
    assert error.kind == "overloaded"


async def test_settings_name_server_and_model() -> None:
    """A server can be set up without variables; a bare host gets /v1, and members join the body."""
    async with FakeChatServer(otherwise="Yes.") as server:
        own: JsonObject = {
            "baseUrl": server.url,
            "model": "chosen",
            "contextWindow": 8000,
            "extraBody": {"temperature": 0, "messages": "not this"},
        }
        settings: JsonObject = {"models": {"openai": own}}
        assert OpenAIProvider().is_available({}, settings)
        model = OpenAIProvider().open("", {}, settings)
        assert (model.name, model.limits.context_window, model.limits.max_output_tokens) == (
            "chosen",
            8000,
            2000,
        )
        assert (await ask(model)).deltas("text") == "Yes."
        await model.aclose()
    assert (server.all_requests[0].path, server.all_requests[0].json["temperature"]) == (
        "/v1/chat/completions",
        0,
    )
    assert "authorization" not in server.all_requests[0].headers


def test_a_server_here_offers_its_first_model() -> None:
    """Where no model is named, a server on this machine is asked which it has."""
    with FakeChatServer(model="first") as server:
        assert OpenAIProvider().open("", chat_environ(server.url), {}).name == "first"
        assert OpenAIProvider().open("opus", chat_environ(server.url), {}).name == "first"
        assert OpenAIProvider().open("other", chat_environ(server.url), {}).name == "other"


def test_without_a_model_it_says_what_to_do() -> None:
    """No name and nobody to ask: one line with the ways to name one."""
    with pytest.raises(UsageError, match="OPENAI_MODEL"):
        OpenAIProvider().open("", {"OPENAI_API_KEY": KEY}, {})


def test_when_it_is_available() -> None:
    """A server must be named: a key alone may be there for other programs."""
    assert not OpenAIProvider().is_available({"OPENAI_API_KEY": KEY}, {})
    assert OpenAIProvider().is_available({"OPENAI_BASE_URL": "http://x"}, {})


async def test_members_of_the_other_protocol_stay_here(server: FakeChatServer) -> None:
    """Further members that only Anthropic knows stay here."""
    server.add(say("Hi"))
    request = ModelRequest((), (), asking("Hi").messages, 10, extra={"betas": ["x"], "temperature": 1})
    body = await body_of(server, request)
    assert "betas" not in body
    assert body["temperature"] == 1
