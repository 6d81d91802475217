"""What a request has to be like, and what breaks the prompt cache: each check is proven to fire."""

import anthropic
import pytest
from anthropic import AsyncAnthropic

from gaff.hooks import Json, JsonObject
from gaff.testing.messages_checks import CheckName, PrefixGuard, cache_faults, rejections
from gaff.testing.messages_server import FakeMessagesServer
from gaff.testing.replies import call, say, signature_of

MARK: JsonObject = {"type": "ephemeral"}


def user(*blocks: JsonObject | str) -> JsonObject:
    """Return a user message; a string is a text block."""
    return {"role": "user", "content": [text(item) if isinstance(item, str) else item for item in blocks]}


def assistant(*blocks: JsonObject | str) -> JsonObject:
    """Return an assistant message; a string is a text block."""
    return {**user(*blocks), "role": "assistant"}


def text(words: str) -> JsonObject:
    """Return a text block."""
    return {"type": "text", "text": words}


def use(id: str = "t1") -> JsonObject:
    """Return a tool call block."""
    return {"type": "tool_use", "id": id, "name": "Read", "input": {}}


def result(id: str = "t1", content: Json = "ok") -> JsonObject:
    """Return a tool result block."""
    return {"type": "tool_result", "tool_use_id": id, "content": content}


def thinking(signature: str) -> JsonObject:
    """Return a thinking block."""
    return {"type": "thinking", "thinking": "hm", "signature": signature}


def tool(name: str = "Read", schema: str = "object") -> JsonObject:
    """Return a tool definition."""
    return {"name": name, "description": "x", "input_schema": {"type": schema}}


def body(*messages: JsonObject, **more: Json) -> JsonObject:
    """Return a request body."""
    return {"model": "m", "max_tokens": 9, "messages": list(messages), **more}


GOOD = body(
    user("hi"),
    assistant(thinking(signature_of("hm")), "I look.", use("a"), use("b")),
    user(result("b"), result("a", [text("two")]), "and go on"),
    tools=[tool("Read"), tool("Glob")],
)


def test_a_good_request_passes() -> None:
    """Nothing is found where all is well; results may come in any order."""
    assert list(rejections(GOOD)) == []


@pytest.mark.parametrize(
    ("check", "message", "wrong"),
    [
        ("shape", "max_tokens: Field required", {"model": "m", "messages": [user("hi")]}),
        ("shape", "model: Input should be", {**body(user("hi")), "model": 1}),
        ("shape", "at least one message", body()),
        ("sampling", "temperature: Extra inputs", body(user("hi"), temperature=0.5)),
        ("roles", "messages.0: roles must alternate.*first message", body(assistant("hi"), user("x"))),
        ("roles", "messages.1: roles must alternate", body(user("hi"), user("again"))),
        ("roles", "messages.0.role", body({"role": "system", "content": "x"})),
        ("roles", "prefill", body(user("hi"), assistant("x"))),
        ("empty", "messages.0: all messages must have non-empty", body(user())),
        ("empty", "messages.0.content.0: text content blocks must be non-empty", body(user(""))),
        ("empty", "non-whitespace", body(user(" \n"))),
        ("empty", r"messages.2.content.0.tool_result.content.0", body(user("x"), assistant(use()), user(result("t1", [text("")])))),
        ("pairs", "messages.1: .*without `tool_result` blocks immediately after: t1", body(user("x"), assistant(use()), user("y"))),
        ("pairs", "messages.0.content.0: unexpected `tool_use_id`", body(user(result()))),
        ("pairs", "must come first", body(user("x"), assistant(use()), user("y", result()))),
        ("pairs", "multiple: t1", body(user("x"), assistant(use()), user(result(), result()))),
        ("ids", "must be unique: t1", body(user("x"), assistant(use(), use()), user(result()))),
        ("ids", "must match", body(user("x"), assistant(use("a b")), user(result("a b")))),
        ("thinking", "messages.1.content.0: Invalid `signature`", body(user("x"), assistant(thinking("no")), user("y"))),
        ("tools", "must be unique: Read", body(user("x"), tools=[tool(), tool()])),
        ("tools", "tools.0.custom.name", body(user("x"), tools=[tool("no spaces")])),
        ("tools", "input_schema.type", body(user("x"), tools=[tool(schema="array")])),
        ("breakpoints", "Found 5", body(user(*({**text("x"), "cache_control": MARK} for _ in range(5))))),
    ],
)  # fmt: skip
def test_rejections(check: CheckName, message: str, wrong: JsonObject) -> None:
    """Each demand of the server is enforced, and the answer names the place."""
    found = list(rejections(wrong))
    assert [item.check for item in found][:1] == [check]
    with pytest.raises(AssertionError, match=message):
        raise AssertionError(found[0].message)


def marked(block: JsonObject) -> JsonObject:
    """Return the block as a breakpoint."""
    return {**block, "cache_control": MARK}


