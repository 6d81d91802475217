"""Plays scripted replies as a model in the same process, with no server and no network.

    model = ScriptedModel([call("Read", {"file_path": "a.txt"}), say("Done.")])
    kernel.register(ScriptedModels(model), "scripted")      # then --model scripted:

The module is a plugin too: ``gaff --plugin gaff.testing.scripted_model --model scripted:FILE`` plays a
script file. Requests are held against the same checks as ``FakeMessagesServer`` holds them.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from pathlib import Path

from gaff.hooks import (
    Json,
    JsonObject,
    Model,
    ModelError,
    ModelErrorKind,
    ModelLimits,
    ModelProvider,
    ModelRequest,
    Usage,
    hookimpl,
)

from .message_events import Envelope, content_of, message_steps
from .messages_checks import CheckName, Inspector, Violation
from .prompt_cache import PromptCache
from .replies import HttpFault, NoResponse, Reply
from .script import Script, ScriptPlayer, echo, load_script
from .timeline import End, Fail, Pause, Repeat, Send, SendRaw, Step, Wait

_MARK: JsonObject = {"type": "ephemeral"}
_KINDS: Mapping[int, ModelErrorKind] = {
    400: "invalid_request",
    401: "authentication_failed",
    402: "billing_error",
    403: "authentication_failed",
    404: "model_not_found",
    413: "prompt_too_long",
    429: "rate_limit",
    529: "overloaded",
}
#: How a fault of the stream looks to whoever asked.
_ENDINGS: Mapping[str, tuple[ModelErrorKind, str]] = {
    "cut": ("stream_cut", "the connection ended in the middle of the answer"),
    "end": ("stream_cut", "the answer ended too early"),
    "reset": ("connection_failed", "the connection was reset"),
}


class ScriptedModel(Model):
    """A model that answers from a script; ``script`` and the checks are those of ``FakeMessagesServer``.

    Faults become the ``ModelError`` a real provider raises for them. Where a server would be silent for
    ever, the model says at once that the stream stalled; ``hold`` is what really waits.
    """

    provider = "scripted"

    def __init__(
        self,
        script: Script = (),
        *,
        otherwise: Reply | str | None = None,
        strict: bool = True,
        allow: Collection[CheckName] = (),
        name: str = "scripted",
        limits: ModelLimits | None = None,
    ) -> None:
        self.name = name
        self.limits = limits or ModelLimits()
        self.script = ScriptPlayer(script, otherwise)
        self.inspector = Inspector(strict, set(allow))
        #: Every request, in the order of arrival.
        self.requests: list[ModelRequest] = []
        #: What each answer reported, in order.
        self.usages: list[Usage] = []
        self._cache = PromptCache()
        self._released = asyncio.Event()
        self._asked = asyncio.Condition()

    @property
    def violations(self) -> list[Violation]:
        """What the requests did wrong; clear it where a test did that on purpose."""
        return self.inspector.violations

    def add(self, *replies: Reply | str) -> None:
        """Append replies to the script."""
        self.script.add(*replies)

    def check(self) -> None:
        """Raise ``AssertionError`` where a request was wrong or broke the prompt cache."""
        self.inspector.check()

    def release(self) -> None:
        """Let held replies go on, these and later ones."""
        self._released.set()

    async def requested(self, count: int, *, patience: float = 10.0) -> None:
        """Wait until so many requests have come; ``patience`` is in seconds.

        Raises:
            TimeoutError: they did not.
        """
        async with asyncio.timeout(patience), self._asked:
            await self._asked.wait_for(lambda: len(self.requests) >= count)

    async def stream(self, request: ModelRequest) -> AsyncIterator[JsonObject]:
        """Answer with the next reply of the script."""
        async with self._asked:
            self.requests.append(request)
            number = len(self.requests)
            self._asked.notify_all()
        body = request_body(request, self.name)
        if (refused := self.inspector.inspect(body, number)) is not None:
            raise ModelError("invalid_request", refused, status=400)
        reply = await self.script.next(body)
        _raise_http_fault(reply)
        usage = self._cache.use(body, reply.parts)
        self.usages.append(usage)
        envelope = Envelope(f"msg_{number:04}", self.name, usage)
        self.inspector.answered(body, content_of(reply, envelope))
        for step in message_steps(reply, envelope):
            if (event := await self._play(step)) is not None:
                yield event

    async def _play(self, step: Step) -> JsonObject | None:
        match step:
            case Send(event):
                return event
            case SendRaw(data) if not data.startswith((b":", b"\xef\xbb\xbf")):
                raise ModelError("malformed_stream", "the stream held something that is no event")
            case Fail(error_type, message):
                kind: ModelErrorKind = "overloaded" if error_type == "overloaded_error" else "server_error"
                raise ModelError(kind, message)
            case Wait(released=False) | Repeat():
                raise ModelError("stream_stalled", "the stream stalled")
            case Wait():
                await self._released.wait()
            case Pause(seconds):
                await asyncio.sleep(seconds)
            case End(how):
                raise ModelError(*_ENDINGS[how])
            case _:
                pass
        return None


def _raise_http_fault(reply: Reply) -> None:
    match reply.fault:
        case HttpFault(status=200):
            raise ModelError("malformed_stream", "the answer was no event stream", status=200)
        case HttpFault() as fault:
            raise _model_error(fault)
        case NoResponse(junk):
            raise ModelError("connection_failed" if junk else "stream_stalled", "the server did not answer")
        case _:
            pass


def _model_error(fault: HttpFault) -> ModelError:
    kind: ModelErrorKind = _KINDS.get(fault.status, "server_error" if fault.status >= 500 else "unknown")
    if fault.message.startswith("prompt is too long"):
        kind = "prompt_too_long"
    wait = dict(fault.headers).get("retry-after", "")
    seconds = float(wait) if wait.replace(".", "", 1).isdigit() else None
    return ModelError(kind, fault.message, status=fault.status, retry_after=seconds)


def request_body(request: ModelRequest, model: str) -> dict[str, Json]:
    """Return the body a provider with a prompt cache would send for this request, breakpoints included."""
    tails = {request.previous - 1, len(request.messages) - 1}
    body: dict[str, Json] = {
        "model": model,
        "max_tokens": request.max_tokens,
        "messages": [
            {**message.to_json(), "content": _marked(message.content)}
            if index in tails
            else message.to_json()
            for index, message in enumerate(request.messages)
        ],
    }
    if request.tools:
        body["tools"] = _marked(request.tools)
    if request.system:
        body["system"] = _marked(request.system)
    if request.thinking is not None:
        body["thinking"] = request.thinking
    body["metadata"] = request.metadata
    body.update(request.extra)
    return body


def _marked(blocks: Sequence[JsonObject]) -> list[Json]:
    """Return the blocks, the last of them as a breakpoint."""
    return [*blocks[:-1], {**blocks[-1], "cache_control": _MARK}] if blocks else []


class ScriptedModels(ModelProvider):
    """Provider of ``scripted:``, and a plugin that can be registered as it is.

    It always opens the ``model`` it was made with; without one, ``scripted:FILE`` plays a script file
    and ``scripted:`` repeats what it is told.
    """

    name = "scripted"
    summary = "Scripted replies, for tests."

    def __init__(self, model: ScriptedModel | None = None) -> None:
        self.model = model

    def open(self, name: str, environ: Mapping[str, str], settings: JsonObject) -> Model:
        if self.model is not None:
            return self.model
        script: Script = load_script(Path(name)) if name else echo
        return ScriptedModel(script, otherwise="The script is at its end.", name=name or "scripted")

    @hookimpl
    def gaff_register_models(self) -> Sequence[ModelProvider]:
        return (self,)


@hookimpl
def gaff_register_models() -> Sequence[ModelProvider]:
    return (ScriptedModels(),)
