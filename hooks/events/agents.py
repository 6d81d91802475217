"""Events of sub-agents, teammates, tasks and worktrees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from ..values import JsonObject
from .base import Event


@dataclass(frozen=True, kw_only=True)
class SubagentStart(Event):
    """A sub-agent was spawned; the context names it."""

    name: ClassVar[str] = "SubagentStart"

    @property
    def matched(self) -> str | None:
        return self.context.agent_type


@dataclass(frozen=True, kw_only=True)
class SubagentStop(Event):
    """A sub-agent finished."""

    name: ClassVar[str] = "SubagentStop"
    tells_mode: ClassVar[bool] = True
    tells_effort: ClassVar[bool] = True
    stop_hook_active: bool
    agent_transcript_path: str
    last_assistant_message: str
    background_tasks: Sequence[JsonObject] = ()
    session_crons: Sequence[JsonObject] = ()

    @property
    def matched(self) -> str | None:
        return self.context.agent_type

    def own_fields(self) -> JsonObject:
        return {
            "stop_hook_active": self.stop_hook_active,
            "agent_transcript_path": self.agent_transcript_path,
            "last_assistant_message": self.last_assistant_message,
            "background_tasks": list(self.background_tasks),
            "session_crons": list(self.session_crons),
        }


@dataclass(frozen=True, kw_only=True)
class TaskEvent(Event):
    """What the task events share."""

    tells_mode: ClassVar[bool] = True
    task_id: str
    task_subject: str
    task_description: str | None = None
    teammate_name: str | None = None
    team_name: str | None = None

    def own_fields(self) -> JsonObject:
        return {
            "task_id": self.task_id,
            "task_subject": self.task_subject,
            "task_description": self.task_description,
            "teammate_name": self.teammate_name,
            "team_name": self.team_name,
        }


@dataclass(frozen=True, kw_only=True)
class TaskCreated(TaskEvent):
    """A task is about to be put on the list."""

    name: ClassVar[str] = "TaskCreated"


@dataclass(frozen=True, kw_only=True)
class TaskCompleted(TaskEvent):
    """A task is about to be marked done."""

    name: ClassVar[str] = "TaskCompleted"


@dataclass(frozen=True, kw_only=True)
class TeammateIdle(Event):
    """A teammate has nothing left to do."""

    name: ClassVar[str] = "TeammateIdle"
    tells_mode: ClassVar[bool] = True
    teammate_name: str
    team_name: str

    def own_fields(self) -> JsonObject:
        return {"teammate_name": self.teammate_name, "team_name": self.team_name}


@dataclass(frozen=True, kw_only=True)
class WorktreeCreate(Event):
    """A worktree is wanted; an answer replaces what git would do."""

    name: ClassVar[str] = "WorktreeCreate"
    worktree_name: str

    def own_fields(self) -> JsonObject:
        return {"name": self.worktree_name}


@dataclass(frozen=True, kw_only=True)
class WorktreeRemove(Event):
    """A worktree is no longer wanted."""

    name: ClassVar[str] = "WorktreeRemove"
    worktree_path: str

    def own_fields(self) -> JsonObject:
        return {"worktree_path": self.worktree_path}
