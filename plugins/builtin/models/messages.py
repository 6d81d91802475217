"""Models over the Messages API, spoken directly over HTTP; and those of a server on this machine.

The official SDK offers more, and costs 0.6 s and 74 MB at start: headless runs, gateways and local
servers do without. ``models.anthropic`` is the same with the SDK.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module

from gaff.hooks import JsonObject, Model, ModelProvider, Setting, hookimpl, list_at, object_at

from ._catalogue import ALIASES
from ._environment import has_key


class MessagesProvider(ModelProvider):
    """The Messages API of Anthropic, or of the gateway that ``ANTHROPIC_BASE_URL`` names."""

    name = "messages"
    summary = "The Messages API over plain HTTP: Anthropic, gateways, local servers (ANTHROPIC_BASE_URL)"
    aliases = ALIASES
    rank = 10
    headless_rank = 20

    def open(self, name: str, environ: Mapping[str, str], settings: JsonObject) -> Model:
        from ._http import Connection
        from ._messages_api import open_messages_model

        return open_messages_model(
            self.name,
            name,
            environ,
            settings,
            lambda address, deadlines: Connection(address, environ, deadlines),
        )

    def is_available(self, environ: Mapping[str, str], settings: JsonObject) -> bool:
        return has_key(environ, settings)


class LocalProvider(ModelProvider):
    """The models of Ollama, llama.cpp or LM Studio on this machine."""

    name = "local"
    summary = "A model server on this machine: Ollama (11434), llama.cpp (8080), LM Studio (1234)"
    rank = 5
    headless_rank = 5

    def open(self, name: str, environ: Mapping[str, str], settings: JsonObject) -> Model:
        from ._local_model import open_local_model

        return open_local_model(self.name, name, environ, _ports(settings))

    def is_available(self, environ: Mapping[str, str], settings: JsonObject) -> bool:
        from ._local import local_servers

        return bool(local_servers(_ports(settings)))


@hookimpl
def gaff_register_models() -> Sequence[ModelProvider]:
    return (MessagesProvider(), LocalProvider())


@hookimpl
def gaff_register_settings() -> Sequence[Setting]:
    return (
        Setting("apiKeyHelper", "shell command that prints the API key", "string"),
        Setting("model", "model to use: a name, an alias or provider:name", "string"),
        Setting("modelOverrides", "names the server has for models: {name: name there}", "object"),
        Setting("promptCacheTtl", "how long the server keeps the prompt", "string", ("5m", "1h")),
        Setting(
            "models.local.ports", "ports on which local model servers are looked for; [] for none", "array"
        ),
    )


def preload() -> None:
    """Import what the first request needs, so that it need not wait."""
    import_module("httpx2")


def _ports(settings: JsonObject) -> tuple[int, ...]:
    from ._local import PORTS

    local = object_at(object_at(settings, "models"), "local")
    if "ports" not in local:
        return tuple(PORTS)
    return tuple(port for port in list_at(local, "ports") if isinstance(port, int) and 0 < port < 65536)