@pytest.mark.parametrize(
    ("missing", "request_body"),
    [
        (None, body(user(text("x")), tools=[tool()])),
        (None, body(user(marked(text("x"))), tools=[marked(tool())], system=[marked(text("s"))])),
        (None, body(user("x"), cache_control=MARK, tools=[marked(tool())])),
        ("tool", body(user(marked(text("x"))), tools=[tool()])),
        ("system block", body(user(marked(text("x"))), system="s")),
        ("block of the last message", body(user("x"), system=[marked(text("s"))])),
    ],
)
def test_breakpoints_where_they_belong(missing: str | None, request_body: JsonObject) -> None:
    """Where a request uses the cache, tools, system and tail each end in a breakpoint."""
    found = [item.message for item in cache_faults(request_body)]
    assert found == (
        []
        if missing is None
        else [f"the last {missing} has no cache_control, so what precedes it is not cached"]
    )


def test_a_request_that_extends_the_last_passes() -> None:
    """More messages and moved breakpoints leave the prefix as it was."""
    guard = PrefixGuard()
    assert list(guard.check(body(user(marked(text("x"))), tools=[marked(tool())]))) == []
    assert list(guard.check(body(user("x"), assistant("y"), user(marked(text("z"))), tools=[tool()]))) == []


@pytest.mark.parametrize(
    ("second", "place"),
    [
        (body(user("x"), assistant("Y"), user("z"), system="s", tools=[tool()]), "messages.1.content.0 differs"),
        (body(user("x"), assistant("y"), user("z"), system="S", tools=[tool()]), "system.0 differs"),
        (body(user("x"), assistant("y"), system="s", tools=[tool("Glob")]), r"tools.0 \(Read\) of the last request is gone"),
        (body(user("x"), system="s", tools=[tool()]), "is gone; in its place is the end"),
    ],
)  # fmt: skip
def test_a_changed_prefix_is_named(second: JsonObject, place: str) -> None:
    """What differs from the last request is named."""
    guard = PrefixGuard()
    list(guard.check(body(user("x"), assistant("y"), user("q"), system="s", tools=[tool()])))
    with pytest.raises(AssertionError, match=place):
        raise AssertionError(next(guard.check(second)).message)


def test_the_order_of_members_counts() -> None:
    """Equal values in another order are other bytes."""
    guard = PrefixGuard()
    list(guard.check(body(user({"type": "text", "text": "x"}), user("y"))))
    assert not list(guard.check(body(user({"type": "text", "text": "x"}), user("y"))))
    moved = body(user({"type": "text", "text": "x"}), user({"text": "y", "type": "text"}))
    assert [item.check for item in guard.check(moved)] == ["prefix"]


def test_conversations_are_apart() -> None:
    """Another first message, or another model, is another conversation."""
    guard = PrefixGuard()
    list(guard.check(body(user("x"), system="s")))
    assert not list(guard.check(body(user("a sub-agent's task"), system="other")))
    assert not list(guard.check(body(user("x"), system="changed", model="n")))


def test_a_changed_first_message_is_known_by_the_answer() -> None:
    """A request that holds the last answer belongs to that conversation, even if its first message changed."""
    guard = PrefixGuard()
    list(guard.check(body(user("x"))))
    guard.answered(body(user("x")), [text("y")])
    (found,) = guard.check(body(user("X"), assistant("y"), user("z")))
    assert found.message.startswith("messages.0.content.0 differs")


def test_equal_answers_do_not_mix_conversations_up() -> None:
    """Two sub-agents may be told the same."""
    guard = PrefixGuard()
    for task in ("one", "two"):
        list(guard.check(body(user(task))))
        guard.answered(body(user(task)), [text("ok")])
    assert not list(guard.check(body(user("one"), assistant("ok"), user("z"))))
    assert not list(guard.check(body(user("two"), assistant("ok"), user("z"))))


async def test_the_server_refuses_and_remembers() -> None:
    """A wrong request gets a 400 of the real shape and is raised at the end."""
    server = FakeMessagesServer([say("never")])
    await server.start()
    async with AsyncAnthropic(base_url=server.url, api_key="k") as client:
        with pytest.raises(anthropic.BadRequestError, match="at least one message") as caught:
            await client.messages.create(model="m", max_tokens=9, messages=[])
    await server.stop()
    assert caught.value.type == "invalid_request_error"
    with pytest.raises(AssertionError, match=r"request 1: \[shape\]"):
        server.check()


async def test_checks_can_be_allowed_or_off() -> None:
    """A test that does wrong on purpose says so."""
    for server in (FakeMessagesServer(["x"], allow=["shape"]), FakeMessagesServer(["x"], strict=False)):
        async with server, AsyncAnthropic(base_url=server.url, api_key="k") as client:
            await client.messages.create(model="m", max_tokens=9, messages=[])


async def test_a_whole_conversation_hits_the_cache() -> None:
    """With breakpoints at the tails, almost all of a request comes from the cache."""
    async with (
        FakeMessagesServer([call("Read", id="t1"), say("Done.")]) as server,
        AsyncAnthropic(base_url=server.url, api_key="k") as client,
    ):
        first = user(marked(text("long words " * 200)))
        await client.post("/v1/messages", body=body(first), cast_to=object)
        rest = (user("long words " * 200), assistant(use()), user(marked(result())))
        await client.post("/v1/messages", body=body(*rest), cast_to=object)
    assert server.usages[0].cache_creation_input_tokens > 500
    assert server.usages[1].cache_read_input_tokens == server.usages[0].cache_creation_input_tokens
    assert server.hit_rate > 0.9
