"""The providers under one contract: how each gets a server of its own protocol, and how it is asked.

A provider joins the contract by a row in ``PROVIDERS``.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, cast

from gaff.hooks import JsonObject, Message, Model, ModelError, ModelProvider, ModelRequest, encode, text_at
from gaff.plugins.builtin.models.anthropic import AnthropicProvider
from gaff.plugins.builtin.models.messages import MessagesProvider
from gaff.plugins.builtin.models.openai import OpenAIProvider
from gaff.testing.chat_server import FakeChatServer
from gaff.testing.http_server import FakeServer, HttpRequest, HttpResponse
from gaff.testing.messages_server import FakeMessagesServer
from gaff.testing.model_server import FakeModelServer
from gaff.testing.timeline import SendRaw

KEY = "sk-test-0123456789"

#: Deadlines that make a stalled server known at once.
HASTE: Mapping[str, str] = {"API_TIMEOUT_MS": "400", "CLAUDE_STREAM_IDLE_TIMEOUT_MS": "250"}


def messages_environ(url: str) -> dict[str, str]:
    """Return the variables that point at a Messages API server."""
    return {"ANTHROPIC_BASE_URL": url, "ANTHROPIC_API_KEY": KEY}


def chat_environ(url: str) -> dict[str, str]:
    """Return the variables that point at a chat completions server."""
    return {"OPENAI_BASE_URL": f"{url}/v1", "OPENAI_API_KEY": KEY}


@dataclass(frozen=True)
class Row:
    """A provider under contract."""

    provider: ModelProvider
    serve: Callable[[], FakeModelServer]
    environ: Callable[[str], dict[str, str]]
    model: str = "claude-opus-5-5"

    @property
    def name(self) -> str:
        """The provider's name."""
        return self.provider.name

    def open(self, url: str, extra: Mapping[str, str] | None = None) -> Model:
        """Return a model that asks the server at ``url``."""
        return self.provider.open(self.model, {**self.environ(url), **(extra or {})}, {})


class RawServer(FakeServer):
    """Sends these bytes as a stream, or this response, to whoever asks; counts connections.

    A ``greeting`` is sent before anything is asked, as no HTTP server does.
    """

    def __init__(self, *pieces: bytes, response: HttpResponse | None = None, greeting: bytes = b"") -> None:
        super().__init__()
        self.greeting = greeting
        self.response = response or HttpResponse(200, "text/event-stream", steps=[*map(SendRaw, pieces)])
        self.connections = 0

    async def respond(self, request: HttpRequest) -> HttpResponse:
        return self.response

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        writer.write(self.greeting)
        await super()._connected(reader, writer)


def sse(*events: JsonObject) -> bytes:
    """Return events as a server sends them."""
    return b"".join(b"data: " + encode(event) + b"\n\n" for event in events)


def messages_answer(text: str) -> bytes:
    """Return a Messages API stream that says this."""
    return sse(
        {
            "type": "message_start",
            "message": {"id": "msg_1", "role": "assistant", "content": [], "usage": {}},
        },
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 1}},
        {"type": "message_stop"},
    )


def chat_answer(*deltas: JsonObject | str, finish: str = "stop") -> bytes:
    """Return a chat completions stream of these deltas; a string is text."""
    shaped: list[JsonObject] = [{"content": delta} if isinstance(delta, str) else delta for delta in deltas]
    chunks: list[JsonObject] = [{"id": "c1", "choices": [{"index": 0, "delta": delta}]} for delta in shaped]
    end: JsonObject = {"id": "c1", "choices": [{"index": 0, "delta": {}, "finish_reason": finish}]}
    return sse(*chunks, end) + b"data: [DONE]\n\n"


def _lenient() -> FakeMessagesServer:
    return FakeMessagesServer(strict=False)


PROVIDERS = (
    Row(MessagesProvider(), _lenient, messages_environ),
    Row(AnthropicProvider(), _lenient, messages_environ),
    Row(OpenAIProvider(), lambda: FakeChatServer(strict=False), chat_environ, model="some-model"),
)


@asynccontextmanager
async def opened(row: Row, url: str, extra: Mapping[str, str] | None = None) -> AsyncGenerator[Model]:
    """Open a model and close it again."""
    model = row.open(url, extra)
    try:
        yield model
    finally:
        await model.aclose()


def asking(*texts: str) -> ModelRequest:
    """Return a request with these user messages and short answers between them."""
    messages: list[Message] = []
    for text in texts:
        messages += [Message.user(text), Message("assistant", ({"type": "text", "text": "Go on."},))]
    return ModelRequest(system=(), tools=(), messages=tuple(messages[:-1]), max_tokens=100)


@dataclass
class Outcome:
    """What came of a request: the events, and the error that ended it."""

    events: list[JsonObject] = field(default_factory=list[JsonObject])
    error: ModelError | None = None

    def of_type(self, kind: str) -> list[JsonObject]:
        """Return the events of a type."""
        return [event for event in self.events if event.get("type") == kind]

    def deltas(self, name: str) -> str:
        """Return all deltas of a kind joined: ``text``, ``thinking`` or ``partial_json``."""
        found = [cast("JsonObject", event["delta"]) for event in self.of_type("content_block_delta")]
        return "".join(text_at(delta, name) for delta in found)

    @property
    def blocks(self) -> list[JsonObject]:
        """The blocks as they began."""
        return [cast("JsonObject", event["content_block"]) for event in self.of_type("content_block_start")]

    @property
    def stop_reason(self) -> object:
        """Why the answer ended; ``None`` where it did not."""
        last = self.of_type("message_delta")
        return cast("JsonObject", last[-1]["delta"])["stop_reason"] if last else None


async def ask(model: Model, request: ModelRequest | None = None) -> Outcome:
    """Ask once and return what came of it."""
    outcome = Outcome()
    try:
        async with aclosing(cast("Any", model.stream(request or asking("Hello")))) as stream:
            async for event in stream:
                outcome.events.append(event)
    except ModelError as error:
        outcome.error = error
    return outcome


def extended(request: ModelRequest, *messages: Message) -> ModelRequest:
    """Return the request that follows this one, with further messages."""
    return replace(request, messages=request.messages + messages, previous=len(request.messages))
