"""Whatever the conversation: a compacted one is valid, smaller, and keeps its end and the last prompt."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given, settings, strategies

from gaff.conversation import Conversation, Place, restore
from gaff.drafts import Draft, said
from gaff.hooks import (
    CompactionPlan,
    CompactionStrategy,
    ConversationSnapshot,
    JsonObject,
    Message,
    ModelLimits,
    compaction_note,
    estimate_tokens,
    text_at,
)
from gaff.plugins.builtin.compaction.clear_old_results import ClearOldResults
from gaff.plugins.builtin.compaction.summarize_segment import SummarizeSegment
from gaff.repair import repair
from gaff.testing.messages_checks import rejections
from gaff.testing.scripted_model import ScriptedModel

from .conftest import Asked, conversations

WINDOW = 20_000


class DropAll(CompactionStrategy):
    """As rough as a strategy can be."""

    name = "drop_all"
    summary = "drops all"

    def plan(self, snapshot: ConversationSnapshot, wanted: int, focus: str) -> CompactionPlan:
        return CompactionPlan(messages=(), saves=0, drops="all")


class DropSome(CompactionStrategy):
    """Drops every third message, whatever that parts."""

    name = "drop_some"
    summary = "drops some"

    def plan(self, snapshot: ConversationSnapshot, wanted: int, focus: str) -> CompactionPlan:
        kept = tuple(message for number, message in enumerate(snapshot.older) if number % 3)
        return CompactionPlan(messages=kept, saves=0, drops="some")


async def planned(strategy: CompactionStrategy, draft: Draft) -> CompactionPlan | None:
    """Return the plan of a strategy for a draft."""
    snapshot = ConversationSnapshot(
        older=draft.older,
        recent=draft.recent,
        before=draft.before,
        tokens=draft.tokens,
        model=ScriptedModel(limits=ModelLimits(context_window=WINDOW)),
        ask=Asked(["A summary."]),
    )
    made = strategy.plan(snapshot, draft.tokens, "")
    return made if made is None or isinstance(made, CompactionPlan) else await made


def compacted(strategy: CompactionStrategy, messages: Sequence[Message]) -> Draft | None:
    """Return the conversation as the strategy leaves it; ``None`` where its plan is not carried out."""
    draft = Draft.of(messages, estimate_tokens(*messages), WINDOW)
    plan = asyncio.run(planned(strategy, draft)) if draft.older else None
    try:
        return draft.after(strategy.name, plan) if plan else None
    except ValueError:
        return None


def valid(messages: Sequence[Message]) -> bool:
    """Whether the Messages API takes these, with a prompt at the end."""
    ended = [*messages, Message.user("go on")] if messages[-1].role == "assistant" else messages
    body = {"model": "m", "max_tokens": 1, "messages": [message.to_json() for message in ended]}
    return not list(rejections(body))


@pytest.mark.parametrize(
    "strategy", [ClearOldResults(), SummarizeSegment(), DropAll(), DropSome()], ids=lambda one: one.name
)
@given(messages=conversations())
@settings(max_examples=60, deadline=None)
def test_what_is_left_is_valid_and_keeps_the_end(
    strategy: CompactionStrategy, messages: tuple[Message, ...]
) -> None:
    """Roles alternate, calls have results, the recent messages and the last prompt are word for word there."""
    draft = compacted(strategy, messages)
    if draft is None:
        return

    left = repair(draft.messages)
    assert valid(left)
    assert estimate_tokens(*left) < estimate_tokens(*messages)
    assert left[-1].content[-len(messages[-1].content) :] == messages[-1].content
    assert [block for message in left for block in message.content][-_blocks(draft.recent) :] == [
        block for message in draft.recent for block in message.content
    ]
    prompt = next(found for message in reversed(messages) if (found := said(message)))
    everything = [block for message in left for block in message.content]
    assert all(block in everything for block in prompt)


def _blocks(messages: Sequence[Message]) -> int:
    return sum(len(message.content) for message in messages)


@given(messages=conversations(), window=strategies.integers(100, 100_000))
@settings(max_examples=60, deadline=None)
def test_a_split_parts_no_call_from_its_result(messages: tuple[Message, ...], window: int) -> None:
    """Where it falls depends on the window; both sides hold their own results, and nothing is lost."""
    draft = Draft.of(messages, 0, window)

    asked = {call.id for message in draft.older for call in message.tool_calls}
    answered = {text_at(block, "tool_use_id") for message in draft.older for block in message.content}
    assert asked <= answered
    assert draft.messages == messages
    assert not draft.older or len(draft.recent) >= 2


@given(messages=conversations(), more=strategies.booleans())
@settings(max_examples=60, deadline=None)
def test_what_is_restored_is_what_the_session_had(messages: tuple[Message, ...], more: bool) -> None:
    """Byte for byte, for a conversation that was compacted by a note and goes on."""
    entries: list[JsonObject] = []
    place = Place("s", "/", None)

    class Kept:
        def append(self, entry: JsonObject) -> None:
            entries.append(entry)

    conversation = Conversation(Kept(), lambda: place)
    conversation.add_user([{"type": "text", "text": "first"}])
    conversation.compact((compaction_note("before"), *messages), {"trigger": "manual"})
    if more and conversation.messages[-1].role == "assistant":
        conversation.add_user([{"type": "text", "text": "more"}])

    restored = repair(restore(reversed(entries)).messages)

    assert [one.encoded for one in restored] == [one.encoded for one in conversation.messages]
