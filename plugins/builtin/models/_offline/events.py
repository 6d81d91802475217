"""A step or a reply as the stream events of the Messages API."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from typing import Final

from gaff.hooks import JsonObject, ModelRequest, Usage, encode

from .plan import CALL, REVERSING, Reply, Step

#: A piece of text that is streamed at once: a word and the blanks after it.
WORD: Final = re.compile(r"\s*\S+\s*|\s+")
#: Bytes of JSON or text that make a token, by rule of thumb.
TOKEN_BYTES: Final = 4


class Estimator:
    """Estimates tokens. Keeps the size of tools and system prompt, which stay the same in a session."""

    def __init__(self) -> None:
        self._prefix: tuple[object, object, int] = (None, None, 0)

    def input_tokens(self, request: ModelRequest) -> int:
        """Return how many tokens a model would make of the request, roughly."""
        tools, system, size = self._prefix
        if tools is not request.tools or system is not request.system:
            size = len(encode(request.tools)) + len(encode(request.system))
            self._prefix = (request.tools, request.system, size)
        return (size + sum(len(message.encoded) for message in request.messages)) // TOKEN_BYTES

    @staticmethod
    def output_tokens(step: Step | Reply) -> int:
        """Return how many tokens the answer would be, roughly."""
        if isinstance(step, Reply):
            return max(1, len(step.text.encode("utf-8", "replace")) // TOKEN_BYTES)
        calls = sum(len(encode(call.input)) + len(call.name) for call in step.calls)
        return max(1, (calls + len(step.say.encode("utf-8", "replace"))) // TOKEN_BYTES)


def stream_events(
    step: Step | Reply, request: ModelRequest, model: str, usage: Usage
) -> Iterator[JsonObject]:
    """Yield the events of one answer. Ids go by the conversation, so that the same request is answered the same."""
    identity = _identity(request)
    text, calls = (step.text, ()) if isinstance(step, Reply) else (step.say, step.calls)
    yield {
        "type": "message_start",
        "message": {
            "id": f"msg_offline_{identity}",
            "type": "message",
            "role": "assistant",
            "model": model,
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": {**usage.to_json(), "output_tokens": 1},
        },
    }
    prefix = REVERSING if isinstance(step, Step) and step.reverses else CALL
    index = 0
    if text or not calls:
        yield from _block(index, {"type": "text", "text": ""}, _text_deltas(text or "Done."))
        index += 1
    for number, call in enumerate(calls):
        start: JsonObject = {
            "type": "tool_use",
            "id": f"{prefix}{identity}_{number}",
            "name": call.name,
            "input": {},
        }
        delta = {"type": "input_json_delta", "partial_json": json.dumps(call.input, ensure_ascii=False)}
        yield from _block(index + number, start, iter((delta,)))
    stop = "tool_use" if calls else "end_turn"
    yield {
        "type": "message_delta",
        "delta": {"stop_reason": stop, "stop_sequence": None},
        "usage": {"output_tokens": usage.output_tokens},
    }
    yield {"type": "message_stop"}


def _block(index: int, start: JsonObject, deltas: Iterator[JsonObject]) -> Iterator[JsonObject]:
    yield {"type": "content_block_start", "index": index, "content_block": start}
    for delta in deltas:
        yield {"type": "content_block_delta", "index": index, "delta": delta}
    yield {"type": "content_block_stop", "index": index}


def _text_deltas(text: str) -> Iterator[JsonObject]:
    for word in WORD.findall(text):
        yield {"type": "text_delta", "text": word}


def _identity(request: ModelRequest) -> str:
    """Return what tells this request from the others of its conversation."""
    last = request.messages[-1].encoded if request.messages else b""
    return hashlib.blake2b(last, digest_size=8, person=str(len(request.messages)).encode()[:16]).hexdigest()
