"""Answers of the Messages API as bytes, for the canned server."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any


def http(events: Iterable[Mapping[str, Any]]) -> bytes:
    """Return a whole HTTP response that streams these events."""
    body = b"".join(
        b"event: " + event["type"].encode() + b"\ndata: " + json.dumps(event).encode() + b"\n\n"
        for event in events
    )
    head = f"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body


def say(*pieces: str) -> bytes:
    """Return an answer of one text block, a delta for each piece."""
    return http(
        [
            _start(),
            {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
            *(
                {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": piece}}
                for piece in pieces
            ),
            {"type": "content_block_stop", "index": 0},
            *_end("end_turn"),
        ]
    )


def call(name: str, *inputs: Mapping[str, Any], first: int = 0) -> bytes:
    """Return an answer that calls a tool once for each input."""
    events = [_start()]
    for index, given in enumerate(inputs):
        block: dict[str, Any] = {
            "type": "tool_use",
            "id": f"toolu_{first + index}",
            "name": name,
            "input": {},
        }
        delta = {"type": "input_json_delta", "partial_json": json.dumps(given)}
        events += [
            {"type": "content_block_start", "index": index, "content_block": block},
            {"type": "content_block_delta", "index": index, "delta": delta},
            {"type": "content_block_stop", "index": index},
        ]
    return http([*events, *_end("tool_use")])


def _start() -> dict[str, Any]:
    usage = {"input_tokens": 10, "output_tokens": 1}
    message: dict[str, Any] = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "bench",
        "content": [],
        "usage": usage,
    }
    return {"type": "message_start", "message": message}


def _end(stop_reason: str) -> list[dict[str, Any]]:
    return [
        {"type": "message_delta", "delta": {"stop_reason": stop_reason}, "usage": {"output_tokens": 5}},
        {"type": "message_stop"},
    ]
