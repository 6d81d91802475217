"""Replies in the shapes of the Messages API: as stream events, or as one message.

Source of the shapes: the types of the ``anthropic`` package, platform.claude.com/docs/en/api/messages-streaming.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

from gaff.hooks import Json, JsonObject, Usage

from .replies import Call, Malformed, MalformedKind, Other, Part, Reply, Text, Thinking
from .timeline import Send, SendRaw, Step, pieces, timeline

PING: JsonObject = {"type": "ping"}


@dataclass(frozen=True)
class Envelope:
    """What the message around the blocks says. ``usage`` counts the whole answer."""

    id: str
    model: str
    usage: Usage


def usage_object(usage: Usage, reply: Reply, *, output: int | None = None) -> dict[str, Json]:
    """Return the usage object; the members the reply names win."""
    created = usage.cache_creation_input_tokens
    found: dict[str, Json] = {
        **usage.to_json(),
        "cache_creation": {"ephemeral_5m_input_tokens": created, "ephemeral_1h_input_tokens": 0},
        "service_tier": "standard",
    }
    if output is not None:
        found["output_tokens"] = output
    return found | dict(reply.usage)


def block_of(part: Part, id: str) -> JsonObject:
    """Return the finished content block. A tool input that is no JSON object becomes an empty one."""
    match part:
        case Text(text):
            return {"type": "text", "text": text}
        case Thinking(text):
            return {"type": "thinking", "thinking": text, "signature": part.signature}
        case Call(name, input_json, given):
            return {"type": "tool_use", "id": given or id, "name": name, "input": _parsed(input_json)}
        case Other(block):
            return block


def _parsed(text: str) -> JsonObject:
    try:
        value: object = json.loads(text)
    except ValueError:
        return {}
    return cast("JsonObject", value) if isinstance(value, dict) else {}


def call_id(envelope: Envelope, index: int) -> str:
    """Return the id of the call at this place; unique within a server."""
    return f"toolu_{envelope.id.removeprefix('msg_')}_{index}"


def content_of(reply: Reply, envelope: Envelope) -> list[Json]:
    """Return the finished content blocks."""
    return [block_of(part, call_id(envelope, index)) for index, part in enumerate(reply.parts)]


def message_object(reply: Reply, envelope: Envelope) -> dict[str, Json]:
    """Return the reply as the message object of a request that did not stream."""
    return {
        "id": envelope.id,
        "type": "message",
        "role": "assistant",
        "model": envelope.model,
        "content": content_of(reply, envelope),
        "stop_reason": reply.reason,
        "stop_sequence": None,
        "usage": usage_object(envelope.usage, reply),
    }


def message_events(reply: Reply, envelope: Envelope) -> list[JsonObject]:
    """Return the reply as the events of a stream without a fault."""
    start = message_object(reply, envelope)
    start |= {"content": (), "stop_reason": None, "usage": usage_object(envelope.usage, reply, output=1)}
    events: list[JsonObject] = [{"type": "message_start", "message": start}, PING]
    for index, part in enumerate(reply.parts):
        events += _block_events(part, index, call_id(envelope, index))
    delta: JsonObject = {"stop_reason": reply.reason, "stop_sequence": None}
    totals = usage_object(envelope.usage, reply)
    counted = {key: value for key, value in totals.items() if key.endswith("_tokens")}
    events.append({"type": "message_delta", "delta": delta, "usage": counted})
    events.append({"type": "message_stop"})
    return events


def _block_events(part: Part, index: int, id: str) -> Iterator[JsonObject]:
    yield {"type": "content_block_start", "index": index, "content_block": _opening(part, id)}
    for delta in _deltas(part):
        yield {"type": "content_block_delta", "index": index, "delta": delta}
    yield {"type": "content_block_stop", "index": index}


def _opening(part: Part, id: str) -> JsonObject:
    block = block_of(part, id)
    empty: dict[str, Json] = {
        "text": {"text": ""},
        "thinking": {"thinking": "", "signature": ""},
        "tool_use": {"input": {}},
    }
    opened = empty.get(str(block["type"])) if not isinstance(part, Other) else None
    return {**block, **opened} if isinstance(opened, dict) else block


def _deltas(part: Part) -> Iterator[JsonObject]:
    match part:
        case Text(text):
            yield from ({"type": "text_delta", "text": piece} for piece in pieces(text))
        case Thinking(text):
            yield from ({"type": "thinking_delta", "thinking": piece} for piece in pieces(text))
            yield {"type": "signature_delta", "signature": part.signature}
        case Call(input_json=text):
            yield {"type": "input_json_delta", "partial_json": ""}
            yield from ({"type": "input_json_delta", "partial_json": piece} for piece in pieces(text))
        case Other():
            return


def message_steps(reply: Reply, envelope: Envelope) -> list[Step]:
    """Return the reply as steps of a stream, its fault included."""
    steps: list[Step] = [Send(event) for event in message_events(reply, envelope)]
    if isinstance(reply.fault, Malformed):
        steps = malform(steps, reply.fault.kind)
    return timeline(steps, reply, Send(PING))


def malform(steps: list[Step], kind: MalformedKind) -> list[Step]:
    """Break the protocol of a stream in this way, after the first text delta where there is a choice."""
    at = next((place for place, step in enumerate(steps) if _is_delta(step)), len(steps) - 1)
    before, after = steps[: at + 1], steps[at + 1 :]
    stray: JsonObject = {
        "type": "content_block_delta",
        "index": 7,
        "delta": {"type": "text_delta", "text": "stray"},
    }
    strange: JsonObject = {
        "type": "content_block_delta",
        "index": 0,
        "delta": {"type": "glow_delta", "glow": 1},
    }
    match kind:
        case "bad_json":
            return [*before, SendRaw(b'event: content_block_delta\ndata: {"type": "content_\n\n'), *after]
        case "bom":
            return [SendRaw(b"\xef\xbb\xbf"), *steps]
        case "comments":
            return [item for step in steps for item in (SendRaw(b": keep-alive\n\n"), step)]
        case "delta_without_start":
            return [*before, Send(stray), *after]
        case "huge_line":
            return [*before, SendRaw(b"data: " + b"x" * 64 * 1024 * 1024), *after]
        case "no_message_start":
            return steps[1:]
        case "stop_twice":
            return [*steps[:-2], *steps[-3:]]
        case "two_starts":
            return [steps[0], *steps]
        case "unknown_delta":
            return [*before, Send(strange), *after]
        case "unknown_event":
            return [*before, Send({"type": "glow", "note": "an event of a later version"}), *after]


def _is_delta(step: Step) -> bool:
    return isinstance(step, Send) and step.event.get("type") == "content_block_delta"
