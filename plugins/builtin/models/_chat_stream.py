"""Answers of chat completions as stream events of the Messages API.

The two differ in shape: there, deltas of several tool calls may come in any order and a chunk may
hold anything; here, blocks follow one another. Servers differ too: some send a whole tool call at
once, some without an id, some all under one index, some call a turn with tool calls ``stop``.
"""

from __future__ import annotations

import json
import os
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final

from gaff.hooks import Json, JsonObject, content_text, list_at, number_at, object_at, text_at

from ._chat import ToolNames
from ._stream import Answer

_STOP_REASONS: Final[Mapping[str, str]] = {
    "content_filter": "refusal",
    "function_call": "tool_use",
    "length": "max_tokens",
    "stop": "end_turn",
    "tool_calls": "tool_use",
}


@dataclass
class _Call:
    """A tool call under way."""

    key: int
    server_id: str
    name: str = ""
    arguments: str = ""
    #: The index of its block once that has begun.
    block: int | None = None
    done: bool = False

    @property
    def complete(self) -> bool:
        """Whether the arguments are whole."""
        try:
            json.loads(self.arguments)
        except (ValueError, RecursionError):
            return False
        return True

    @property
    def whole(self) -> bool:
        """Whether its block has begun and holds whole arguments, so that the next may begin."""
        return self.block is not None and self.complete


class ChatTranslator:
    """Turns the chunks of one answer into events, one after another."""

    def __init__(self, model: str, names: ToolNames, taken: set[str]) -> None:
        self._model = model
        self._names = names
        self._taken = set(taken)
        self._started = False
        self._blocks = 0
        #: Type of the block that is open; empty for none.
        self._open = ""
        self._calls: list[_Call] = []
        self._finish = ""
        self._usage: JsonObject = {}

    @property
    def finished(self) -> bool:
        """Whether the server said why the answer ends; without that it was cut."""
        return bool(self._finish)

    def take(self, chunk: JsonObject) -> Iterator[JsonObject]:
        """Yield the events that this chunk means.

        Raises:
            ValueError: the chunk cannot follow the last one.
        """
        if not self._started:
            self._started = True
            yield self._message_start(chunk)
        if usage := object_at(chunk, "usage"):
            self._usage = usage
        for choice in list_at(chunk, "choices")[:1]:
            if isinstance(choice, Mapping):
                yield from self._take_delta(object_at(choice, "delta"))
                self._finish = text_at(choice, "finish_reason") or self._finish

    def end(self) -> Iterator[JsonObject]:
        """Yield the events that end the answer."""
        yield from self._close()
        for call in self._calls:
            if not call.done:
                yield from self._begin_call(call)
                yield from self._close()
        reason = _STOP_REASONS.get(self._finish, "end_turn")
        if self._calls and reason == "end_turn":
            reason = "tool_use"
        delta: JsonObject = {"stop_reason": reason, "stop_sequence": None}
        yield {"type": "message_delta", "delta": delta, "usage": _usage(self._usage)}
        yield {"type": "message_stop"}

    def _message_start(self, chunk: JsonObject) -> JsonObject:
        message: JsonObject = {
            "id": text_at(chunk, "id") or f"msg_{_fresh()}",
            "type": "message",
            "role": "assistant",
            "model": text_at(chunk, "model") or self._model,
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": _usage({}),
        }
        return {"type": "message_start", "message": message}

    def _take_delta(self, delta: JsonObject) -> Iterator[JsonObject]:
        for kind, text in _texts(delta):
            if text:
                yield from self._text(kind, text)
        for part in list_at(delta, "tool_calls"):
            if isinstance(part, Mapping):
                yield from self._take_call(part)

    def _text(self, kind: str, text: str) -> Iterator[JsonObject]:
        if self._open != kind:
            yield from self._close()
            yield self._begin(kind, {"type": kind, kind: ""})
        yield self._delta({"type": f"{kind}_delta", kind: text})

    def _take_call(self, part: JsonObject) -> Iterator[JsonObject]:
        """Take a piece of a tool call: of the one whose block is open, or of one that has to wait."""
        function = object_at(part, "function")
        given = function.get("arguments")
        piece = given if isinstance(given, str) else json.dumps(given) if given else ""
        call = self._call_of(part, begins=bool(piece and text_at(function, "name")))
        call.name = call.name or text_at(function, "name")
        call.arguments += piece
        if call.done:
            if piece.strip():
                raise ValueError("a tool call went on after its end")
        elif call.block is not None:
            yield self._delta({"type": "input_json_delta", "partial_json": piece})
        elif call.name and all(other.done or other.whole for other in self._calls if other is not call):
            yield from self._begin_call(call)

    def _call_of(self, part: JsonObject, *, begins: bool) -> _Call:
        """Return the call that a piece belongs to.

        A new index or id begins a new one; without ids, so does a name after whole arguments.
        """
        key, server_id = number_at(part, "index", len(self._calls) - 1), text_at(part, "id")
        for call in reversed(self._calls):
            if call.key == key and server_id in ("", call.server_id):
                if begins and not server_id and call.complete:
                    break
                return call
        call = _Call(key, server_id)
        self._calls.append(call)
        return call

    def _begin_call(self, call: _Call) -> Iterator[JsonObject]:
        yield from self._close()
        call_id = (
            call.server_id if call.server_id and call.server_id not in self._taken else f"call_{_fresh()}"
        )
        self._taken.add(call_id)
        call.block = self._blocks
        block: JsonObject = {
            "type": "tool_use",
            "id": call_id,
            "name": self._names.here(call.name),
            "input": {},
        }
        yield self._begin("tool_use", block)
        if call.arguments:
            yield self._delta({"type": "input_json_delta", "partial_json": call.arguments})

    def _begin(self, kind: str, block: JsonObject) -> JsonObject:
        self._open = kind
        return {"type": "content_block_start", "index": self._blocks, "content_block": block}

    def _delta(self, delta: JsonObject) -> JsonObject:
        return {"type": "content_block_delta", "index": self._blocks, "delta": delta}

    def _close(self) -> Iterator[JsonObject]:
        """End the block that is open."""
        if not self._open:
            return
        for call in self._calls:
            call.done = call.done or call.block is not None
        self._open = ""
        yield {"type": "content_block_stop", "index": self._blocks}
        self._blocks += 1


