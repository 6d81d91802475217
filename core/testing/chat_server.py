"""A fake server of the chat-completions protocol, scripted in the same language as the Messages API's.

``async with FakeChatServer([call("Read", {...}), say("Done.")]) as server``; the base URL that clients
want is ``server.base_url``. Thinking is sent as ``reasoning_content``, as local servers do.
Source of the shapes: platform.openai.com/docs/api-reference/chat.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from gaff.hooks import Json, JsonObject, list_at, object_at, text_at

from .http_server import HttpRequest, HttpResponse, json_response
from .messages_checks import Violation, objects
from .model_server import FakeModelServer
from .prompt_cache import output_tokens, tokens
from .replies import Call, HttpFault, Malformed, NoResponse, Other, Part, Reply, StreamFault, Text, Thinking
from .script import Script
from .timeline import Fail, Send, SendRaw, Step, in_bytes, pieces, timeline

_REASONS = {"end_turn": "stop", "tool_use": "tool_calls", "max_tokens": "length", "refusal": "content_filter"}
_COMMENT = SendRaw(b": keep-alive\n\n")


class FakeChatServer(FakeModelServer):
    """Speaks chat completions on 127.0.0.1. ``script`` and ``otherwise`` as for ``FakeMessagesServer``."""

    def __init__(
        self,
        script: Script = (),
        *,
        otherwise: Reply | str | None = None,
        strict: bool = True,
        model: str = "local",
    ) -> None:
        super().__init__(script, otherwise)
        self.strict = strict
        self.model = model

    @property
    def base_url(self) -> str:
        """The URL clients are given: it ends in ``/v1``."""
        return f"{self.url}/v1"

    async def respond(self, request: HttpRequest) -> HttpResponse:
        match request.method, request.path:
            case "POST", "/v1/chat/completions":
                return await self.play(request)
            case "GET", "/v1/models":
                model: JsonObject = {"id": self.model, "object": "model", "created": 0, "owned_by": "gaff"}
                return json_response({"object": "list", "data": [model]})
            case _:
                return _error(404, f"Not found: {request.method} {request.path}")

    def error(self, status: int, message: str) -> HttpResponse:
        return _error(status, message)

    def refusal(self, request: HttpRequest, number: int) -> str | None:
        found = list(chat_rejections(request.json)) if self.strict else []
        self.violations += [Violation("pairs", message, number) for message in found]
        return found[0] if found else None

    def answer(self, request: HttpRequest, number: int, reply: Reply) -> HttpResponse:
        envelope = _Envelope(f"chatcmpl-{number:04}", self.model, _usage(request, reply))
        return _refused(request, reply) or _completed(request, reply, envelope)


@dataclass(frozen=True)
class _Envelope:
    """What the completion around the answer says."""

    id: str
    model: str
    usage: JsonObject


def _refused(request: HttpRequest, reply: Reply) -> HttpResponse | None:
    """Return the answer of a reply that is no completion; ``None`` where it is one."""
    match reply.fault:
        case HttpFault(status, body, content_type, headers) as fault:
            if content_type == "application/json" and status >= 400:
                return _error(status, fault.message, headers)
            return HttpResponse(status, content_type, headers, body)
        case NoResponse(junk):
            return HttpResponse(junk=junk)
        case StreamFault("error", message=message) if request.json.get("stream") is not True:
            return _error(503, message)
        case _:
            return None


def _completed(request: HttpRequest, reply: Reply, envelope: _Envelope) -> HttpResponse:
    if request.json.get("stream") is not True:
        return json_response(completion(reply, envelope))
    counted = object_at(request.json, "stream_options").get("include_usage") is True
    steps: list[Step] = [Send(chunk) for chunk in completion_chunks(reply, envelope, counted=counted)]
    if reply.fault == Malformed("bad_json"):
        steps.insert(2, SendRaw(b'data: {"choices": [{"delta": {"con\n\n'))
    elif isinstance(reply.fault, Malformed):
        raise ValueError(f"chat completions cannot be malformed in the way {reply.fault.kind!r}")
    played = timeline([*steps, SendRaw(b"data: [DONE]\n\n")], reply, _COMMENT)
    encoded = in_bytes(played, partial(encode_chunk, reply.newline))
    return HttpResponse(200, "text/event-stream; charset=utf-8", steps=encoded, write_size=reply.write_size)


def encode_chunk(newline: str, step: Send | Fail) -> bytes:
    """Return a chunk as these servers write it: a ``data`` line."""
    chunk = step.event if isinstance(step, Send) else _error_object(step.message, step.error_type)
    return f"data: {json.dumps(chunk, ensure_ascii=False)}{newline}{newline}".encode("utf-8", "surrogatepass")


def completion(reply: Reply, envelope: _Envelope) -> JsonObject:
    """Return the reply as the completion of a request that did not stream."""
    text = "".join(part.text for part in reply.parts if isinstance(part, Text))
    message: dict[str, Json] = {"role": "assistant", "content": text or None}
    called = [part for part in reply.parts if isinstance(part, Call)]
    if called:
        message["tool_calls"] = [_call(part, envelope, index) for index, part in enumerate(called)]
    choice: JsonObject = {"index": 0, "message": message, "finish_reason": _REASONS.get(reply.reason, "stop")}
    return {
        "id": envelope.id,
        "object": "chat.completion",
        "created": 0,
        "model": envelope.model,
        "choices": [choice],
        "usage": envelope.usage,
    }


def completion_chunks(reply: Reply, envelope: _Envelope, *, counted: bool) -> Iterator[JsonObject]:
    """Yield the reply as the chunks of a stream without a fault."""
    shell: dict[str, Json] = {
        "id": envelope.id,
        "object": "chat.completion.chunk",
        "created": 0,
        "model": envelope.model,
    }

    def chunk(delta: JsonObject, reason: str | None = None) -> JsonObject:
        return {**shell, "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}

    yield chunk({"role": "assistant", "content": ""})
    called = 0
    for part in reply.parts:
        for delta in _deltas(part, envelope, called):
            yield chunk(delta)
        called += isinstance(part, Call)
    yield chunk({}, _REASONS.get(reply.reason, "stop"))
    if counted:
        yield {**shell, "choices": (), "usage": envelope.usage}


def _deltas(part: Part, envelope: _Envelope, index: int) -> Iterator[JsonObject]:
    match part:
        case Text(text):
            yield from ({"content": piece} for piece in pieces(text))
        case Thinking(text):
            yield from ({"reasoning_content": piece} for piece in pieces(text))
        case Call(input_json=text):
            opened = _call(part, envelope, index)
            yield {
                "tool_calls": [{**opened, "index": index, "function": {"name": part.name, "arguments": ""}}]
            }
            for piece in pieces(text):
                yield {"tool_calls": [{"index": index, "function": {"arguments": piece}}]}
        case Other():
            return


def _call(part: Call, envelope: _Envelope, index: int) -> JsonObject:
    name = part.id or f"call_{envelope.id.removeprefix('chatcmpl-')}_{index}"
    return {"id": name, "type": "function", "function": {"name": part.name, "arguments": part.input_json}}


def _usage(request: HttpRequest, reply: Reply) -> JsonObject:
    prompt, answer = tokens(request.body.decode("utf-8", "replace")), output_tokens(reply.parts)
    return {"prompt_tokens": prompt, "completion_tokens": answer, "total_tokens": prompt + answer}


def _error_object(message: str, error_type: str) -> dict[str, Json]:
    return {"error": {"message": message, "type": error_type, "param": None, "code": None}}


def _error(status: int, message: str, headers: tuple[tuple[str, str], ...] = ()) -> HttpResponse:
    kind = "invalid_request_error" if status < 500 else "server_error"
    return json_response(_error_object(message, kind), status, headers)


def chat_rejections(body: JsonObject) -> Iterator[str]:
    """Yield what a chat-completions server would refuse the request for."""
    messages = objects(body.get("messages"))
    if not messages:
        yield "messages: at least one message is required"
    open_calls: list[str] = []
    for index, message in enumerate(messages):
        role = message.get("role")
        if role not in ("system", "developer", "user", "assistant", "tool"):
            yield f"messages[{index}].role: unknown role {role!r}"
        if role == "tool":
            name = text_at(message, "tool_call_id")
            if name not in open_calls:
                yield f"messages[{index}]: role 'tool' must follow a message with the tool call {name!r}"
            open_calls = [item for item in open_calls if item != name]
        elif open_calls:
            yield f"messages[{index}]: no tool messages for the tool calls {', '.join(open_calls)}"
            open_calls = []
        if role == "assistant":
            open_calls = [text_at(item, "id") for item in objects(list_at(message, "tool_calls"))]
    if open_calls:
        yield f"messages: no tool messages for the tool calls {', '.join(open_calls)}"
