"""Models over the Messages API through Anthropic's official SDK: profiles, middleware, tracing.

Importing the SDK takes 0.6 s, so it happens at the first request, or before that in the background
by ``preload``. The request body and the reading of the answer are those of ``models.messages``: the
same bytes go out, and the same faults are told the same way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module

from gaff.hooks import JsonObject, Model, ModelProvider, hookimpl

from ._catalogue import ALIASES
from ._environment import has_key


class AnthropicProvider(ModelProvider):
    """Anthropic, or the gateway that ``ANTHROPIC_BASE_URL`` names, through the official SDK."""

    name = "anthropic"
    summary = "Anthropic's official SDK (ANTHROPIC_API_KEY, ANTHROPIC_AUTH_TOKEN, ANTHROPIC_PROFILE)"
    aliases = ALIASES
    rank = 20
    headless_rank = 10

    def open(self, name: str, environ: Mapping[str, str], settings: JsonObject) -> Model:
        from ._credentials import key_source
        from ._messages_api import open_messages_model
        from ._sdk import ProfileKey, SdkWire

        keys = key_source(environ, settings)
        profile = environ.get("ANTHROPIC_PROFILE", "").strip()
        if keys.name:
            profile = ""
        return open_messages_model(
            self.name,
            name,
            environ,
            settings,
            lambda address, deadlines: SdkWire(address, environ, deadlines, profile=profile),
            keys=ProfileKey() if profile else keys,
        )

    def is_available(self, environ: Mapping[str, str], settings: JsonObject) -> bool:
        return has_key(environ, settings) or bool(environ.get("ANTHROPIC_PROFILE", "").strip())


@hookimpl
def gaff_register_models() -> Sequence[ModelProvider]:
    return (AnthropicProvider(),)


def preload() -> None:
    """Import the SDK, so that the first request need not wait."""
    import_module("anthropic")
