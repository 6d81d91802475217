"""The body of a Messages API request, put together from bytes that are made once.

The order is tools, system, messages, and each request extends the last one byte for byte but for the
cache breakpoints. Breakpoints (four at most): the last tool, the last system block, the end of what
the last request held, and the end of this one. Source: platform.claude.com/docs/en/build-with-claude/prompt-caching.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from gaff.hooks import Json, JsonObject, Message, ModelError, ModelRequest, encode, list_at, text_at

from ._environment import switched_on

#: Members that are made of the request, not handed through.
OWN_MEMBERS: Final = frozenset({"messages", "model", "stream", "system", "tools"})

#: Members only the Messages API of Anthropic is sure to know.
NOT_FOR_OTHERS: Final = frozenset(
    {
        "betas",
        "compaction",
        "container",
        "context_management",
        "diagnostics",
        "fallbacks",
        "mcp_servers",
        "output_config",
        "service_tier",
        "speed",
        "thread",
    }
)


class MessageEncodings:
    """The messages as bytes; those that the last request already held are not encoded again."""

    def __init__(self, encode_one: Callable[[Message], bytes]) -> None:
        self._encode_one = encode_one
        self._messages: list[Message] = []
        self._encoded: list[bytes] = []

    def of(self, messages: Sequence[Message]) -> list[bytes]:
        """Return the encoding of each message; empty for one that is left out."""
        same = 0
        for known, message in zip(self._messages, messages, strict=False):
            if known is not message:
                break
            same += 1
        del self._messages[same:], self._encoded[same:]
        self._messages += messages[same:]
        self._encoded += map(self._encode_one, messages[same:])
        return self._encoded


def joined(opening: Sequence[bytes], messages: Sequence[bytes]) -> bytes:
    """Return a body: its other members, then the messages that are not empty, copied once."""
    kept = [message for message in messages if message] or [b""]
    kept[0] = b"".join((*opening, b',"messages":[', kept[0]))
    kept[-1] += b"]}"
    return b",".join(kept)


class BodyEncoder:
    """Makes the bodies of one model's requests.

    ``foreign`` servers get only what every server of the protocol knows. ``cache`` is the
    ``cache_control`` object, ``None`` for no breakpoints. ``additions`` are the user's own members.
    """

    def __init__(
        self,
        model: str,
        *,
        cache: JsonObject | None,
        foreign: bool = False,
        additions: JsonObject | None = None,
    ) -> None:
        self._model = model
        self._cache = cache
        self._mark = b"" if cache is None else b',"cache_control":' + encode(cache)
        self._foreign = foreign
        self._additions: JsonObject = additions or {}
        self._messages = MessageEncodings(_without_unsigned_thinking)
        self._tools = _PrefixPart("tools")
        self._system = _PrefixPart("system")

    def encode(self, request: ModelRequest) -> bytes:
        """Return the request as the server takes it.

        Raises:
            ModelError: ``request.extra`` holds a member that is not handed through.
        """
        parts = list(self._messages.of(request.messages))
        if self._cache is not None:
            for end in {min(request.previous, len(parts)), len(parts)} - {0}:
                parts[end - 1] = self._marked(parts[end - 1], request.messages[end - 1])
        opening = (encode(self._head(request))[:-1], self._tools.encode(request.tools, self._cache))
        return joined((*opening, self._system.encode(request.system, self._cache)), parts)

    def betas(self, request: ModelRequest) -> list[str]:
        """Return the names that ``extra["betas"]`` adds to the ``anthropic-beta`` header."""
        return [] if self._foreign else [str(beta) for beta in list_at(request.extra, "betas")]

    def _head(self, request: ModelRequest) -> JsonObject:
        left_out = NOT_FOR_OTHERS if self._foreign else {"betas"}
        extra = {name: value for name, value in request.extra.items() if name not in left_out}
        if taken := ", ".join(sorted(OWN_MEMBERS & extra.keys())):
            text = (
                f"A plugin put {taken} into the extra members of the request; it should change the request."
            )
            raise ModelError("invalid_request", text)
        head: dict[str, Json] = {"model": self._model, "max_tokens": request.max_tokens, "stream": True}
        if request.thinking and not self._foreign:
            head["thinking"] = request.thinking
        if request.metadata and not self._foreign:
            head["metadata"] = request.metadata
        return {**head, **extra, **self._additions}

    def _marked(self, encoded: bytes, message: Message) -> bytes:
        """Return an encoded message with a breakpoint on its last block, where one may be."""
        if not encoded or not message.content or not _may_be_marked(message.content[-1]):
            return encoded
        return encoded[:-3] + self._mark + encoded[-3:]


class _PrefixPart:
    """Tools or system blocks as bytes, made anew only when they change."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._blocks: tuple[JsonObject, ...] = ()
        self._encoded = b""

    def encode(self, blocks: tuple[JsonObject, ...], cache: JsonObject | None) -> bytes:
        if blocks != self._blocks:
            *most, last = blocks or ({},)
            if cache is not None and "cache_control" not in last:
                last = {**last, "cache_control": cache}
            self._encoded = f',"{self._name}":'.encode() + encode([*most, last]) if blocks else b""
            self._blocks = blocks
        return self._encoded


def check_extra(extra: JsonObject) -> None:
    """See that no plugin hands through what is made of the request itself.

    Raises:
        ModelError: one does.
    """
    if taken := ", ".join(sorted(OWN_MEMBERS & extra.keys())):
        text = f"A plugin put {taken} into the extra members of the request; it should change the request."
        raise ModelError("invalid_request", text)


def cache_control(model: str, environ: Mapping[str, str], settings: JsonObject) -> JsonObject | None:
    """Return the ``cache_control`` object the user wants; ``None`` where caching is switched off.

    ``DISABLE_PROMPT_CACHING``, and the same with ``_OPUS``, ``_SONNET``, ``_HAIKU`` or ``_FABLE``, switch
    it off; ``ENABLE_PROMPT_CACHING_1H`` or ``promptCacheTtl: "1h"`` keep it an hour, unless
    ``FORCE_PROMPT_CACHING_5M`` is set.
    """
    families = [name for name in ("OPUS", "SONNET", "HAIKU", "FABLE") if name.lower() in model]
    if any(
        switched_on(environ, f"DISABLE_PROMPT_CACHING{end}")
        for end in ["", *(f"_{name}" for name in families)]
    ):
        return None
    wanted = switched_on(environ, "ENABLE_PROMPT_CACHING_1H") or text_at(settings, "promptCacheTtl") == "1h"
    if wanted and not switched_on(environ, "FORCE_PROMPT_CACHING_5M"):
        return {"type": "ephemeral", "ttl": "1h"}
    return {"type": "ephemeral"}


def _may_be_marked(block: JsonObject) -> bool:
    kind = block.get("type")
    if "cache_control" in block or kind in ("thinking", "redacted_thinking"):
        return False
    return kind != "text" or bool(text_at(block, "text"))


def _without_unsigned_thinking(message: Message) -> bytes:
    """Return the message as bytes, without thinking of models of other protocols: the API checks signatures."""
    kept = tuple(
        block for block in message.content if block.get("type") != "thinking" or block.get("signature")
    )
    if len(kept) == len(message.content):
        return message.encoded
    return Message(message.role, kept).encoded if kept else b""
