"""Makes any list of messages one that a server accepts, so that no session is ever stuck.

Sources for what a server accepts: platform.claude.com/docs/en/api/messages. User and assistant take
turns, the user begins, no content is empty, and every tool call is answered in the next message.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from gaff.hooks.messages import Message
from gaff.hooks.values import JsonObject, is_object, text_at

#: What stands for the answer to a call of which no result was kept.
LOST_RESULT: Final = (
    "Interrupted: no result was kept. It may or may not have run; check before you run it again."
)
#: What stands for an answer that never came.
NO_ANSWER: Final = "[no answer: the request was interrupted]"


def repair(messages: Iterable[Message]) -> list[Message]:
    """Return the messages with everything mended; those that need nothing are the same objects."""
    mended: list[Message] = []
    for message in _joined(messages):
        if not mended and message.role == "assistant":
            continue
        calls = _call_ids(mended[-1]) if mended else ()
        content = _without_orphans(message, calls)
        if calls and message.role == "user":
            content = _with_lost(content, calls)
        if not content:
            continue
        if mended and mended[-1].role == message.role:
            content = (*mended.pop().content, *content)
        mended.append(message if content == message.content else Message(message.role, content))
    if mended and mended[-1].tool_calls:
        mended.append(Message("user", _with_lost((), _call_ids(mended[-1]))))
    return mended


def cleaned(content: Iterable[JsonObject]) -> tuple[JsonObject, ...]:
    """Leave out texts without a word, which servers refuse, in the content and in the tool results in it."""
    return tuple(_with_words(block) for block in content if not _is_empty(block))


def _with_words(block: JsonObject) -> JsonObject:
    inner = block.get("content")
    if block.get("type") != "tool_result" or isinstance(inner, str) or not isinstance(inner, Sequence):
        return block
    kept = [part for part in inner if not (is_object(part) and _is_empty(part))]
    return block if len(kept) == len(inner) else {**block, "content": kept or "(no output)"}


def _joined(messages: Iterable[Message]) -> list[Message]:
    joined: list[Message] = []
    for message in messages:
        content = cleaned(message.content)
        if joined and joined[-1].role == message.role:
            joined[-1] = Message(message.role, (*joined[-1].content, *content))
        elif content == message.content:
            joined.append(message)
        elif content:
            joined.append(Message(message.role, content))
    return joined


def _is_empty(block: JsonObject) -> bool:
    return block.get("type") == "text" and not text_at(block, "text").strip()


def _call_ids(message: Message) -> tuple[str, ...]:
    return tuple(call.id for call in message.tool_calls) if message.role == "assistant" else ()


def _without_orphans(message: Message, calls: Sequence[str]) -> tuple[JsonObject, ...]:
    if message.role == "assistant":
        return _unique_calls(message.content)
    answered: set[str] = set()
    kept: list[JsonObject] = []
    for block in message.content:
        if block.get("type") == "tool_result":
            identity = text_at(block, "tool_use_id")
            if identity not in calls or identity in answered:
                continue
            answered.add(identity)
        kept.append(block)
    # Results come first: a server refuses text before them.
    return tuple(sorted(kept, key=lambda block: block.get("type") != "tool_result"))


def _unique_calls(content: Sequence[JsonObject]) -> tuple[JsonObject, ...]:
    seen: set[str] = set()
    kept: list[JsonObject] = []
    for block in content:
        if block.get("type") == "tool_use":
            if text_at(block, "id") in seen:
                continue
            seen.add(text_at(block, "id"))
        kept.append(block)
    return tuple(kept)


def unanswered(message: Message, content: Sequence[JsonObject]) -> tuple[JsonObject, ...]:
    """Return results that say they were lost, for the calls of a message that ``content`` does not answer."""
    answered = {text_at(block, "tool_use_id") for block in content if block.get("type") == "tool_result"}
    return tuple(lost_result(call) for call in _call_ids(message) if call not in answered)


def _with_lost(content: Sequence[JsonObject], calls: Sequence[str]) -> tuple[JsonObject, ...]:
    answered = {text_at(block, "tool_use_id") for block in content if block.get("type") == "tool_result"}
    lost = tuple(lost_result(call) for call in calls if call not in answered)
    results = tuple(block for block in content if block.get("type") == "tool_result")
    rest = tuple(block for block in content if block.get("type") != "tool_result")
    return (*results, *lost, *rest)


def lost_result(call_id: str) -> JsonObject:
    """Return the result of a call of which none was kept."""
    return {"type": "tool_result", "tool_use_id": call_id, "content": LOST_RESULT, "is_error": True}
