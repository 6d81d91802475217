"""The model that plays a script in this process."""

import asyncio
from pathlib import Path

import pytest

from gaff.hooks import (
    JsonObject,
    Message,
    ModelError,
    ModelErrorKind,
    ModelRequest,
    Role,
    list_at,
    object_at,
    text_at,
    text_block,
)
from gaff.testing.replies import (
    HARMLESS,
    Reply,
    call,
    cut,
    empty_200,
    error_mid_stream,
    garbage,
    hang_before_headers,
    hold,
    html,
    malformed,
    overloaded_mid_stream,
    paced,
    pings_forever,
    prompt_too_long,
    reply,
    reset,
    say,
    stall,
    status,
    think,
)
from gaff.testing.scripted_model import ScriptedModel, ScriptedModels, request_body


def request(*texts: str, previous: int = 0) -> ModelRequest:
    """Return a request whose messages have these texts, user first."""
    roles: tuple[Role, Role] = ("user", "assistant")
    messages = tuple(Message(roles[n % 2], (text_block(text),)) for n, text in enumerate(texts))
    tool: JsonObject = {"name": "Read", "input_schema": {"type": "object"}}
    return ModelRequest((text_block("system"),), (tool,), messages, 64, previous)


async def play(model: ScriptedModel, *texts: str) -> list[JsonObject]:
    """Ask, and return the events of the answer."""
    return [event async for event in model.stream(request(*texts))]


async def test_the_events_of_an_answer() -> None:
    """An answer is the same stream of events that a server sends."""
    events = await play(ScriptedModel([reply(think("hm"), "Text.", call("Read", {"a": 1}))]), "hi")
    kinds = [text_at(event, "type") for event in events]
    assert kinds[:2] == ["message_start", "ping"]
    assert kinds.count("content_block_start") == kinds.count("content_block_stop") == 3
    assert kinds[-2:] == ["message_delta", "message_stop"]
    assert object_at(events[-2], "delta")["stop_reason"] == "tool_use"


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (status(400), "invalid_request"),
        (status(401), "authentication_failed"),
        (status(402), "billing_error"),
        (status(404), "model_not_found"),
        (status(413), "prompt_too_long"),
        (prompt_too_long(), "prompt_too_long"),
        (status(429), "rate_limit"),
        (status(418), "unknown"),
        (status(529), "overloaded"),
        (status(500), "server_error"),
        (html(502), "server_error"),
        (garbage(), "malformed_stream"),
        (garbage(as_http=False), "connection_failed"),
        (empty_200(), "malformed_stream"),
        (hang_before_headers(), "stream_stalled"),
        (cut(), "stream_cut"),
        (cut(clean=True), "stream_cut"),
        (reset(), "connection_failed"),
        (stall(), "stream_stalled"),
        (pings_forever(), "stream_stalled"),
        (overloaded_mid_stream(), "overloaded"),
        (error_mid_stream("api_error", "Internal"), "server_error"),
        (malformed("bad_json"), "malformed_stream"),
    ],
)
async def test_faults_are_model_errors(given: Reply, kind: ModelErrorKind) -> None:
    """Every fault is the error that a provider raises for it."""
    with pytest.raises(ModelError) as caught:
        await play(ScriptedModel([given]), "hi")
    assert caught.value.kind == kind


async def test_retry_after_is_kept() -> None:
    """How long the server asks to wait is in the error."""
    with pytest.raises(ModelError) as caught:
        await play(ScriptedModel([status(429, retry_after=2)]), "hi")
    assert (caught.value.retry_after, caught.value.status) == (2.0, 429)


@pytest.mark.parametrize(
    "given", [*(malformed(kind) for kind in sorted(HARMLESS)), paced("All is well.", 0.0001)]
)
async def test_harmless_oddities(given: Reply) -> None:
    """What a client has to ignore does not end the stream."""
    assert text_at((await play(ScriptedModel([given]), "hi"))[-1], "type") == "message_stop"


async def test_hold_and_release() -> None:
    """A held answer waits until it is released."""
    model = ScriptedModel([hold("All of it.")])
    async with asyncio.TaskGroup() as group:
        asking = group.create_task(play(model, "hi"))
        await model.requested(1)
        assert not asking.done()
        model.release()
    assert asking.done()


async def test_wrong_requests_are_refused() -> None:
    """The same checks as a server's: the answer is a 400, and the end of the test fails."""
    model = ScriptedModel(["never"])
    with pytest.raises(ModelError, match="non-empty") as caught:
        await play(model, "")
    assert (caught.value.kind, caught.value.status) == ("invalid_request", 400)
    with pytest.raises(AssertionError, match=r"request 1: \[empty\]"):
        model.check()


async def test_a_changed_prefix_is_found() -> None:
    """A request that does not extend the last one is told."""
    model = ScriptedModel(["one", "two"])
    await play(model, "hi")
    await play(model, "ho", "one", "go on")
    assert [item.check for item in model.violations] == ["prefix"]


async def test_usage_comes_from_the_breakpoints_of_the_request() -> None:
    """The model reports what a provider with a prompt cache would see."""
    model = ScriptedModel(["one", "two"])
    await play(model, "long " * 400)
    [event async for event in model.stream(request("long " * 400, "one", "more", previous=1))]
    assert model.usages[1].cache_read_input_tokens == model.usages[0].cache_creation_input_tokens > 400


def test_breakpoints_are_where_the_contract_says() -> None:
    """Last tool, last system block, and the tails of the last and of this request."""
    body = request_body(request("a", "b", "c", previous=1), "m")
    assert str(body).count("cache_control") == 4
    messages = list_at(body, "messages")
    marked = [index for index, item in enumerate(messages) if "cache_control" in str(item)]
    assert marked == [0, 2]


async def test_the_provider(tmp_path: Path) -> None:
    """``scripted:FILE`` plays a file, ``scripted:`` repeats, and a given model is always the one."""
    file = tmp_path / "script.json"
    file.write_text('["from a file"]')
    own = ScriptedModel([say("mine")])
    for model, text in (
        (ScriptedModels().open(str(file), {}, {}), "from a file"),
        (ScriptedModels().open("", {}, {}), "You said: hi"),
        (ScriptedModels(own).open("any", {}, {}), "mine"),
    ):
        deltas = [object_at(event, "delta") async for event in model.stream(request("hi"))]
        assert "".join(text_at(delta, "text") for delta in deltas) == text
