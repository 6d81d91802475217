"""Snapshots of conversations, and conversations of any shape."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import strategies as given

from gaff.drafts import Draft
from gaff.hooks import (
    ConversationSnapshot,
    JsonObject,
    Message,
    Model,
    ModelLimits,
    estimate_tokens,
    text_block,
)
from gaff.testing.scripted_model import ScriptedModel


@dataclass
class Asked:
    """A model's answers, and what it was asked."""

    answers: list[str] = field(default_factory=list[str])
    prompts: list[str] = field(default_factory=list[str])
    reasons: list[str] = field(default_factory=list[str])

    async def __call__(self, prompt: str, *, system: str = "", max_tokens: int = 8_192) -> str:
        self.prompts.append(prompt)
        return self.answers.pop(0)


Snap = Callable[..., ConversationSnapshot]


@pytest.fixture
def asked() -> Asked:
    """What the strategy asks the model, and why it declines."""
    return Asked()


@pytest.fixture
def snap(asked: Asked) -> Snap:
    """Make the snapshot of a conversation, split as the kernel splits it."""

    def make(
        *messages: Message, model: Model | None = None, transcript: Path | None = None, window: int = 20_000
    ) -> ConversationSnapshot:
        draft = Draft.of(messages, estimate_tokens(*messages), window)
        return ConversationSnapshot(
            older=draft.older,
            recent=draft.recent,
            before=draft.before,
            tokens=draft.tokens,
            model=model or ScriptedModel(limits=ModelLimits(context_window=window)),
            ask=asked,
            transcript=transcript,
            decline=asked.reasons.append,
        )

    return make


def call(identity: str, tool: str = "Read", **given: str) -> JsonObject:
    """Return the block of a call."""
    return {"type": "tool_use", "id": identity, "name": tool, "input": given}


def exchange(
    prompt: str, *calls: JsonObject, results: Sequence[str] = (), answer: str = "Done."
) -> list[Message]:
    """Return a prompt, an answer with calls, their results, and the last word."""
    if not calls:
        return [Message.user(prompt), Message("assistant", (text_block(answer),))]
    blocks = [
        {"type": "tool_result", "tool_use_id": str(one["id"]), "content": text}
        for one, text in zip(calls, results, strict=True)
    ]
    return [
        Message.user(prompt),
        Message("assistant", calls),
        Message("user", tuple(blocks)),
        Message("assistant", (text_block(answer),)),
    ]


#: Text of any kind and length, never without a word.
WORDS = given.text(min_size=1, max_size=40).map(lambda text: f"w{text}") | given.just("x" * 9_000)


@given.composite
def conversations(draw: given.DrawFn) -> tuple[Message, ...]:
    """Any conversation a session may hold: prompts, parallel calls, results of all sizes, an open end."""
    messages: list[Message] = []
    for number in range(draw(given.integers(1, 8))):
        steps = draw(given.integers(0, 3))
        messages.append(Message.user(draw(WORDS)))
        for step in range(steps):
            names = [f"c{number}_{step}_{n}" for n in range(draw(given.integers(1, 3)))]
            said = [text_block(draw(WORDS))] if draw(given.booleans()) else []
            messages.append(Message("assistant", (*said, *(call(name) for name in names))))
            results = [{"type": "tool_result", "tool_use_id": name, "content": draw(WORDS)} for name in names]
            queued = [text_block(draw(WORDS))] if draw(given.booleans()) else []
            messages.append(Message("user", (*results, *queued)))
        if draw(given.booleans()) or number == 0:
            messages.append(Message("assistant", (text_block(draw(WORDS)),)))
        elif steps == 0 or draw(given.booleans()):
            messages.append(Message("assistant", (text_block("ok"),)))
        else:
            messages.append(Message("assistant", (text_block("[no answer]"),)))
    if draw(given.booleans()):
        messages.append(Message.user(draw(WORDS)))
    return tuple(messages)
