"""A model behind a chat completions server."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import replace
from typing import Final
from urllib.parse import urlsplit

from gaff.hooks import JsonObject, Model, ModelLimits, ModelRequest, UsageError, number_at, object_at, text_at

from ._catalogue import ALIASES, limits_set_by
from ._chat import ChatBodyEncoder
from ._chat_stream import ChatTranslator, chat_events
from ._credentials import KeySource, bearer
from ._environment import Deadlines
from ._faults import Target
from ._http import USER_AGENT, Connection, checked_address, is_loopback
from ._local import LocalModel, offered_models
from ._stream import Answer

_HOME: Final = "https://api.openai.com/v1"

_HEADERS: Final = {
    "accept": "text/event-stream, application/json",
    "accept-encoding": "identity",
    "content-type": "application/json",
    "user-agent": USER_AGENT,
}


class ChatModel(Model):
    """A model that is asked through chat completions."""

    def __init__(
        self,
        provider: str,
        limits: ModelLimits,
        *,
        connection: Connection,
        body: ChatBodyEncoder,
        keys: KeySource,
        target: Target,
    ) -> None:
        self.provider = provider
        self.name = target.model
        self.limits = limits
        self._connection = connection
        self._body = body
        self._keys = keys
        self._target = target

    async def stream(self, request: ModelRequest) -> AsyncGenerator[JsonObject]:
        body = self._body.encode(request)
        proof = await self._keys.credentials()
        headers = {**_HEADERS, **proof.headers}
        translator = ChatTranslator(self.name, self._body.names, self._body.call_ids)
        async with self._connection.post(
            "/chat/completions", headers, body, self._target, proof.secrets
        ) as response:
            answer = Answer(response, self._target, self._connection.deadlines, proof.secrets)
            async with aclosing(chat_events(answer, translator)) as events:
                async for event in events:
                    yield event

    async def aclose(self) -> None:
        await self._connection.aclose()


def open_chat_model(provider: str, name: str, environ: Mapping[str, str], own: JsonObject) -> ChatModel:
    """Return a model as the environment and the settings under ``models.openai`` describe it.

    Raises:
        UsageError: one of them cannot be used, or no model is named.
    """
    address, said_by = _address(environ, own)
    keys = bearer("OPENAI_API_KEY", environ.get("OPENAI_API_KEY", ""))
    wanted = "" if name in ALIASES else name
    model = _chosen(wanted or environ.get("OPENAI_MODEL", "") or text_at(own, "model"), address)
    host = urlsplit(address).hostname or ""
    return ChatModel(
        provider,
        limits_set_by(_limits(own, model), environ),
        connection=Connection(address, environ, Deadlines.of(environ, patient=is_loopback(address))),
        body=ChatBodyEncoder(
            model.name,
            limit_name="max_completion_tokens" if host.endswith("openai.com") else "max_tokens",
            additions=object_at(own, "extraBody"),
        ),
        keys=keys,
        target=Target(address, model.name, said_by, key_from=keys.name, key_wanted="OPENAI_API_KEY"),
    )


def _address(environ: Mapping[str, str], own: JsonObject) -> tuple[str, str]:
    """Return the server's base URL and what says so; a bare host gets the usual ``/v1``."""
    for said_by, value in (
        ("OPENAI_BASE_URL", environ.get("OPENAI_BASE_URL", "").strip()),
        ("models.openai.baseUrl", text_at(own, "baseUrl")),
    ):
        if value:
            address = checked_address(value, said_by)
            return (address if urlsplit(address).path else f"{address}/v1"), said_by
    return _HOME, "OPENAI_BASE_URL"


def _chosen(name: str, address: str) -> LocalModel:
    """Return the model of this name; for no name the first one that a server on this machine offers.

    Raises:
        UsageError: no model is named, and none can be found.
    """
    if name:
        return LocalModel(name, None)
    if address.startswith("http:") and is_loopback(address):
        for model in offered_models(f"{address}/models"):
            return model
    raise UsageError("Which model? Say --model openai:NAME, or set OPENAI_MODEL or models.openai.model.")


def _limits(own: JsonObject, model: LocalModel) -> ModelLimits:
    """Return the limits that the settings or the server state, else the usual ones."""
    limits = ModelLimits()
    window = number_at(own, "contextWindow") or model.context_window or limits.context_window
    output = number_at(own, "maxOutputTokens") or min(limits.max_output_tokens, window // 4)
    return replace(limits, context_window=window, max_output_tokens=output)
