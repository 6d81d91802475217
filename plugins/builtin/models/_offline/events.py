"""A step or a reply as the stream events of the Messages API."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from typing import Final

from gaff.hooks import JsonObject, ModelRequest, Usage

from .plan import CALL, REVERSING, Call, Reply, Step

#: A piece of text that is streamed at once: a word and the blanks after it.
WORD: Final = re.compile(r"\s*\S+\s*|\s+")


def stream_events(
    step: Step | Reply, request: ModelRequest, model: str, usage: Usage
) -> Iterator[JsonObject]:
    """Yield the events of one answer. Ids go by the conversation, so that the same request is answered the same."""
    identity = _identity(request)
    yield {"type": "message_start", "message": _envelope(identity, model, usage)}
    blocks: list[tuple[JsonObject, Iterator[JsonObject]]] = []
    if step.words:
        blocks.append(({"type": "text", "text": ""}, _text_deltas(step.words)))
    prefix = REVERSING if isinstance(step, Step) and step.reverses else CALL
    for number, call in enumerate(step.calls):
        blocks.append(_call_block(f"{prefix}{identity}_{number}", call))
    for index, (start, deltas) in enumerate(blocks):
        yield {"type": "content_block_start", "index": index, "content_block": start}
        for delta in deltas:
            yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}
    yield {
        "type": "message_delta",
        "delta": {"stop_reason": _stop_reason(step), "stop_sequence": None},
        "usage": {"output_tokens": usage.output_tokens},
    }
    yield {"type": "message_stop"}


def _stop_reason(step: Step | Reply) -> str:
    """Return why the answer ends; ``refusal`` where the request was not understood, so that scripts can tell."""
    if isinstance(step, Reply) and not step.done:
        return "refusal"
    return "tool_use" if step.calls else "end_turn"


def _envelope(identity: str, model: str, usage: Usage) -> JsonObject:
    return {
        "id": f"msg_offline_{identity}",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {**usage.to_json(), "output_tokens": 1},
    }


def _call_block(identity: str, call: Call) -> tuple[JsonObject, Iterator[JsonObject]]:
    """Return how a tool call begins, and its input as one piece of JSON."""
    start: JsonObject = {"type": "tool_use", "id": identity, "name": call.name, "input": {}}
    piece = json.dumps(call.input, ensure_ascii=False)
    return start, iter(({"type": "input_json_delta", "partial_json": piece},))


def _text_deltas(text: str) -> Iterator[JsonObject]:
    for word in WORD.findall(text):
        yield {"type": "text_delta", "text": word}


def _identity(request: ModelRequest) -> str:
    """Return what tells this request from the others of its conversation."""
    last = request.messages[-1].encoded if request.messages else b""
    return hashlib.blake2b(last, digest_size=8, person=str(len(request.messages)).encode()[:16]).hexdigest()
