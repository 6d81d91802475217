"""Events around tool calls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from ..permissions import PermissionUpdate
from ..values import Json, JsonObject
from .base import Event


@dataclass(frozen=True, kw_only=True)
class ToolEvent(Event):
    """What the tool events share. ``tool_input`` is the input as hooks see it: paths absolute."""

    tells_mode: ClassVar[bool] = True
    tells_effort: ClassVar[bool] = True
    tool_name: str
    tool_input: JsonObject

    @property
    def matched(self) -> str:
        return self.tool_name


@dataclass(frozen=True, kw_only=True)
class PreToolUse(ToolEvent):
    """A call with a valid input is about to be judged."""

    name: ClassVar[str] = "PreToolUse"
    tool_use_id: str

    def own_fields(self) -> JsonObject:
        return {"tool_name": self.tool_name, "tool_input": self.tool_input, "tool_use_id": self.tool_use_id}


@dataclass(frozen=True, kw_only=True)
class PermissionRequest(ToolEvent):
    """A call needs the user's permission; a hook may answer in the user's place."""

    name: ClassVar[str] = "PermissionRequest"
    permission_suggestions: Sequence[PermissionUpdate] = ()

    def own_fields(self) -> JsonObject:
        suggestions = [update.to_json() for update in self.permission_suggestions]
        return {
            "tool_name": self.tool_name,
            "tool_input": self.tool_input,
            "permission_suggestions": suggestions or None,
        }


@dataclass(frozen=True, kw_only=True)
class PermissionDenied(ToolEvent):
    """Auto mode denied a call."""

    name: ClassVar[str] = "PermissionDenied"
    tool_use_id: str
    reason: str

    def own_fields(self) -> JsonObject:
        return {
            "tool_name": self.tool_name,
            "tool_input": self.tool_input,
            "tool_use_id": self.tool_use_id,
            "reason": self.reason,
        }


@dataclass(frozen=True, kw_only=True)
class PostToolUse(ToolEvent):
    """A call succeeded."""

    name: ClassVar[str] = "PostToolUse"
    tool_use_id: str
    tool_response: Json
    duration_ms: int | None = None

    def own_fields(self) -> JsonObject:
        return {
            "tool_name": self.tool_name,
            "tool_input": self.tool_input,
            "tool_response": self.tool_response,
            "tool_use_id": self.tool_use_id,
            "duration_ms": self.duration_ms,
        }


@dataclass(frozen=True, kw_only=True)
class PostToolUseFailure(ToolEvent):
    """A call failed while it ran; not one that was invalid or denied."""

    name: ClassVar[str] = "PostToolUseFailure"
    tool_use_id: str
    error: str
    is_interrupt: bool | None = None
    duration_ms: int | None = None

    def own_fields(self) -> JsonObject:
        return {
            "tool_name": self.tool_name,
            "tool_input": self.tool_input,
            "tool_use_id": self.tool_use_id,
            "error": self.error,
            "is_interrupt": self.is_interrupt,
            "duration_ms": self.duration_ms,
        }


@dataclass(frozen=True, kw_only=True)
class PostToolBatch(Event):
    """All calls of one answer are through.

    Each of ``tool_calls`` has ``tool_name``, ``tool_use_id``, ``tool_input`` as the other events of the
    call tell it, and ``tool_response``, the content the model will read.
    """

    name: ClassVar[str] = "PostToolBatch"
    tells_mode: ClassVar[bool] = True
    tells_effort: ClassVar[bool] = True
    tool_calls: Sequence[JsonObject]

    def own_fields(self) -> JsonObject:
        return {"tool_calls": list(self.tool_calls)}
