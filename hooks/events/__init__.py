"""The 33 documented events, and the ones gaff adds. Each family is read when first asked for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from .agents import (
        SubagentStart as SubagentStart,
    )
    from .agents import (
        SubagentStop as SubagentStop,
    )
    from .agents import (
        TaskCompleted as TaskCompleted,
    )
    from .agents import (
        TaskCreated as TaskCreated,
    )
    from .agents import (
        TeammateIdle as TeammateIdle,
    )
    from .agents import (
        WorktreeCreate as WorktreeCreate,
    )
    from .agents import (
        WorktreeRemove as WorktreeRemove,
    )
    from .base import (
        Event as Event,
    )
    from .base import (
        EventContext as EventContext,
    )
    from .context import (
        PostCompact as PostCompact,
    )
    from .context import (
        PostModelSwitch as PostModelSwitch,
    )
    from .context import (
        PreCompact as PreCompact,
    )
    from .context import (
        PreModelSwitch as PreModelSwitch,
    )
    from .files import (
        ConfigChange as ConfigChange,
    )
    from .files import (
        CwdChanged as CwdChanged,
    )
    from .files import (
        DirectoryAdded as DirectoryAdded,
    )
    from .files import (
        FileChanged as FileChanged,
    )
    from .kernel import (
        ModelRequested as ModelRequested,
    )
    from .kernel import (
        ModelStreamBatch as ModelStreamBatch,
    )
    from .kernel import (
        PermissionCheck as PermissionCheck,
    )
    from .kernel import (
        PluginFailed as PluginFailed,
    )
    from .kernel import (
        UserAsked as UserAsked,
    )
    from .prompt import (
        Elicitation as Elicitation,
    )
    from .prompt import (
        ElicitationResult as ElicitationResult,
    )
    from .prompt import (
        InstructionsLoaded as InstructionsLoaded,
    )
    from .prompt import (
        MessageDisplay as MessageDisplay,
    )
    from .prompt import (
        UserPromptExpansion as UserPromptExpansion,
    )
    from .prompt import (
        UserPromptSubmit as UserPromptSubmit,
    )
    from .session import (
        Notification as Notification,
    )
    from .session import (
        SessionEnd as SessionEnd,
    )
    from .session import (
        SessionStart as SessionStart,
    )
    from .session import (
        Setup as Setup,
    )
    from .session import (
        Stop as Stop,
    )
    from .session import (
        StopFailure as StopFailure,
    )
    from .tool import (
        PermissionDenied as PermissionDenied,
    )
    from .tool import (
        PermissionRequest as PermissionRequest,
    )
    from .tool import (
        PostToolBatch as PostToolBatch,
    )
    from .tool import (
        PostToolUse as PostToolUse,
    )
    from .tool import (
        PostToolUseFailure as PostToolUseFailure,
    )
    from .tool import (
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
    "kernel": ("PermissionCheck", "ModelRequested", "ModelStreamBatch", "PluginFailed", "UserAsked"),
}

_FAMILY_OF: Final = {name: family for family, names in FAMILIES.items() for name in names}


def __getattr__(name: str) -> object:
    family = _FAMILY_OF.get(name)
    if family is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{family}", __name__), name)
