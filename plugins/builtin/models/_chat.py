"""Requests of the Messages API as chat completions requests.

Source: platform.openai.com/docs/api-reference/chat. What the other protocol has no place for (thinking,
cache breakpoints, server tools) is left out; documents are named where they cannot be sent.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from gaff.hooks import (
    Json,
    JsonObject,
    Message,
    ModelRequest,
    content_text,
    encode,
    list_at,
    object_at,
    text_at,
)

from ._body import NOT_FOR_OTHERS, OWN_MEMBERS, MessageEncodings, check_extra, joined

_LONGEST_NAME: Final = 64


class ToolNames:
    """Tool names as the other protocol allows them, and back: 64 letters, digits, ``_`` and ``-``."""

    def __init__(self) -> None:
        self._ours: dict[str, str] = {}

    def there(self, name: str) -> str:
        """Return what the tool is called in requests."""
        there = re.sub(r"[^a-zA-Z0-9_-]", "_", name)
        if there != name or len(name) > _LONGEST_NAME:
            import hashlib

            mark = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
            there = f"{there[: _LONGEST_NAME - 9]}_{mark}"
        self._ours[there] = name
        return there

    def here(self, name: str) -> str:
        """Return which tool an answer means."""
        return self._ours.get(name, name)


class ChatBodyEncoder:
    """Makes the bodies of one model's requests; messages sent before are not translated again.

    ``limit_name`` is the member that limits the answer: OpenAI's own models want
    ``max_completion_tokens``, most other servers know ``max_tokens`` only.
    """

    def __init__(
        self, model: str, *, limit_name: str = "max_tokens", additions: JsonObject | None = None
    ) -> None:
        self._model = model
        self._limit_name = limit_name
        self._additions: JsonObject = additions or {}
        self._messages = MessageEncodings(self._encode_message)
        self._tools: tuple[JsonObject, ...] = ()
        self._tools_encoded = b""
        self.names = ToolNames()
        #: Ids of the tool calls in the conversation; the server must not use one of them again.
        self.call_ids: set[str] = set()

    def encode(self, request: ModelRequest) -> bytes:
        """Return the request as a chat completions body.

        Raises:
            ModelError: ``request.extra`` holds a member that is not handed through.
        """
        extra = {name: value for name, value in request.extra.items() if name not in NOT_FOR_OTHERS}
        check_extra(extra)
        head: JsonObject = {
            "model": self._model,
            self._limit_name: request.max_tokens,
            "stream": True,
            "stream_options": {"include_usage": True},
            **extra,
            **{name: value for name, value in self._additions.items() if name not in OWN_MEMBERS},
        }
        system = "\n\n".join(text_at(block, "text") for block in request.system)
        first = [encode({"role": "system", "content": system})] if system else []
        opening = (encode(head)[:-1], self._encode_tools(request.tools))
        return joined(opening, first + self._messages.of(request.messages))

    def _encode_tools(self, tools: tuple[JsonObject, ...]) -> bytes:
        if tools != self._tools:
            functions = [self._function(tool) for tool in tools if "input_schema" in tool]
            self._tools_encoded = b',"tools":' + encode(functions) if functions else b""
            self._tools = tools
        return self._tools_encoded

    def _function(self, tool: JsonObject) -> JsonObject:
        function: JsonObject = {
            "name": self.names.there(text_at(tool, "name")),
            "description": text_at(tool, "description"),
            "parameters": object_at(tool, "input_schema"),
        }
        return {"type": "function", "function": function}

    def _encode_message(self, message: Message) -> bytes:
        translated = self._assistant(message) if message.role == "assistant" else _user(message)
        return b",".join(encode(part) for part in translated)

    def _assistant(self, message: Message) -> Iterator[JsonObject]:
        text = "".join(text_at(block, "text") for block in message.content if block.get("type") == "text")
        calls: list[JsonObject] = []
        for call in message.tool_calls:
            self.call_ids.add(call.id)
            arguments = encode(call.input).decode("utf-8", "surrogatepass")
            function: JsonObject = {"name": self.names.there(call.name), "arguments": arguments}
            calls.append({"id": call.id, "type": "function", "function": function})
        if calls:
            yield {"role": "assistant", "content": text, "tool_calls": calls}
        elif text:
            yield {"role": "assistant", "content": text}


def _user(message: Message) -> Iterator[JsonObject]:
    """Yield the tool results, each a message of its own, then what the user said, pictures included."""
    parts: list[JsonObject] = []
    for block in message.content:
        if block.get("type") == "tool_result":
            text, pictures = _result(block)
            yield {"role": "tool", "tool_call_id": text_at(block, "tool_use_id"), "content": text}
            parts += pictures
        elif part := _part(block):
            parts.append(part)
    if parts and all(part.get("type") == "text" for part in parts):
        yield {"role": "user", "content": "\n\n".join(text_at(part, "text") for part in parts)}
    elif parts:
        yield {"role": "user", "content": parts}


def _result(block: JsonObject) -> tuple[str, list[JsonObject]]:
    """Return the text of a tool result, and its pictures, which tool messages cannot hold."""
    content = block.get("content")
    blocks = _blocks(content)
    text = content_text(content if isinstance(content, str) else blocks)
    parts = [part for item in blocks if item.get("type") != "text" and (part := _part(item))]
    text += "".join(f"\n{text_at(part, 'text')}" for part in parts if part.get("type") == "text")
    pictures = [part for part in parts if part.get("type") != "text"]
    if pictures:
        text += "\n[The picture follows in the next message.]"
    text = text.strip("\n") or "(no output)"
    return (f"Error: {text}" if block.get("is_error") and not text.startswith("Error") else text), pictures


def _part(block: JsonObject) -> JsonObject | None:
    """Return a content part for a block; ``None`` for one that the model need not see."""
    kind = block.get("type")
    source = object_at(block, "source")
    if kind == "text":
        return {"type": "text", "text": text_at(block, "text")} if block.get("text") else None
    if kind == "image":
        return {"type": "image_url", "image_url": {"url": _address(source)}}
    if kind == "document" and source.get("type") == "text":
        return {"type": "text", "text": text_at(source, "data")}
    if kind in ("thinking", "redacted_thinking"):
        return None
    name = text_at(block, "title") or text_at(source, "media_type") or "no name"
    return {
        "type": "text",
        "text": f"[A {kind} block ({name}) was left out: this model's server cannot take it.]",
    }


def _address(source: JsonObject) -> str:
    if source.get("type") == "url":
        return text_at(source, "url")
    return f"data:{text_at(source, 'media_type')};base64,{text_at(source, 'data')}"


def _blocks(content: Json) -> Sequence[JsonObject]:
    return [item for item in list_at({"content": content}, "content") if isinstance(item, Mapping)]
