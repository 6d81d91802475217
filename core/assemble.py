"""Puts an answer together from its stream events, and trusts none of them.

Unknown events and deltas are passed over; an impossible order ends the stream. A tool call counts
only when its block was closed, and its JSON is an object that reads the same way everywhere.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import uuid4

from gaff.hooks.errors import ModelError
from gaff.hooks.messages import ToolCall, Usage
from gaff.hooks.stream import Delta
from gaff.hooks.values import Json, JsonObject, is_object, number_at, object_at, text_at

#: Nesting of a tool input; deeper ones are refused.
_DEEPEST: Final = 64
#: Characters of a broken input that the model is shown again.
_SHOWN: Final = 200


@dataclass
class _Block:
    """A content block under way."""

    start: JsonObject
    pieces: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    closed: bool = False

    def joined(self, name: str) -> str:
        return "".join(self.pieces.get(name, ()))


class Assembly:
    """One answer under way. ``unique`` turns a call's id into one the conversation has not seen."""

    def __init__(self, unique: Callable[[str], str]) -> None:
        self._unique = unique
        self._id = f"msg_{uuid4().hex}"
        self._blocks: dict[int, _Block] = {}
        self._start: JsonObject | None = None
        self._usage: dict[str, int] = {}
        self._calls: dict[int, ToolCall] = {}
        self.stop_reason: str | None = None
        self.finished = False

    def feed(self, event: JsonObject) -> Delta | None:
        """Take one event; return the new text in it, if any.

        Raises:
            ModelError: the event cannot come at this point, or reports an error.
        """
        kind = text_at(event, "type")
        if kind == "message_start":
            self._begin(object_at(event, "message"))
        elif kind == "content_block_start":
            self._open(number_at(event, "index", -1), object_at(event, "content_block"))
        elif kind == "content_block_delta":
            return self._delta(self._open_block(event), object_at(event, "delta"))
        elif kind == "content_block_stop":
            self._close(number_at(event, "index", -1), self._open_block(event))
        elif kind == "message_delta":
            self.stop_reason = text_at(object_at(event, "delta"), "stop_reason") or self.stop_reason
            self._count(object_at(event, "usage"))
        elif kind == "message_stop":
            self._finish()
        return None

    @property
    def id(self) -> str:
        """The message's id: the server's, or one made here where it gave none."""
        return text_at(self._start or {}, "id") or self._id

    @property
    def usage(self) -> Usage:
        """Tokens, as far as the server told them."""
        return Usage(**self._usage)

    @property
    def calls(self) -> tuple[ToolCall, ...]:
        """The closed tool calls, in order."""
        return tuple(self._calls[index] for index in sorted(self._calls))

    @property
    def cut_call(self) -> str | None:
        """The name of a tool call that was begun and not closed."""
        for block in self._blocks.values():
            if block.start.get("type") == "tool_use" and not block.closed:
                return text_at(block.start, "name")
        return None

    def content(self) -> tuple[JsonObject, ...]:
        """Return what can be kept: closed blocks, and the text of one that was cut off."""
        blocks = (self._content(index, self._blocks[index]) for index in sorted(self._blocks))
        return tuple(block for block in blocks if block is not None)

    def message(self, model: str) -> JsonObject:
        """Return the API's message object, as far as it got."""
        start = self._start or {}
        return {
            "id": self.id,
            "type": "message",
            "role": "assistant",
            "model": text_at(start, "model", model),
            "content": list(self.content()),
            "stop_reason": self.stop_reason,
            "stop_sequence": None,
            "usage": {**object_at(start, "usage"), **self.usage.to_json()},
        }

    def _begin(self, message: JsonObject) -> None:
        if self._start is not None:
            raise ModelError("malformed_stream", "the server began a second message in one answer")
        self._start = message
        self._count(object_at(message, "usage"))

    def _count(self, usage: JsonObject) -> None:
        for name in (
            "input_tokens",
            "output_tokens",
            "cache_creation_input_tokens",
            "cache_read_input_tokens",
        ):
            value = usage.get(name)
            if isinstance(value, int) and value >= 0:
                self._usage[name] = value

    def _open(self, index: int, block: JsonObject) -> None:
        if self._start is None or index < 0 or index in self._blocks:
            raise ModelError(
                "malformed_stream", f"the server opened content block {index} at an impossible point"
            )
        self._blocks[index] = _Block(block)

    def _open_block(self, event: JsonObject) -> _Block:
        index = number_at(event, "index", -1)
        block = self._blocks.get(index)
        if block is None or block.closed:
            raise ModelError(
                "malformed_stream", f"the server sent to content block {index}, which is not open"
            )
        return block

    def _delta(self, block: _Block, delta: JsonObject) -> Delta | None:
        kind = text_at(delta, "type")
        name = _DELTAS.get(kind)
        if name is None:
            return None
        piece = text_at(delta, name)
        block.pieces.setdefault(name, []).append(piece)
        if kind == "text_delta":
            return Delta("text", piece)
        return Delta("thinking", piece) if kind == "thinking_delta" else None

    def _close(self, index: int, block: _Block) -> None:
        block.closed = True
        if block.start.get("type") == "tool_use":
            self._calls[index] = self._call(block)

    def _call(self, block: _Block) -> ToolCall:
        identity = self._unique(text_at(block.start, "id"))
        name = text_at(block.start, "name")
        encoded = block.joined("partial_json")
        if not encoded.strip():
            return ToolCall(identity, name, object_at(block.start, "input"))
        try:
            return ToolCall(identity, name, parse_input(encoded))
        except ValueError as fault:
            return ToolCall(identity, name, {}, f"{fault}. You sent: {encoded[:_SHOWN]}")

    def _content(self, index: int, block: _Block) -> JsonObject | None:
        kind = block.start.get("type")
        if kind == "text":
            text = text_at(block.start, "text") + block.joined("text")
            return {**block.start, "text": text} if text.strip() else None
        if not block.closed:
            return None
        if kind == "thinking":
            thinking = text_at(block.start, "thinking") + block.joined("thinking")
            signature = text_at(block.start, "signature") + block.joined("signature")
            return {**block.start, "thinking": thinking, "signature": signature}
        if kind == "tool_use":
            call = self._calls[index]
            return {**block.start, "id": call.id, "input": call.input}
        return block.start

    def _finish(self) -> None:
        still_open = any(not block.closed for block in self._blocks.values())
        # An answer that reached the output limit may end inside a block; any other is broken.
        if self._start is None or (still_open and self.stop_reason != "max_tokens"):
            raise ModelError(
                "malformed_stream", "the server ended its answer with a content block still open"
            )
        self.finished = True


