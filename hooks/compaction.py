"""Compaction as plugins: how a conversation that outgrows the model's window is made smaller.

The kernel splits the conversation: ``recent`` it keeps word for word, and so it does with the user's last
prompt; what a strategy answers takes the place of ``older``. So no strategy can lose what the model is at
work on, and none ever touches the session. The transcript is never cut.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final, Protocol, TypeAlias

from .messages import Message
from .values import JsonObject, is_object, list_at, object_at, text_at

if TYPE_CHECKING:
    from .models import Model
    from .stream import CompactionFinished

#: Bytes of JSON that make a token, on average.
BYTES_OF_A_TOKEN: Final = 4
#: Tokens of an image or a document, whatever its bytes.
_MEDIA_TOKENS: Final = 1_600
_NOTE: Final = "<compacted>"


def estimate_tokens(*messages: Message) -> int:
    """Return about how many tokens messages take in a request."""
    total = 0
    for message in messages:
        media = list(_media(message.content)) if b'"base64"' in message.encoded else []
        text = len(message.encoded) - sum(map(len, media))
        total += text // BYTES_OF_A_TOKEN + 1 + len(media) * _MEDIA_TOKENS
    return total


def _media(content: Sequence[object]) -> Iterator[str]:
    """Yield the base64 data in content blocks, those inside tool results too."""
    for block in content:
        if is_object(block):
            if data := text_at(object_at(block, "source"), "data"):
                yield data
            yield from _media(list_at(block, "content"))


def compaction_note(text: str) -> Message:
    """Return a user message that tells the model what was taken out: marked as not said by the user."""
    return Message.user(f"{_NOTE}\n{text}\n</compacted>")


def is_compaction_note(block: JsonObject) -> bool:
    """Whether a content block is the text of a ``compaction_note``."""
    return text_at(block, "text").startswith(_NOTE)


class AskModel(Protocol):
    """Asks the session's model something, beside the conversation."""

    async def __call__(self, prompt: str, *, system: str = "", max_tokens: int = 8_192) -> str:
        """Return the text of the answer. Faults that may pass are retried; the cost counts for the session.

        Raises:
            ModelError: there is no answer, or it reached ``max_tokens``.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class ConversationSnapshot:
    """The conversation a strategy is asked about."""

    #: What may be changed. Every tool call in it has its result in it.
    older: tuple[Message, ...]
    #: What follows and is kept as it is.
    recent: tuple[Message, ...]
    #: ``older`` as it was before cheaper strategies of the same compaction cut it.
    before: tuple[Message, ...]
    #: Tokens of the whole request, system prompt and tools included.
    tokens: int
    #: The session's model, for its name and limits; ``ask`` is how to ask it.
    model: Model
    ask: AskModel
    #: The transcript, which keeps everything: where a pointer should lead. ``None`` where none is kept.
    transcript: Path | None = None
    #: Call it with the reason where there is no plan: the user reads it.
    decline: Callable[[str], None] = field(default=lambda reason: None, repr=False)

    def saving(self, messages: Sequence[Message]) -> int:
        """Return about how many tokens are saved by putting ``messages`` in the place of ``older``."""
        return estimate_tokens(*self.older) - estimate_tokens(*messages)


@dataclass(frozen=True, kw_only=True)
class CompactionPreview:
    """What a strategy would do."""

    #: Tokens, estimated.
    saves: int
    #: What is taken out, in one line for the user: ``14 results of tools``.
    drops: str
    #: What it leaves behind to find that again, in one line for the user.
    pointer: str = ""


@dataclass(frozen=True, kw_only=True)
class CompactionPlan(CompactionPreview):
    """What a strategy wants done."""

    #: What takes the place of the snapshot's ``older``. Calls stay with their results.
    messages: tuple[Message, ...]
    #: For hooks: the summary in ``messages``, where there is one.
    summary: str = ""


Planned: TypeAlias = "CompactionPlan | Awaitable[CompactionPlan | None] | None"
Previewed: TypeAlias = "CompactionPreview | Awaitable[CompactionPreview | None] | None"


class CompactionStrategy(ABC):
    """A way to make a conversation smaller."""

    name: ClassVar[str]
    #: One line for lists.
    summary: ClassVar[str]
    #: Strategies are tried from low to high: 10 costs nothing, 90 asks a model.
    rank: ClassVar[int] = 50

    @abstractmethod
    def plan(self, snapshot: ConversationSnapshot, wanted: int, focus: str) -> Planned:
        """Return what to do to save about ``wanted`` tokens, or ``None`` where nothing is to be had.

        ``focus`` is what the user wants kept, or empty. May be ``async def``; a plain function runs in a
        worker thread. A plan that saves nothing, or parts a call from its result, is not carried out.
        """

    def preview(self, snapshot: ConversationSnapshot, wanted: int, focus: str) -> Previewed:
        """Return what ``plan`` would do. Override it where ``plan`` costs something: here ``ask`` refuses."""
        return self.plan(snapshot, wanted, focus)


@dataclass(frozen=True)
class StrategyPreview:
    """What one strategy would do to a conversation as it is, or why it would do nothing."""

    strategy: str
    preview: CompactionPreview | None
    reason: str = ""


class Compaction(Protocol):
    """A session's compaction, for commands."""

    async def run(self, focus: str = "") -> CompactionFinished:
        """Compact the conversation now.

        Raises:
            UsageError: a turn is running, a hook refused, or nothing can be saved; the message says which.
            SessionError: the transcript cannot be written; the conversation is as before.
        """
        ...

    async def preview(self, focus: str = "") -> Sequence[StrategyPreview]:
        """Return what each strategy would do, the cheapest first; nothing is done and no model is asked."""
        ...

    async def undo(self) -> int:
        """Take the newest compaction back, keep what was said since, and return how many messages there are.

        As long as the session is open it is then not compacted by itself, unless the server refuses it.

        Raises:
            UsageError: there is none, or a turn is running.
            SessionError: the transcript cannot be read or written.
        """
        ...

    @property
    def tokens(self) -> int:
        """Tokens the next request will take: as counted for the last one, and estimated beyond it."""
        ...

    @property
    def threshold(self) -> int | None:
        """Tokens from which on the conversation is compacted by itself; ``None`` where that is turned off."""
        ...
