"""Events of gaff's own, beside the documented ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from ..errors import ModelError
from ..interface import Question
from ..models import ModelRequest
from ..permissions import Action, Verdict
from ..values import JsonObject
from .base import Event

if TYPE_CHECKING:
    from ..session import Session


@dataclass(frozen=True, kw_only=True)
class PermissionCheck(Event):
    """One action of a call is judged."""

    name: ClassVar[str] = "PermissionCheck"
    tells_mode: ClassVar[bool] = True
    session: Session
    tool_name: str
    tool_input: JsonObject
    action: Action
    #: Whether the tool says that this call changes nothing.
    read_only: bool = False

    def own_fields(self) -> JsonObject:
        return {"tool_name": self.tool_name, "tool_input": self.tool_input, "target": self.action.target}


@dataclass(frozen=True, kw_only=True)
class PermissionReview(Event):
    """A call is to be asked for, by the votes on its actions; a reviewer may decide in the user's place."""

    name: ClassVar[str] = "PermissionReview"
    tells_mode: ClassVar[bool] = True
    session: Session
    tool_name: str
    tool_input: JsonObject
    tool_use_id: str
    #: The actions that are not allowed yet, each with what was said of it.
    asked: tuple[tuple[Action, Verdict], ...]
    #: Whether the answer is only wanted to be known: nothing will run, so nothing is to be kept or counted.
    preview: bool = False

    def own_fields(self) -> JsonObject:
        return {"tool_name": self.tool_name, "tool_input": self.tool_input, "tool_use_id": self.tool_use_id}


@dataclass(frozen=True, kw_only=True)
class PathsListed(Event):
    """A tool is about to show the model these files, found by a search."""

    name: ClassVar[str] = "PathsListed"
    session: Session
    paths: tuple[str, ...]

    def own_fields(self) -> JsonObject:
        return {"paths": list(self.paths)}


@dataclass(frozen=True, kw_only=True)
class ModelRequested(Event):
    """A request is about to be sent."""

    name: ClassVar[str] = "ModelRequested"
    session: Session
    provider: str
    model: str
    request: ModelRequest


@dataclass(frozen=True, kw_only=True)
class ModelStreamBatch(Event):
    """Stream events of the answer under way, some at a time, in order.

    The last batch of an attempt that failed carries how it failed; it may hold no events.
    """

    name: ClassVar[str] = "ModelStreamBatch"
    session: Session
    events: Sequence[JsonObject]
    error: ModelError | None = None


@dataclass(frozen=True, kw_only=True)
class PluginFailed(Event):
    """An implementation of a hook failed or took too long."""

    name: ClassVar[str] = "PluginFailed"
    plugin: str
    hook: str
    reason: str
    #: Whether the plugin was switched off for failing again and again.
    suspended: bool = False

    def own_fields(self) -> JsonObject:
        return {"plugin": self.plugin, "hook": self.hook, "reason": self.reason, "suspended": self.suspended}


@dataclass(frozen=True, kw_only=True)
class UserAsked(Event):
    """The user is to be asked something."""

    name: ClassVar[str] = "UserAsked"
    session: Session
    question: Question

    def own_fields(self) -> JsonObject:
        return {"title": self.question.title, "text": self.question.text}