async def chat_events(answer: Answer, translator: ChatTranslator) -> AsyncGenerator[JsonObject]:
    """Yield the events of a chat completions stream.

    Raises:
        ModelError: as ``Answer.events``, or the stream ends without a reason.
    """
    async with aclosing(answer.events()) as chunks:
        async for chunk in chunks:
            try:
                events = list(translator.take(chunk))
            except ValueError as fault:
                raise answer.malformed(str(fault)) from fault
            for event in events:
                yield event
    if not translator.finished:
        raise answer.cut()
    for event in translator.end():
        yield event
    await answer.drain()


def _fresh() -> str:
    return os.urandom(16).hex()


def _texts(delta: JsonObject) -> Iterator[tuple[str, str]]:
    """Yield what a delta says, as (block type, text); some servers send lists of typed parts."""
    yield "thinking", text_at(delta, "reasoning_content") or text_at(delta, "reasoning")
    yield "text", text_at(delta, "content") or text_at(delta, "refusal")
    for part in list_at(delta, "content"):
        if isinstance(part, Mapping) and part.get("type") == "thinking":
            yield (
                "thinking",
                content_text([item for item in list_at(part, "thinking") if isinstance(item, Mapping)]),
            )
        elif isinstance(part, Mapping):
            yield "text", text_at(part, "text")


def _usage(usage: JsonObject) -> JsonObject:
    """Return the usage of a chunk as the Messages API counts: what came from the cache is not input."""
    cached = number_at(object_at(usage, "prompt_tokens_details"), "cached_tokens")
    counted: dict[str, Json] = {
        "input_tokens": max(0, number_at(usage, "prompt_tokens") - cached),
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": cached,
        "output_tokens": number_at(usage, "completion_tokens"),
    }
    return counted
