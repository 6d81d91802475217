"""The 33 documented events, and the ones gaff adds. Each family is read when first asked for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from .agents import (
        SubagentStart as SubagentStart,
        SubagentStop as SubagentStop,
        TaskCompleted as TaskCompleted,
        TaskCreated as TaskCreated,
        TeammateIdle as TeammateIdle,
        WorktreeCreate as WorktreeCreate,
        WorktreeRemove as WorktreeRemove,
    )
    from .base import (
        Event as Event,
        EventContext as EventContext,
    )
    from .context import (
        PostCompact as PostCompact,
        PostModelSwitch as PostModelSwitch,
        PreCompact as PreCompact,
        PreModelSwitch as PreModelSwitch,
    )
    from .files import (
        ConfigChange as ConfigChange,
        CwdChanged as CwdChanged,
        DirectoryAdded as DirectoryAdded,
        FileChanged as FileChanged,
    )
    from .kernel import (
        ModelRequested as ModelRequested,
        ModelStreamBatch as ModelStreamBatch,
        PathsListed as PathsListed,
        PermissionCheck as PermissionCheck,
        PermissionReview as PermissionReview,
        PluginFailed as PluginFailed,
        UserAsked as UserAsked,
    )
    from .prompt import (
        Elicitation as Elicitation,
        ElicitationResult as ElicitationResult,
        InstructionsLoaded as InstructionsLoaded,
        MessageDisplay as MessageDisplay,
        UserPromptExpansion as UserPromptExpansion,
        UserPromptSubmit as UserPromptSubmit,
    )
    from .session import (
        Notification as Notification,
        SessionEnd as SessionEnd,
        SessionStart as SessionStart,
        Setup as Setup,
        Stop as Stop,
        StopFailure as StopFailure,
    )
    from .tool import (
        PermissionDenied as PermissionDenied,
        PermissionRequest as PermissionRequest,
        PostToolBatch as PostToolBatch,
        PostToolUse as PostToolUse,
        PostToolUseFailure as PostToolUseFailure,
        PreToolUse as PreToolUse,
    )

FAMILIES: Final = {
    "base": ("Event", "EventContext"),
    "session": ("SessionStart", "Setup", "SessionEnd", "Stop", "StopFailure", "Notification"),
    "prompt": (
        "UserPromptSubmit",
        "UserPromptExpansion",
        "MessageDisplay",
        "InstructionsLoaded",
        "Elicitation",
        "ElicitationResult",
    ),
    "tool": (
        "PreToolUse",
        "PermissionRequest",
        "PermissionDenied",
        "PostToolUse",
        "PostToolUseFailure",
        "PostToolBatch",
    ),
    "agents": (
        "SubagentStart",
        "SubagentStop",
        "TaskCreated",
        "TaskCompleted",
        "TeammateIdle",
        "WorktreeCreate",
        "WorktreeRemove",
    ),
    "context": ("PreCompact", "PostCompact", "PreModelSwitch", "PostModelSwitch"),
    "files": ("ConfigChange", "CwdChanged", "DirectoryAdded", "FileChanged"),
    "kernel": (
        "PermissionCheck",
        "PermissionReview",
        "ModelRequested",
        "ModelStreamBatch",
        "PathsListed",
        "PluginFailed",
        "UserAsked",
    ),
}

_FAMILY_OF: Final = {name: family for family, names in FAMILIES.items() for name in names}


def __getattr__(name: str) -> object:
    family = _FAMILY_OF.get(name)
    if family is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f".{family}", __name__), name)
    globals()[name] = value
    return value
