"""Model servers on this machine."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from dataclasses import replace

import pytest

from gaff.hooks import JsonObject, UsageError
from gaff.plugins.builtin.models._local import PORTS, listening, local_servers
from gaff.plugins.builtin.models.messages import LocalProvider, MessagesProvider
from gaff.plugins.builtin.models.openai import OpenAIProvider
from gaff.testing.http_server import HttpRequest, HttpResponse, json_response

from .providers import RawServer, ask, asking, messages_answer

#: A port on which nothing listens: it is bound, and no more.
NOBODY = 1


class OllamaLike(RawServer):
    """A model server with two models and one for embeddings."""

    async def respond(self, request: HttpRequest) -> HttpResponse:
        models: list[JsonObject] = [{"id": name} for name in ("qwen3:latest", "nomic-embed-text", "gemma")]
        return json_response({"data": models}) if request.path == "/v1/models" else self.response


@pytest.fixture
def server() -> Iterator[OllamaLike]:
    """A server in a thread of its own: looking for it blocks."""
    with OllamaLike(messages_answer("Yes.")) as running:
        yield running


def port_of(url: str) -> int:
    """Return the port of a URL."""
    return int(url.rpartition(":")[2])


def looking_at(*ports: int) -> JsonObject:
    """Return settings that look at these ports only."""
    return {"models": {"local": {"ports": ports}}}


def test_servers_and_their_models_are_found(server: OllamaLike) -> None:
    """What listens and has models is found, embedding models left out."""
    (found,) = local_servers([NOBODY, port_of(server.url)])
    assert found.address == server.url
    assert [model.name for model in found.models] == ["qwen3:latest", "gemma"]


@pytest.mark.parametrize(
    "response",
    [
        HttpResponse(404),
        HttpResponse(200, "text/html", body=b"<html>My site</html>"),
        HttpResponse(200, body=b"[" * 100_000),
        HttpResponse(junk=b"SSH-2.0-OpenSSH\r\n"),
        json_response({"data": "none"}),
        json_response({"data": [1, {"id": ""}, {"id": "a\x1b[31m"}]}),
    ],
)
def test_other_servers_are_not_model_servers(response: HttpResponse) -> None:
    """A web server on the same port is not taken for a model server."""
    with RawServer(response=response) as other:
        assert local_servers([port_of(other.url)]) == ()


@pytest.mark.parametrize(
    ("entry", "window"),
    [
        ({"id": "m", "max_model_len": 8192}, 8192),
        ({"id": "m", "meta": {"n_ctx": 4096, "n_ctx_train": 131072}}, 4096),
        ({"id": "m", "context_length": 0}, 32_768),
    ],
)
def test_the_window_is_read(entry: JsonObject, window: int) -> None:
    """Where the server says how much its model can take, that is the limit."""
    with RawServer(response=json_response({"data": [entry]})) as other:
        limits = LocalProvider().open("", {}, looking_at(port_of(other.url))).limits
    assert (limits.context_window, limits.price) == (window, None)
    assert limits.max_output_tokens <= window // 4


async def test_a_local_model_gets_the_plain_protocol(server: OllamaLike) -> None:
    """No key, no thinking, no breakpoints: only what every server knows."""
    environ = {"ANTHROPIC_API_KEY": "secret", "HTTP_PROXY": "http://127.0.0.1:1"}
    model = LocalProvider().open("qwen3", environ, looking_at(port_of(server.url)))
    request = replace(
        asking("Hi"), thinking={"type": "adaptive"}, metadata={"user_id": "u"}, extra={"betas": ["b"]}
    )
    outcome = await ask(model, request)
    await model.aclose()
    sent = server.all_requests[-1]
    assert sent.json == {
        "model": "qwen3:latest",
        "max_tokens": 100,
        "stream": True,
        "messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}],
    }
    assert not {"authorization", "x-api-key", "anthropic-beta"} & sent.headers.keys()
    assert outcome.deltas("text") == "Yes."


def test_which_local_model_is_meant(server: OllamaLike) -> None:
    """By name, or the first one; a Claude name in the settings means the first one too."""
    settings = looking_at(port_of(server.url))
    names = [LocalProvider().open(name, {}, settings).name for name in ("", "opus", "gemma")]
    assert names == ["qwen3:latest", "qwen3:latest", "gemma"]
    with pytest.raises(UsageError, match="qwen3:latest, gemma"):
        LocalProvider().open("mistral", {}, settings)


def test_without_a_server_it_is_not_available() -> None:
    """Nothing listens: not available, and opening it says where it looked."""
    settings = looking_at(NOBODY)
    assert not LocalProvider().is_available({}, settings)
    with pytest.raises(UsageError, match=f"ports {NOBODY}"):
        LocalProvider().open("", {}, settings)


def test_no_ports_switch_it_off(server: OllamaLike) -> None:
    """An empty list of ports means that nothing is looked for."""
    assert LocalProvider().is_available({}, looking_at(port_of(server.url)))
    assert not LocalProvider().is_available({}, looking_at())


def test_the_usual_ports() -> None:
    """Ollama, llama.cpp and LM Studio."""
    assert json.dumps(PORTS) == '{"11434": "Ollama", "8080": "llama.cpp", "1234": "LM Studio"}'


def test_ports_that_are_bound_but_silent() -> None:
    """A port that is bound and does not listen is nobody."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        assert listening([silent.getsockname()[1]]) == []


def test_keys_go_before_local_servers() -> None:
    """A local server is taken where there is no key, and before no model at all."""
    ranks = [
        (each.rank, each.headless_rank) for each in (LocalProvider(), OpenAIProvider(), MessagesProvider())
    ]
    assert ranks == sorted(ranks)
    assert ranks[0] == (5, 5)
