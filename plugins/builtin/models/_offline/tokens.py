"""Estimates of tokens, for a model that has none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gaff.hooks import ModelRequest, Usage, encode

if TYPE_CHECKING:
    from .plan import Reply, Step

#: Bytes of JSON or text that make a token, by rule of thumb.
TOKEN_BYTES: Final = 4


class Estimator:
    """Estimates tokens. Keeps the size of tools and system prompt, which stay the same in a session."""

    def __init__(self) -> None:
        self._prefix: tuple[object, object, int] = (None, None, 0)

    def usage(self, request: ModelRequest, step: Step | Reply) -> Usage:
        """Return how many tokens a model would make of the request and of the answer, roughly."""
        return Usage(self._input_bytes(request) // TOKEN_BYTES, max(1, _output_bytes(step) // TOKEN_BYTES))

    def _input_bytes(self, request: ModelRequest) -> int:
        tools, system, size = self._prefix
        if tools is not request.tools or system is not request.system:
            size = len(encode(request.tools)) + len(encode(request.system))
            self._prefix = (request.tools, request.system, size)
        return size + sum(len(message.encoded) for message in request.messages)


def _output_bytes(step: Step | Reply) -> int:
    return len(encode(step.words)) + sum(len(encode(call.input)) + len(call.name) for call in step.calls)
