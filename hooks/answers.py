"""What event hooks return. Leave out what you do not mean; return ``None`` for no answer."""

from __future__ import annotations

from dataclasses import dataclass

from .tools import ToolOutput
from .values import JsonObject


@dataclass(frozen=True, kw_only=True)
class HookAnswer:
    """What every answer may carry."""

    #: For the model, as a system reminder where the event belongs.
    additional_context: str | None = None
    #: A warning to the user.
    system_message: str | None = None
    #: End the turn after this event; ``stop_reason`` tells the user why.
    stop: bool = False
    stop_reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class SessionStartAnswer(HookAnswer):
    """Answer to ``gaff_session_start``."""

    initial_user_message: str | None = None
    session_title: str | None = None
    watch_paths: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class FeedbackAnswer(HookAnswer):
    """Answer of hooks that may object after the fact: ``block`` is the reason, told to the model."""

    block: str | None = None


@dataclass(frozen=True, kw_only=True)
class ToolFeedback:
    """The value ``gaff_post_tool_use`` hands on: the result, and what hooks add to it."""

    output: ToolOutput
    #: Objections, told to the model beside the result.
    objections: tuple[str, ...] = ()
    contexts: tuple[str, ...] = ()
    system_messages: tuple[str, ...] = ()
    #: For the auto-mode classifier, at most 2,000 characters.
    classifier_context: str | None = None
    stop: bool = False
    stop_reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class RetryAnswer(HookAnswer):
    """Answer to ``gaff_permission_denied``."""

    retry: bool = False


@dataclass(frozen=True, kw_only=True)
class WatchAnswer(HookAnswer):
    """Answer to ``gaff_cwd_changed`` and ``gaff_file_changed``."""

    watch_paths: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ElicitationAnswer(HookAnswer):
    """Answer to ``gaff_elicitation`` and ``gaff_elicitation_result``."""

    action: str
    content: JsonObject | None = None
