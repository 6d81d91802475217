"""A fake Messages API server: real HTTP and server-sent events, scripted answers, strict about requests.

    async with FakeMessagesServer([call("Read", {"file_path": "a.txt"}), say("Done.")]) as server:
        client = AsyncAnthropic(base_url=server.url, api_key="test")
        ...
    assert server.requests[1].messages[-1]["role"] == "user"

From the command line, for runs by hand: ``python -m gaff.testing.messages_server --script FILE``.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import sys
from collections.abc import Collection, Sequence
from functools import partial
from pathlib import Path

from gaff.hooks import Json, Usage, UsageError, text_at

from .http_server import HttpRequest, HttpResponse, json_response
from .message_events import Envelope, content_of, message_object, message_steps
from .messages_checks import CheckName, Inspector
from .model_server import FakeModelServer
from .prompt_cache import PromptCache, prompt_tokens
from .replies import HttpFault, Malformed, NoResponse, Reply, StreamFault, error_body
from .script import Script, echo, load_script
from .timeline import Fail, Send, SendRaw, Step, in_bytes, timeline

#: Models the server lists; it answers for any name.
MODELS = ("claude-opus-test", "claude-sonnet-test", "claude-haiku-test")
_PIECES_OF_A_BODY = 8


class FakeMessagesServer(FakeModelServer):
    """Speaks the Messages API on 127.0.0.1; see the module for how to use it.

    ``script`` is a list of replies or a function of the request's body. ``otherwise`` is the answer when
    the list is at its end; without one that is an error. A request the real server would refuse is refused
    with a 400, kept in ``violations``, and raised as ``AssertionError`` when the server is left; so are
    requests that break the prompt cache. ``allow`` names the checks a test breaks on purpose, ``strict=False``
    turns all of them off.
    """

    def __init__(
        self,
        script: Script = (),
        *,
        otherwise: Reply | str | None = None,
        strict: bool = True,
        allow: Collection[CheckName] = (),
        models: Sequence[str] = MODELS,
    ) -> None:
        super().__init__(script, otherwise)
        self.inspector = Inspector(strict, set(allow), self.violations)
        self.models = models
        #: What each answer with a message reported, in order.
        self.usages: list[Usage] = []
        self._cache = PromptCache()

    @property
    def hit_rate(self) -> float:
        """The part of the last request's prompt that came from the cache, 0 to 1."""
        usage = self.usages[-1]
        prompt = usage.context - usage.output_tokens
        return usage.cache_read_input_tokens / prompt if prompt else 0.0

    async def respond(self, request: HttpRequest) -> HttpResponse:
        if not {"x-api-key", "authorization"} & set(request.headers):
            return _error(401, "authentication_error", "x-api-key header is required")
        if "anthropic-version" not in request.headers:
            return self.error(400, "anthropic-version: header is required")
        match request.method, request.path:
            case "POST", "/v1/messages":
                return await self.play(request)
            case "POST", "/v1/messages/count_tokens":
                return json_response({"input_tokens": prompt_tokens(request.json)})
            case "GET", "/v1/models":
                return json_response(self._listed())
            case _:
                return _error(404, "not_found_error", f"Not found: {request.method} {request.path}")

    def error(self, status: int, message: str) -> HttpResponse:
        return _error(status, "invalid_request_error", message)

    def refusal(self, request: HttpRequest, number: int) -> str | None:
        return self.inspector.inspect(request.json, number)

    def _listed(self) -> dict[str, Json]:
        data: list[Json] = [
            {
                "type": "model",
                "id": name,
                "display_name": name,
                "created_at": "2026-01-01T00:00:00Z",
                "lifecycle": "active",
                "max_input_tokens": 200_000,
                "max_tokens": 32_000,
            }
            for name in self.models
        ]
        return {"data": data, "has_more": False, "first_id": self.models[0], "last_id": self.models[-1]}

    def answer(self, request: HttpRequest, number: int, reply: Reply) -> HttpResponse:
        id_header = (("request-id", f"req_{number:04}"),)
        match reply.fault:
            case HttpFault(status, body, content_type, headers):
                return HttpResponse(status, content_type, id_header + headers, body)
            case NoResponse(junk):
                return HttpResponse(junk=junk)
            case _:
                pass
        usage = self._cache.use(request.json, reply.parts)
        self.usages.append(usage)
        envelope = Envelope(f"msg_{number:04}", text_at(request.json, "model"), usage)
        self.inspector.answered(request.json, content_of(reply, envelope))
        if request.json.get("stream") is not True:
            return _whole(reply, envelope, id_header)
        steps = in_bytes(message_steps(reply, envelope), partial(encode_event, newline=reply.newline))
        kind = "text/event-stream; charset=utf-8"
        return HttpResponse(200, kind, id_header, steps=steps, write_size=reply.write_size)


def encode_event(step: Send | Fail, newline: str = "\n") -> bytes:
    """Return an event as the API writes it: an ``event`` line and a ``data`` line."""
    event = step.event if isinstance(step, Send) else json.loads(error_body(step.error_type, step.message))
    data = json.dumps(event, ensure_ascii=False)
    text = f"event: {event['type']}{newline}data: {data}{newline}{newline}"
    return text.encode("utf-8", "surrogatepass")


def _whole(reply: Reply, envelope: Envelope, headers: tuple[tuple[str, str], ...]) -> HttpResponse:
    """Return the answer to a request that does not stream; its body is sent in pieces, for the faults' sake."""
    if isinstance(reply.fault, StreamFault) and reply.fault.how == "error":
        return _error(529, reply.fault.error_type, reply.fault.message)
    body = json.dumps(message_object(reply, envelope)).encode()
    if isinstance(reply.fault, Malformed):
        body = body[:-1]
    size = len(body) // _PIECES_OF_A_BODY + 1
    parts: list[Step] = [SendRaw(body[start : start + size]) for start in range(0, len(body), size)]
    return HttpResponse(200, headers=headers, steps=timeline(parts, reply, SendRaw(b" ")))


def _error(status: int, error_type: str, message: str) -> HttpResponse:
    return HttpResponse(status, body=error_body(error_type, message))


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the URL and serve until interrupted; the exit code is 1 where a request was wrong."""
    parser = argparse.ArgumentParser(
        "python -m gaff.testing.messages_server", description=FakeMessagesServer.__doc__
    )
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; any free one by default")
    parser.add_argument("--script", type=Path, help="file with the replies: .py or .json")
    parser.add_argument("--loose", action="store_true", help="take any request, however wrong")
    chosen = parser.parse_args(arguments)
    try:
        script = load_script(chosen.script) if chosen.script else echo
    except UsageError as error:
        parser.error(str(error))
    server = FakeMessagesServer(script, otherwise="The script is at its end.", strict=not chosen.loose)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(server, chosen.port))
    for violation in server.violations:
        print(violation, file=sys.stderr)
    return 1 if server.violations else 0


async def _serve(server: FakeMessagesServer, port: int) -> None:
    await server.start(port)
    try:
        print(server.url, flush=True)
        await asyncio.Event().wait()
    finally:
        await server.stop()


if __name__ == "__main__":
    sys.exit(main())
