"""Events in the life of a session."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from ..values import JsonObject
from .base import Event


@dataclass(frozen=True, kw_only=True)
class SessionStart(Event):
    """A session begins or goes on. ``source``: startup, resume, clear, compact or fork."""

    name: ClassVar[str] = "SessionStart"
    source: str
    model: str | None = None
    session_title: str | None = None

    @property
    def matched(self) -> str:
        return self.source

    def own_fields(self) -> JsonObject:
        return {"source": self.source, "model": self.model, "session_title": self.session_title}


@dataclass(frozen=True, kw_only=True)
class Setup(Event):
    """A project is being prepared. ``trigger``: init or maintenance."""

    name: ClassVar[str] = "Setup"
    trigger: str

    @property
    def matched(self) -> str:
        return self.trigger

    def own_fields(self) -> JsonObject:
        return {"trigger": self.trigger}


@dataclass(frozen=True, kw_only=True)
class SessionEnd(Event):
    """A session ends. ``reason``: clear, resume, logout, prompt_input_exit or other."""

    name: ClassVar[str] = "SessionEnd"
    reason: str

    @property
    def matched(self) -> str:
        return self.reason

    def own_fields(self) -> JsonObject:
        return {"reason": self.reason}


@dataclass(frozen=True, kw_only=True)
class Stop(Event):
    """The model finished its turn by itself, not by the user's interrupt."""

    name: ClassVar[str] = "Stop"
    tells_mode: ClassVar[bool] = True
    tells_effort: ClassVar[bool] = True
    #: True while the turn goes on only because a Stop hook objected.
    stop_hook_active: bool
    last_assistant_message: str
    background_tasks: Sequence[JsonObject] = ()
    session_crons: Sequence[JsonObject] = ()

    def own_fields(self) -> JsonObject:
        return {
            "stop_hook_active": self.stop_hook_active,
            "last_assistant_message": self.last_assistant_message,
            "background_tasks": list(self.background_tasks),
            "session_crons": list(self.session_crons),
        }


@dataclass(frozen=True, kw_only=True)
class StopFailure(Event):
    """A turn was ended by an error of the model's server."""

    name: ClassVar[str] = "StopFailure"
    #: rate_limit, overloaded, authentication_failed, billing_error, invalid_request ...
    error: str
    error_details: str | None = None
    last_assistant_message: str | None = None

    @property
    def matched(self) -> str:
        return self.error

    def own_fields(self) -> JsonObject:
        return {
            "error": self.error,
            "error_details": self.error_details,
            "last_assistant_message": self.last_assistant_message,
        }


@dataclass(frozen=True, kw_only=True)
class Notification(Event):
    """The user's attention is wanted. ``notification_type``: permission_prompt, idle_prompt ..."""

    name: ClassVar[str] = "Notification"
    message: str
    notification_type: str
    title: str | None = None

    @property
    def matched(self) -> str:
        return self.notification_type

    def own_fields(self) -> JsonObject:
        return {"message": self.message, "title": self.title, "notification_type": self.notification_type}
