"""A model behind the Messages API, whatever carries the bytes."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, aclosing, asynccontextmanager
from typing import TYPE_CHECKING, Final, Protocol

from gaff.hooks import JsonObject, Model, ModelError, ModelLimits, ModelRequest, UsageError

from ._body import OWN_MEMBERS, BodyEncoder, cache_control
from ._catalogue import chosen_name, limits_of, priced_for_an_hour, server_name
from ._credentials import KeySource, key_source
from ._environment import Deadlines, headers_of, object_of
from ._faults import Target
from ._http import USER_AGENT, checked_address
from ._stream import Answer, message_events

if TYPE_CHECKING:
    import httpx2

HOME: Final = "https://api.anthropic.com"

#: What the ``anthropic`` package of this release line sends.
API_VERSION: Final = "2026-10-21"

_HEADERS: Final = {
    "accept": "text/event-stream, application/json",
    "accept-encoding": "identity",
    "anthropic-version": API_VERSION,
    "content-type": "application/json",
    "user-agent": USER_AGENT,
}


class Wire(Protocol):
    """What carries a request to the server and brings the answer."""

    def post(
        self,
        path: str,
        headers: Mapping[str, str],
        body: bytes,
        target: Target,
        secrets: tuple[str, ...] = (),
    ) -> AbstractAsyncContextManager[httpx2.Response]:
        """Send a request; the answer's body is unread, and its status 200.

        Raises:
            ModelError: no connection, no answer in time, or another status.
        """
        ...

    async def aclose(self) -> None:
        """Close what is open."""
        ...


class MessagesModel(Model):
    """A model that is asked through the Messages API."""

    def __init__(
        self,
        provider: str,
        limits: ModelLimits,
        *,
        wire: Wire,
        body: BodyEncoder,
        keys: KeySource,
        headers: Mapping[str, str],
        target: Target,
        deadlines: Deadlines,
    ) -> None:
        self.provider = provider
        self.name = target.model
        self.limits = limits
        self._wire = wire
        self._body = body
        self._keys = keys
        self._headers = headers
        self._target = target
        self._deadlines = deadlines

    async def stream(self, request: ModelRequest) -> AsyncGenerator[JsonObject]:
        body = self._body.encode(request)
        headers = with_betas(self._headers, self._body.betas(request))
        async with self._answer(headers, body) as answer, aclosing(message_events(answer)) as events:
            async for event in events:
                yield event

    async def aclose(self) -> None:
        await self._wire.aclose()

    @asynccontextmanager
    async def _answer(self, headers: Mapping[str, str], body: bytes) -> AsyncGenerator[Answer]:
        """Ask; where the key can be renewed and the server refused it, once more with a new one."""
        async with AsyncExitStack() as stack:
            try:
                answer = await stack.enter_async_context(self._ask(headers, body))
            except ModelError as fault:
                if fault.status != 401 or not self._keys.renewable:
                    raise
                self._keys.forget()
                answer = await stack.enter_async_context(self._ask(headers, body))
            yield answer

    @asynccontextmanager
    async def _ask(self, headers: Mapping[str, str], body: bytes) -> AsyncGenerator[Answer]:
        proof = await self._keys.credentials()
        sent = {**_HEADERS, **proof.headers, **headers}
        async with self._wire.post("/v1/messages", sent, body, self._target, proof.secrets) as response:
            yield Answer(response, self._target, self._deadlines, proof.secrets)


def with_betas(headers: Mapping[str, str], betas: list[str]) -> Mapping[str, str]:
    """Return the headers with these names added to ``anthropic-beta``."""
    if not betas:
        return headers
    known = [name.strip() for name in headers.get("anthropic-beta", "").split(",") if name.strip()]
    return {**headers, "anthropic-beta": ",".join(dict.fromkeys([*known, *betas]))}


def open_messages_model(
    provider: str,
    name: str,
    environ: Mapping[str, str],
    settings: JsonObject,
    make_wire: Callable[[str, Deadlines], Wire],
    keys: KeySource | None = None,
) -> MessagesModel:
    """Return a model as the documented variables and settings describe it.

    ``make_wire`` gets the server's address. ``keys`` are the documented ones where not given.

    Raises:
        UsageError: one of them cannot be used.
    """
    address = checked_address(environ.get("ANTHROPIC_BASE_URL", "").strip() or HOME, "ANTHROPIC_BASE_URL")
    address = address.removesuffix("/v1")
    full = chosen_name(name, environ, settings)
    model = server_name(full, settings)
    cache = cache_control(model, environ, settings)
    limits = limits_of(full, environ)
    keys = keys or key_source(environ, settings)
    foreign = not address.startswith("https:") and "claude" not in model
    deadlines = Deadlines.of(environ, patient=foreign)
    return MessagesModel(
        provider,
        priced_for_an_hour(limits) if cache and "ttl" in cache else limits,
        wire=make_wire(address, deadlines),
        body=BodyEncoder(model, cache=cache, foreign=foreign, additions=body_additions(environ)),
        keys=keys,
        headers=custom_headers(environ),
        target=Target(address, model, key_from=keys.name),
        deadlines=deadlines,
    )


def custom_headers(environ: Mapping[str, str]) -> Mapping[str, str]:
    """Return the headers of ``ANTHROPIC_CUSTOM_HEADERS``, with the names of ``ANTHROPIC_BETAS`` in them.

    Raises:
        UsageError: a line is no header.
    """
    betas = [beta.strip() for beta in environ.get("ANTHROPIC_BETAS", "").split(",") if beta.strip()]
    return with_betas(headers_of(environ, "ANTHROPIC_CUSTOM_HEADERS"), betas)


def body_additions(environ: Mapping[str, str]) -> JsonObject:
    """Return the members that ``CLAUDE_CODE_EXTRA_BODY`` adds to every request body.

    Raises:
        UsageError: it is no JSON object, or holds a member that makes the conversation.
    """
    additions = object_of(environ, "CLAUDE_CODE_EXTRA_BODY")
    if taken := sorted(OWN_MEMBERS & additions.keys()):
        raise UsageError(f"CLAUDE_CODE_EXTRA_BODY may not hold {', '.join(taken)}")
    return additions
