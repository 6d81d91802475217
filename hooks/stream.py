"""What a session tells its faces, as it happens."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from .messages import Message, ToolCall, Usage
from .permissions import PermissionMode
from .tools import ToolOutcome
from .values import JsonObject


@dataclass(frozen=True)
class SessionEvent:
    """Something that happened in a session."""


@dataclass(frozen=True)
class TurnStarted(SessionEvent):
    """A prompt was taken; the model is about to be asked."""

    prompt_id: str


@dataclass(frozen=True)
class ModelStreamed(SessionEvent):
    """One raw stream event of the Messages API, for clients that want the stream itself."""

    event: JsonObject


@dataclass(frozen=True)
class Delta(SessionEvent):
    """New text of the answer under way. Neighbours are joined while nobody reads."""

    kind: Literal["text", "thinking"]
    text: str


@dataclass(frozen=True)
class MessageAdded(SessionEvent):
    """A message is complete and in the transcript.

    ``raw`` is, for an assistant message, the API's message object (id, model, usage, stop_reason).
    ``outcomes`` are, for a user message, the tool results in it. ``synthetic`` marks messages that
    neither the user nor the model wrote.
    """

    message: Message
    uuid: str
    raw: JsonObject = field(default_factory=dict[str, str])
    outcomes: tuple[ToolOutcome, ...] = ()
    synthetic: bool = False


@dataclass(frozen=True)
class ToolStarted(SessionEvent):
    """A call passed the gate and runs now; ``input`` is what runs, after hooks."""

    call: ToolCall
    input: JsonObject


@dataclass(frozen=True)
class ToolProgress(SessionEvent):
    """New output of a running call."""

    call: ToolCall
    text: str


@dataclass(frozen=True)
class ToolFinished(SessionEvent):
    """A call ended, however it ended."""

    outcome: ToolOutcome


@dataclass(frozen=True)
class RetryScheduled(SessionEvent):
    """The model's server failed in a passing way; another attempt follows after ``delay`` seconds."""

    attempt: int
    max_retries: int
    delay: float
    error: str
    kind: str
    status: int | None = None


@dataclass(frozen=True)
class Notice(SessionEvent):
    """A line for the user that belongs to no call."""

    level: Literal["info", "notice", "warning", "error"]
    text: str


@dataclass(frozen=True)
class ModeChanged(SessionEvent):
    """The permission mode changed."""

    mode: PermissionMode


@dataclass(frozen=True)
class ModelChanged(SessionEvent):
    """The session has another model from the next request on."""

    model: str


@dataclass(frozen=True)
class DirectoryChanged(SessionEvent):
    """The session's current directory changed."""

    old: str
    new: str


@dataclass(frozen=True)
class CompactionStarted(SessionEvent):
    """The conversation is being compacted. ``trigger``: manual or auto."""

    trigger: str


@dataclass(frozen=True)
class CompactionFinished(SessionEvent):
    """The conversation was compacted, by these strategies; by none where nothing came of it.

    ``before`` and ``after`` are tokens of a request, ``drops`` is what each strategy took out, ``uuid``
    that of the boundary in the transcript.
    """

    trigger: str
    strategies: tuple[str, ...] = ()
    before: int = 0
    after: int = 0
    drops: tuple[str, ...] = ()
    uuid: str = ""

    @property
    def line(self) -> str:
        """What was done, in one line for the user; empty where nothing was."""
        if not self.strategies:
            return ""
        names = ", ".join(self.strategies)
        return f"Conversation compacted by {names}: about {self.before:,} → {self.after:,} tokens."


@dataclass(frozen=True)
class QueueChanged(SessionEvent):
    """Prompts that wait for the running turn, oldest first."""

    prompts: tuple[str, ...]


@dataclass(frozen=True)
class PluginsChanged(SessionEvent):
    """A plugin was loaded anew, or is gone; ``changes`` says of what it contributes what is different."""

    plugin: str
    changes: tuple[str, ...]


@dataclass(frozen=True)
class TurnFinished(SessionEvent):
    """A turn ended; ``result`` says how."""

    result: TurnResult


@dataclass(frozen=True)
class Denial:
    """A call the gate did not let through."""

    tool_name: str
    tool_use_id: str
    tool_input: JsonObject


@dataclass(frozen=True)
class TurnResult:
    """How a turn ended.

    ``subtype`` and ``terminal_reason`` are those of the documented result message;
    ``text`` is the model's last text, or the error in words where ``is_error``.
    """

    subtype: Literal["success", "error_max_turns", "error_during_execution", "error_max_budget_usd"]
    terminal_reason: str
    is_error: bool
    text: str
    turns: int
    duration_ms: int
    api_ms: int
    usage: Usage
    usage_by_model: tuple[tuple[str, Usage], ...] = ()
    cost_by_model: tuple[tuple[str, float], ...] = ()
    cost_usd: float = 0.0
    stop_reason: str | None = None
    error_status: int | None = None
    denials: tuple[Denial, ...] = ()
    first_token_ms: int | None = None
    #: The call that a hook put off until the session is resumed.
    deferred: ToolCall | None = None
