"""Messages in the shape of Anthropic's Messages API.

Content blocks stay plain JSON objects: what a server sent goes back to it unchanged, block types
that gaff does not know included. Source: platform.claude.com/docs/en/api/messages.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypeAlias

from .values import JsonObject, object_at, text_at

Role: TypeAlias = Literal["user", "assistant"]
#: Whose words a prompt is. Source: the documented ``origin.kind`` of messages of the Agent SDK.
PromptOrigin: TypeAlias = Literal[
    "human",
    "channel",
    "peer",
    "task-notification",
    "coordinator",
    "auto-continuation",
    "observer",
    "observer-activity",
    "unclassified",
]


def encode(value: object) -> bytes:
    """Encode JSON the one way gaff does, so that equal values give equal bytes."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def text_block(text: str) -> JsonObject:
    """Return a text content block."""
    return {"type": "text", "text": text}


@dataclass(frozen=True)
class Message:
    """One message of the conversation. Never changed once made: a request extends the last one."""

    role: Role
    content: tuple[JsonObject, ...]

    @staticmethod
    def user(text: str) -> Message:
        """Return a user message that holds this text."""
        return Message("user", (text_block(text),))

    @cached_property
    def encoded(self) -> bytes:
        """The message as JSON bytes, made once."""
        return encode({"role": self.role, "content": self.content})

    @property
    def text(self) -> str:
        """The text blocks, joined."""
        return "".join(text_at(block, "text") for block in self.content if block.get("type") == "text")

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        """The tool calls an assistant message asks for, in order."""
        return tuple(ToolCall.of_block(block) for block in self.content if block.get("type") == "tool_use")

    def to_json(self) -> JsonObject:
        """Return the message as the API takes it."""
        return {"role": self.role, "content": list(self.content)}


@dataclass(frozen=True)
class ToolCall:
    """A tool call as the model asked for it."""

    id: str
    name: str
    input: JsonObject
    #: Why the input cannot be used, where the model's JSON was broken; the tool is then not run.
    fault: str | None = None

    @staticmethod
    def of_block(block: JsonObject) -> ToolCall:
        """Read a ``tool_use`` content block."""
        return ToolCall(text_at(block, "id"), text_at(block, "name"), object_at(block, "input"))


@dataclass(frozen=True)
class Usage:
    """Tokens of one request or of many, as the API counts them."""

    input_tokens: int = 0
    output_tokens: int = 0
    cache_creation_input_tokens: int = 0
    cache_read_input_tokens: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            self.cache_creation_input_tokens + other.cache_creation_input_tokens,
            self.cache_read_input_tokens + other.cache_read_input_tokens,
        )

    @property
    def context(self) -> int:
        """Tokens the request occupied in the model's window, the answer included."""
        return (
            self.input_tokens
            + self.output_tokens
            + self.cache_creation_input_tokens
            + self.cache_read_input_tokens
        )

    def to_json(self) -> JsonObject:
        """Return the usage object of the API."""
        return {
            "input_tokens": self.input_tokens,
            "cache_creation_input_tokens": self.cache_creation_input_tokens,
            "cache_read_input_tokens": self.cache_read_input_tokens,
            "output_tokens": self.output_tokens,
        }


def content_text(content: str | Sequence[JsonObject]) -> str:
    """Return the readable text of a message's or tool result's content."""
    if isinstance(content, str):
        return content
    return "\n".join(text_at(block, "text") for block in content if block.get("type") == "text")
