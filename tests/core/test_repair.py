"""Any list of messages becomes one that a server accepts."""

from __future__ import annotations

from hypothesis import given, strategies as st

from gaff.hooks.messages import Message
from gaff.hooks.values import JsonObject, text_at
from gaff.repair import repair

TEXT: JsonObject = {"type": "text", "text": "x"}


def call(identity: str) -> JsonObject:
    return {"type": "tool_use", "id": identity, "name": "Read", "input": {}}


def result(identity: str) -> JsonObject:
    return {"type": "tool_result", "tool_use_id": identity, "content": "y"}


BLOCKS = st.one_of(
    st.just(TEXT),
    st.just({"type": "text", "text": " "}),
    st.sampled_from("abc").map(call),
    st.sampled_from("abcd").map(result),
)
ROLES = st.sampled_from(["user", "assistant"])


@st.composite
def messages(draw: st.DrawFn) -> list[Message]:
    made: list[Message] = []
    for role in draw(st.lists(ROLES, max_size=8)):
        unfit = "tool_use" if role == "user" else "tool_result"
        blocks = draw(st.lists(BLOCKS.filter(lambda block, unfit=unfit: block["type"] != unfit), max_size=4))
        made.append(Message("user" if role == "user" else "assistant", tuple(blocks)))
    return made


@given(messages())
def test_the_result_keeps_every_rule(given_messages: list[Message]) -> None:
    """User first, sides take turns, nothing empty, each call answered once and first in the next message."""
    mended = repair(given_messages)

    for index, message in enumerate(mended):
        assert message.role == ("user", "assistant")[index % 2]
        assert message.content
        assert all(text_at(block, "text").strip() for block in message.content if block["type"] == "text")
        calls = [one.id for one in mended[index - 1].tool_calls] if index else []
        results = [
            text_at(block, "tool_use_id") for block in message.content if block["type"] == "tool_result"
        ]
        if message.role == "user":
            assert sorted(results) == sorted(calls)
            assert [block["type"] for block in message.content[: len(results)]] == ["tool_result"] * len(
                results
            )
    assert not mended or not mended[-1].tool_calls


@given(messages())
def test_mending_twice_changes_nothing(given_messages: list[Message]) -> None:
    """What is in order stays the same object."""
    once = repair(given_messages)

    assert all(left is right for left, right in zip(once, repair(once), strict=True))


def test_a_lost_result_says_so() -> None:
    """A call without a result is answered by words that do not pretend it did not run."""
    mended = repair([Message("user", (TEXT,)), Message("assistant", (call("a"),))])

    assert "may or may not have run" in str(mended[-1].content)