_DELTAS: Final[Mapping[str, str]] = {
    "text_delta": "text",
    "thinking_delta": "thinking",
    "signature_delta": "signature",
    "input_json_delta": "partial_json",
}


def parse_input(encoded: str) -> JsonObject:
    """Read a tool input.

    Raises:
        ValueError: it is no JSON object, names a key twice, is nested too deep, or holds half a
            character; what one reader makes of such input another may not.
    """
    try:
        value: Any = json.loads(encoded, object_pairs_hook=_object, parse_constant=_refuse_constant)
    except RecursionError as fault:
        raise ValueError("the input is nested too deep") from fault
    except json.JSONDecodeError as fault:
        raise ValueError(f"the input is not valid JSON ({fault.msg} at character {fault.pos})") from fault
    if not is_object(value):
        raise ValueError("the input must be a JSON object")
    _check(value, 0)
    return value


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    made = dict(pairs)
    if len(made) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the input names {twice!r} twice")
    return made


def _refuse_constant(name: str) -> Json:
    raise ValueError(f"the input holds {name}, which is not JSON")


def _check(value: Json, depth: int) -> None:
    if depth > _DEEPEST:
        raise ValueError("the input is nested too deep")
    if isinstance(value, str):
        if any("\ud800" <= character <= "\udfff" for character in value):
            raise ValueError("the input holds half of a surrogate pair")
    elif isinstance(value, Mapping):
        for key, item in value.items():
            _check(key, depth + 1)
            _check(item, depth + 1)
    elif isinstance(value, Sequence):
        for item in value:
            _check(item, depth + 1)
