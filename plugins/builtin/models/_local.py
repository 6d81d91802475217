"""Model servers on this machine: which ones listen, and which models they have.

Ollama, llama.cpp and LM Studio all serve the Messages API on a port of their own. Asking costs
0.2 ms where nothing listens; only 127.0.0.1 is ever asked.
"""

from __future__ import annotations

import errno
import json
import select
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, cast

from gaff.hooks import Json, JsonObject, list_at, number_at, object_at, text_at

#: The usual ports and whose they are.
PORTS: Final[Mapping[int, str]] = {11434: "Ollama", 8080: "llama.cpp", 1234: "LM Studio"}

_HOST: Final = "127.0.0.1"
_CONNECT: Final = 0.002
_ANSWER: Final = 0.5
_LONGEST: Final = 1024 * 1024
_WINDOW_NAMES: Final = (
    "loaded_context_length",
    "context_length",
    "max_model_len",
    "max_context_length",
    "n_ctx",
)


@dataclass(frozen=True)
class LocalModel:
    """A model that a local server offers."""

    name: str
    #: Its window in tokens, where the server says.
    context_window: int | None


@dataclass(frozen=True)
class LocalServer:
    """A model server that listens on this machine."""

    #: Whose port it is: ``Ollama``.
    program: str
    address: str
    models: tuple[LocalModel, ...]


def local_servers(ports: Sequence[int] = tuple(PORTS)) -> tuple[LocalServer, ...]:
    """Return the model servers that listen on these ports and have a model; takes 2 ms where none does."""
    found: list[LocalServer] = []
    for port in listening(ports):
        address = f"http://{_HOST}:{port}"
        if models := offered_models(f"{address}/v1/models"):
            found.append(LocalServer(PORTS.get(port, f"port {port}"), address, models))
    return tuple(found)


def listening(ports: Sequence[int]) -> list[int]:
    """Return those of the ports on which something accepts connections."""
    poll = select.poll()
    waiting: dict[int, tuple[socket.socket, int]] = {}
    for port in ports:
        attempt = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        attempt.setblocking(False)
        if attempt.connect_ex((_HOST, port)) in (0, errno.EINPROGRESS):
            poll.register(attempt, select.POLLOUT)
            waiting[attempt.fileno()] = (attempt, port)
        else:
            attempt.close()
    ready = {descriptor for descriptor, _ in poll.poll(_CONNECT * 1000)} if waiting else set[int]()
    found: list[int] = []
    for descriptor, (attempt, port) in waiting.items():
        if descriptor in ready and attempt.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0:
            found.append(port)
        attempt.close()
    return found


def offered_models(url: str, headers: Mapping[str, str] | None = None) -> tuple[LocalModel, ...]:
    """Return what a models endpoint lists, embedding models left out; nothing where it does not answer.

    Blocks for half a second at most, so it is for this machine only. ``url`` is plain ``http``.
    """
    from http.client import HTTPConnection, HTTPException
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or _HOST, parts.port or 80, timeout=_ANSWER)
    try:
        connection.request("GET", parts.path, headers=dict(headers or {}))
        answer = connection.getresponse()
        listed: object = json.loads(answer.read(_LONGEST)) if answer.status == 200 else {}
    except (OSError, HTTPException, ValueError, RecursionError):
        return ()
    finally:
        connection.close()
    entries = list_at(cast("JsonObject", listed), "data") if isinstance(listed, dict) else ()
    return tuple(model for entry in entries if (model := _model_of(entry)))


def _model_of(entry: Json) -> LocalModel | None:
    if not isinstance(entry, Mapping):
        return None
    name = text_at(entry, "id")
    if not name or not name.isprintable() or "embed" in name.lower():
        return None
    windows = [number_at(place, key) for place in (entry, object_at(entry, "meta")) for key in _WINDOW_NAMES]
    return LocalModel(name, next((window for window in windows if window > 0), None))
