"""Events around what the user sends and what is shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ..messages import PromptOrigin
from ..values import JsonObject
from .base import Event


@dataclass(frozen=True, kw_only=True)
class UserPromptSubmit(Event):
    """A prompt was sent and is about to reach the model; ``origin`` says who sent it, and is no part of the JSON."""

    name: ClassVar[str] = "UserPromptSubmit"
    tells_mode: ClassVar[bool] = True
    prompt: str
    origin: PromptOrigin = "human"

    def own_fields(self) -> JsonObject:
        return {"prompt": self.prompt}


@dataclass(frozen=True, kw_only=True)
class UserPromptExpansion(Event):
    """A command the user typed is about to become a prompt."""

    name: ClassVar[str] = "UserPromptExpansion"
    tells_mode: ClassVar[bool] = True
    #: slash_command or mcp_prompt
    expansion_type: str
    command_name: str
    command_args: str
    command_source: str
    prompt: str

    @property
    def matched(self) -> str:
        return self.command_name

    def own_fields(self) -> JsonObject:
        return {
            "expansion_type": self.expansion_type,
            "command_name": self.command_name,
            "command_args": self.command_args,
            "command_source": self.command_source,
            "prompt": self.prompt,
        }


@dataclass(frozen=True, kw_only=True)
class MessageDisplay(Event):
    """Text of the model is about to be shown: a batch of whole lines, once a message without a screen."""

    name: ClassVar[str] = "MessageDisplay"
    turn_id: str
    message_id: str
    index: int
    final: bool
    delta: str

    def own_fields(self) -> JsonObject:
        return {
            "turn_id": self.turn_id,
            "message_id": self.message_id,
            "index": self.index,
            "final": self.final,
            "delta": self.delta,
        }


@dataclass(frozen=True, kw_only=True)
class InstructionsLoaded(Event):
    """A memory or rules file entered the context."""

    name: ClassVar[str] = "InstructionsLoaded"
    file_path: str
    #: User, Project, Local or Managed.
    memory_type: str
    #: session_start, nested_traversal, path_glob_match, include or compact.
    load_reason: str
    globs: tuple[str, ...] | None = None
    trigger_file_path: str | None = None
    parent_file_path: str | None = None

    @property
    def matched(self) -> str:
        return self.load_reason

    def own_fields(self) -> JsonObject:
        return {
            "file_path": self.file_path,
            "memory_type": self.memory_type,
            "load_reason": self.load_reason,
            "globs": None if self.globs is None else list(self.globs),
            "trigger_file_path": self.trigger_file_path,
            "parent_file_path": self.parent_file_path,
        }


@dataclass(frozen=True, kw_only=True)
class Elicitation(Event):
    """An MCP server asks the user something."""

    name: ClassVar[str] = "Elicitation"
    tells_mode: ClassVar[bool] = True
    mcp_server_name: str
    message: str
    mode: str | None = None
    url: str | None = None
    elicitation_id: str | None = None
    requested_schema: JsonObject | None = None

    @property
    def matched(self) -> str:
        return self.mcp_server_name

    def own_fields(self) -> JsonObject:
        return {
            "mcp_server_name": self.mcp_server_name,
            "message": self.message,
            "mode": self.mode,
            "url": self.url,
            "elicitation_id": self.elicitation_id,
            "requested_schema": self.requested_schema,
        }


@dataclass(frozen=True, kw_only=True)
class ElicitationResult(Event):
    """The user answered an MCP server. ``action``: accept, decline or cancel."""

    name: ClassVar[str] = "ElicitationResult"
    tells_mode: ClassVar[bool] = True
    mcp_server_name: str
    action: str
    mode: str | None = None
    elicitation_id: str | None = None
    content: JsonObject | None = None

    @property
    def matched(self) -> str:
        return self.mcp_server_name

    def own_fields(self) -> JsonObject:
        return {
            "mcp_server_name": self.mcp_server_name,
            "action": self.action,
            "mode": self.mode,
            "elicitation_id": self.elicitation_id,
            "content": self.content,
        }
