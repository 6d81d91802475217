"""What all events share.

``to_json()`` of an event is exactly the object a command hook reads on stdin.
Source: code.claude.com/docs/en/hooks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from ..permissions import PermissionMode
from ..values import Json, JsonObject

if TYPE_CHECKING:
    from ..session import Session


@dataclass(frozen=True, kw_only=True)
class EventContext:
    """The fields that every event carries."""

    session_id: str
    transcript_path: str
    cwd: str
    permission_mode: PermissionMode = "default"
    prompt_id: str | None = None
    scratchpad_dir: str | None = None
    effort: str | None = None
    #: Set inside a sub-agent only.
    agent_id: str | None = None
    #: Set inside a sub-agent, or with ``--agent``.
    agent_type: str | None = None
    #: The session itself, for plugins; no part of the JSON.
    session: Session | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, kw_only=True)
class Event:
    """An event. Frozen: a plugin changes the world by what it returns."""

    #: The documented name, as in settings files.
    name: ClassVar[str]
    #: Whether the object tells the permission mode.
    tells_mode: ClassVar[bool] = False
    #: Whether the object tells the effort: events around tool calls, where the model knows levels.
    tells_effort: ClassVar[bool] = False

    context: EventContext

    @property
    def matched(self) -> str | None:
        """What a settings matcher is held against; ``None`` for events without matchers."""
        return None

    def own_fields(self) -> JsonObject:
        """Return the fields beside the shared ones; those that are ``None`` are left out."""
        return {}

    def to_json(self) -> JsonObject:
        """Return the documented stdin object."""
        context = self.context
        out: dict[str, Json] = {"session_id": context.session_id}
        if context.prompt_id is not None:
            out["prompt_id"] = context.prompt_id
        out |= {"transcript_path": context.transcript_path, "cwd": context.cwd}
        if context.scratchpad_dir is not None:
            out["scratchpad_dir"] = context.scratchpad_dir
        if self.tells_mode:
            out["permission_mode"] = context.permission_mode
        if context.effort is not None and self.tells_effort:
            out["effort"] = {"level": context.effort}
        out["hook_event_name"] = self.name
        if context.agent_id is not None:
            out["agent_id"] = context.agent_id
        if context.agent_type is not None:
            out["agent_type"] = context.agent_type
        out |= {key: value for key, value in self.own_fields().items() if value is not None}
        return out
