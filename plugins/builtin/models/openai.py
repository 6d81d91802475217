"""Models over chat completions: OpenAI, OpenRouter, vLLM, Ollama and every other server of that protocol.

Requests and answers are translated here, so the rest of gaff knows the Messages API only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module

from gaff.hooks import JsonObject, Model, ModelProvider, Setting, hookimpl, object_at, text_at


class OpenAIProvider(ModelProvider):
    """OpenAI, or the server that ``OPENAI_BASE_URL`` or the setting ``models.openai.baseUrl`` names."""

    name = "openai"
    summary = "Chat completions: OpenAI and compatible servers (OPENAI_BASE_URL, OPENAI_API_KEY)"
    rank = 8
    headless_rank = 8

    def open(self, name: str, environ: Mapping[str, str], settings: JsonObject) -> Model:
        from ._chat_model import open_chat_model

        return open_chat_model(self.name, name, environ, _own(settings))

    def is_available(self, environ: Mapping[str, str], settings: JsonObject) -> bool:
        return bool(environ.get("OPENAI_BASE_URL", "").strip() or text_at(_own(settings), "baseUrl"))


@hookimpl
def gaff_register_models() -> Sequence[ModelProvider]:
    return (OpenAIProvider(),)


@hookimpl
def gaff_register_settings() -> Sequence[Setting]:
    return (
        Setting("models.openai.baseUrl", "address of a chat completions server, with its /v1", "string"),
        Setting("models.openai.model", "model to use there", "string"),
        Setting("models.openai.contextWindow", "the model's window in tokens", "number"),
        Setting("models.openai.maxOutputTokens", "tokens an answer may have", "number"),
        Setting("models.openai.extraBody", "members to add to every request body", "object"),
    )


def preload() -> None:
    """Import what the first request needs, so that it need not wait."""
    import_module("httpx2")


def _own(settings: JsonObject) -> JsonObject:
    return object_at(object_at(settings, "models"), "openai")
