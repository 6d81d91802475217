"""Models as plugins: what a provider offers, what a model is asked, what it streams back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from .messages import Message, Usage
from .values import JsonObject

#: Variables that are for gaff alone, since they open a way to a provider: no child process gets them.
SECRETS: Final = (
    "ANTHROPIC_API_KEY",
    "ANTHROPIC_AUTH_TOKEN",
    "ANTHROPIC_CUSTOM_HEADERS",
    "CLAUDE_CODE_CLIENT_KEY_PASSPHRASE",
    "CLAUDE_CODE_OAUTH_REFRESH_TOKEN",
    "CLAUDE_CODE_OAUTH_TOKEN",
    "OPENAI_API_KEY",
)


@dataclass(frozen=True)
class Price:
    """US dollars for a million tokens."""

    input: float
    output: float
    cache_write: float
    cache_read: float

    def of(self, usage: Usage) -> float:
        """Return the cost of this usage in US dollars."""
        return (
            usage.input_tokens * self.input
            + usage.output_tokens * self.output
            + usage.cache_creation_input_tokens * self.cache_write
            + usage.cache_read_input_tokens * self.cache_read
        ) / 1_000_000


@dataclass(frozen=True)
class ModelLimits:
    """What a model can take, in tokens, and what it costs; ``price`` is ``None`` where unknown or free."""

    context_window: int = 200_000
    max_output_tokens: int = 32_000
    price: Price | None = None
    #: Levels of effort it can be asked for, lowest first; empty where it knows none.
    efforts: tuple[str, ...] = ()
    #: The level it works at where nobody asks for one.
    default_effort: str = "high"


@dataclass(frozen=True)
class ModelRequest:
    """One request. Order in the prompt: tools, system, messages; each request extends the last.

    ``previous`` is how many of ``messages`` the last request already held (0 for the first): a
    provider with a prompt cache puts its breakpoints at the end of tools, of system, of the
    previous messages and of all messages.
    """

    system: tuple[JsonObject, ...]
    tools: tuple[JsonObject, ...]
    messages: tuple[Message, ...]
    max_tokens: int
    previous: int = 0
    #: Passed through to the server: ``{"type": "adaptive"}``, ``{"type": "enabled", "budget_tokens": n}`` ...
    thinking: JsonObject | None = None
    #: Who asks, for servers that keep statistics: never a person's name.
    metadata: JsonObject = field(default_factory=dict[str, str])
    #: Further members of the request body, by name; what a ``gaff_model_request`` plugin may add.
    extra: JsonObject = field(default_factory=dict[str, str])


class Model(ABC):
    """One model of one provider, ready to be asked."""

    #: Name of the provider, as in ``--model provider:name``.
    provider: str
    #: The name the server knows the model by.
    name: str
    limits: ModelLimits

    @abstractmethod
    def stream(self, request: ModelRequest) -> AsyncIterator[JsonObject]:
        """Ask, and yield the answer as stream events of the Messages API.

        ``message_start``, then for each block ``content_block_start``, ``content_block_delta`` and
        ``content_block_stop``, then ``message_delta`` and ``message_stop``. Providers of other
        protocols translate. The kernel puts the message together, checks it and tries again;
        so a model makes one attempt, and closing the iterator closes the connection.

        Raises:
            ModelError: the request failed, or the stream ended too early or stalled.
        """

    async def aclose(self) -> None:
        """Close what the model keeps open."""


class ModelProvider(ABC):
    """Where models come from."""

    #: The word before the colon in ``--model provider:name``.
    name: str
    #: One line for lists.
    summary: str
    #: Short names for models: ``{"opus": "the-full-name"}``.
    aliases: Mapping[str, str] = {}

    @abstractmethod
    def open(self, name: str, environ: Mapping[str, str], settings: JsonObject) -> Model:
        """Return the model of this name; the provider's default where ``name`` is empty.

        Raises:
            UsageError: there is no such model, or something it needs is not set.
        """

    def is_available(self, environ: Mapping[str, str], settings: JsonObject) -> bool:
        """Whether this provider could answer now; used to pick one when the user named none."""
        return False

    #: Providers are asked from high to low when the user named none; headless runs ask ``headless_rank``.
    rank: int = 0
    headless_rank: int = 0
