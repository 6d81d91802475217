"""The contract between gaff and its plugins. Imports nobody.

``from gaff.hooks import hookimpl, Tool, ...``: everything public is importable from here, and is
read from its module when first asked for, so that a plugin costs no more than it uses.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from .answers import (
        ElicitationAnswer as ElicitationAnswer,
    )
    from .answers import (
        FeedbackAnswer as FeedbackAnswer,
    )
    from .answers import (
        HookAnswer as HookAnswer,
    )
    from .answers import (
        RetryAnswer as RetryAnswer,
    )
    from .answers import (
        SessionStartAnswer as SessionStartAnswer,
    )
    from .answers import (
        ToolFeedback as ToolFeedback,
    )
    from .answers import (
        WatchAnswer as WatchAnswer,
    )
    from .commands import (
        Command as Command,
    )
    from .commands import (
        CommandResult as CommandResult,
    )
    from .errors import (
        PASSING as PASSING,
    )
    from .errors import (
        GaffError as GaffError,
    )
    from .errors import (
        ModelError as ModelError,
    )
    from .errors import (
        ModelErrorKind as ModelErrorKind,
    )
    from .errors import (
        PluginError as PluginError,
    )
    from .errors import (
        SessionError as SessionError,
    )
    from .errors import (
        SettingsError as SettingsError,
    )
    from .errors import (
        ToolError as ToolError,
    )
    from .errors import (
        UsageError as UsageError,
    )
    from .events import (
        ConfigChange as ConfigChange,
    )
    from .events import (
        CwdChanged as CwdChanged,
    )
    from .events import (
        DirectoryAdded as DirectoryAdded,
    )
    from .events import (
        Elicitation as Elicitation,
    )
    from .events import (
        ElicitationResult as ElicitationResult,
    )
    from .events import (
        Event as Event,
    )
    from .events import (
        EventContext as EventContext,
    )
    from .events import (
        FileChanged as FileChanged,
    )
    from .events import (
        InstructionsLoaded as InstructionsLoaded,
    )
    from .events import (
        MessageDisplay as MessageDisplay,
    )
    from .events import (
        ModelRequested as ModelRequested,
    )
    from .events import (
        ModelStreamBatch as ModelStreamBatch,
    )
    from .events import (
        Notification as Notification,
    )
    from .events import (
        PermissionCheck as PermissionCheck,
    )
    from .events import (
        PermissionDenied as PermissionDenied,
    )
    from .events import (
        PermissionRequest as PermissionRequest,
    )
    from .events import (
        PluginFailed as PluginFailed,
    )
    from .events import (
        PostCompact as PostCompact,
    )
    from .events import (
        PostModelSwitch as PostModelSwitch,
    )
    from .events import (
        PostToolBatch as PostToolBatch,
    )
    from .events import (
        PostToolUse as PostToolUse,
    )
    from .events import (
        PostToolUseFailure as PostToolUseFailure,
    )
    from .events import (
        PreCompact as PreCompact,
    )
    from .events import (
        PreModelSwitch as PreModelSwitch,
    )
    from .events import (
        PreToolUse as PreToolUse,
    )
    from .events import (
        SessionEnd as SessionEnd,
    )
    from .events import (
        SessionStart as SessionStart,
    )
    from .events import (
        Setup as Setup,
    )
    from .events import (
        Stop as Stop,
    )
    from .events import (
        StopFailure as StopFailure,
    )
    from .events import (
        SubagentStart as SubagentStart,
    )
    from .events import (
        SubagentStop as SubagentStop,
    )
    from .events import (
        TaskCompleted as TaskCompleted,
    )
    from .events import (
        TaskCreated as TaskCreated,
    )
    from .events import (
        TeammateIdle as TeammateIdle,
    )
    from .events import (
        UserAsked as UserAsked,
    )
    from .events import (
        UserPromptExpansion as UserPromptExpansion,
    )
    from .events import (
        UserPromptSubmit as UserPromptSubmit,
    )
    from .events import (
        WorktreeCreate as WorktreeCreate,
    )
    from .events import (
        WorktreeRemove as WorktreeRemove,
    )
    from .interface import (
        Answer as Answer,
    )
    from .interface import (
        Choice as Choice,
    )
    from .interface import (
        Completer as Completer,
    )
    from .interface import (
        Completion as Completion,
    )
    from .interface import (
        Frontend as Frontend,
    )
    from .interface import (
        KeyBinding as KeyBinding,
    )
    from .interface import (
        PermissionAnswer as PermissionAnswer,
    )
    from .interface import (
        PermissionQuestion as PermissionQuestion,
    )
    from .interface import (
        PromptControl as PromptControl,
    )
    from .interface import (
        Question as Question,
    )
    from .interface import (
        Renderer as Renderer,
    )
    from .interface import (
        StatusItem as StatusItem,
    )
    from .markers import (
        API as API,
    )
    from .markers import (
        EVENT_HOOKS as EVENT_HOOKS,
    )
    from .markers import (
        PROJECT as PROJECT,
    )
    from .markers import (
        EventSpec as EventSpec,
    )
    from .markers import (
        Kind as Kind,
    )
    from .markers import (
        event_hook as event_hook,
    )
    from .markers import (
        hookimpl as hookimpl,
    )
    from .markers import (
        hookspec as hookspec,
    )
    from .messages import (
        Message as Message,
    )
    from .messages import (
        Role as Role,
    )
    from .messages import (
        ToolCall as ToolCall,
    )
    from .messages import (
        Usage as Usage,
    )
    from .messages import (
        content_text as content_text,
    )
    from .messages import (
        encode as encode,
    )
    from .messages import (
        text_block as text_block,
    )
    from .models import (
        Model as Model,
    )
    from .models import (
        ModelLimits as ModelLimits,
    )
    from .models import (
        ModelProvider as ModelProvider,
    )
    from .models import (
        ModelRequest as ModelRequest,
    )
    from .models import (
        Price as Price,
    )
    from .permissions import (
        PERMISSION_MODES as PERMISSION_MODES,
    )
    from .permissions import (
        STRICTNESS as STRICTNESS,
    )
    from .permissions import (
        Action as Action,
    )
    from .permissions import (
        ActionKind as ActionKind,
    )
    from .permissions import (
        Behavior as Behavior,
    )
    from .permissions import (
        Decision as Decision,
    )
    from .permissions import (
        Destination as Destination,
    )
    from .permissions import (
        PermissionMode as PermissionMode,
    )
    from .permissions import (
        PermissionUpdate as PermissionUpdate,
    )
    from .permissions import (
        Rule as Rule,
    )
    from .permissions import (
        Scope as Scope,
    )
    from .permissions import (
        TrailStep as TrailStep,
    )
    from .permissions import (
        Verdict as Verdict,
    )
    from .permissions import (
        Vote as Vote,
    )
    from .permissions import (
        strictest as strictest,
    )
    from .prompts import (
        PromptSection as PromptSection,
    )
    from .session import (
        BackgroundTask as BackgroundTask,
    )
    from .session import (
        Contributed as Contributed,
    )
    from .session import (
        Kernel as Kernel,
    )
    from .session import (
        Options as Options,
    )
    from .session import (
        PluginReport as PluginReport,
    )
    from .session import (
        Session as Session,
    )
    from .session import (
        Settings as Settings,
    )
    from .session import (
        SettingsProblem as SettingsProblem,
    )
    from .session import (
        SettingValue as SettingValue,
    )
    from .session import (
        State as State,
    )
    from .session import (
        StateKey as StateKey,
    )
    from .session import (
        Subscription as Subscription,
    )
    from .sessions import (
        SessionStore as SessionStore,
    )
    from .sessions import (
        SessionSummary as SessionSummary,
    )
    from .sessions import (
        TranscriptWriter as TranscriptWriter,
    )
    from .settings import (
        Option as Option,
    )
    from .settings import (
        Setting as Setting,
    )
    from .stream import (
        Delta as Delta,
    )
    from .stream import (
        Denial as Denial,
    )
    from .stream import (
        DirectoryChanged as DirectoryChanged,
    )
    from .stream import (
        MessageAdded as MessageAdded,
    )
    from .stream import (
        ModeChanged as ModeChanged,
    )
    from .stream import (
        ModelChanged as ModelChanged,
    )
    from .stream import (
        ModelStreamed as ModelStreamed,
    )
    from .stream import (
        Notice as Notice,
    )
    from .stream import (
        QueueChanged as QueueChanged,
    )
    from .stream import (
        RetryScheduled as RetryScheduled,
    )
    from .stream import (
        SessionEvent as SessionEvent,
    )
    from .stream import (
        ToolFinished as ToolFinished,
    )
    from .stream import (
        ToolProgress as ToolProgress,
    )
    from .stream import (
        ToolStarted as ToolStarted,
    )
    from .stream import (
        TurnFinished as TurnFinished,
    )
    from .stream import (
        TurnResult as TurnResult,
    )
    from .stream import (
        TurnStarted as TurnStarted,
    )
    from .tools import (
        Tool as Tool,
    )
    from .tools import (
        ToolContext as ToolContext,
    )
    from .tools import (
        ToolOutcome as ToolOutcome,
    )
    from .tools import (
        ToolOutput as ToolOutput,
    )
    from .tools import (
        ToolRun as ToolRun,
    )
    from .values import (
        Json as Json,
    )
    from .values import (
        JsonObject as JsonObject,
    )
    from .values import (
        is_object as is_object,
    )
    from .values import (
        list_at as list_at,
    )
    from .values import (
        number_at as number_at,
    )
    from .values import (
        object_at as object_at,
    )
    from .values import (
        text_at as text_at,
    )

_MODULES: Final = {
    "values": (
        "is_object",
        "Json",
        "JsonObject",
        "list_at",
        "number_at",
        "object_at",
        "text_at",
    ),
    "errors": (
        "GaffError",
        "ModelError",
        "ModelErrorKind",
        "PASSING",
        "PluginError",
        "SessionError",
        "SettingsError",
        "ToolError",
        "UsageError",
    ),
    "markers": (
        "API",
        "EVENT_HOOKS",
        "EventSpec",
        "Kind",
        "PROJECT",
        "event_hook",
        "hookimpl",
        "hookspec",
    ),
    "messages": (
        "Message",
        "Role",
        "ToolCall",
        "Usage",
        "content_text",
        "encode",
        "text_block",
    ),
    "models": (
        "Model",
        "ModelLimits",
        "ModelProvider",
        "ModelRequest",
        "Price",
    ),
    "tools": (
        "Tool",
        "ToolContext",
        "ToolOutcome",
        "ToolOutput",
        "ToolRun",
    ),
    "permissions": (
        "Action",
        "ActionKind",
        "Behavior",
        "Decision",
        "Destination",
        "PERMISSION_MODES",
        "PermissionMode",
        "PermissionUpdate",
        "Rule",
        "STRICTNESS",
        "Scope",
        "TrailStep",
        "Verdict",
        "Vote",
        "strictest",
    ),
    "stream": (
        "Delta",
        "Denial",
        "DirectoryChanged",
        "MessageAdded",
        "ModeChanged",
        "ModelChanged",
        "ModelStreamed",
        "Notice",
        "QueueChanged",
        "RetryScheduled",
        "SessionEvent",
        "ToolFinished",
        "ToolProgress",
        "ToolStarted",
        "TurnFinished",
        "TurnResult",
        "TurnStarted",
    ),
    "session": (
        "BackgroundTask",
        "Contributed",
        "Kernel",
        "Options",
        "PluginReport",
        "Session",
        "SettingValue",
        "Settings",
        "SettingsProblem",
        "State",
        "StateKey",
        "Subscription",
    ),
    "settings": (
        "Option",
        "Setting",
    ),
    "commands": (
        "Command",
        "CommandResult",
    ),
    "interface": (
        "Answer",
        "Choice",
        "Completer",
        "Completion",
        "Frontend",
        "KeyBinding",
        "PermissionAnswer",
        "PermissionQuestion",
        "PromptControl",
        "Question",
        "Renderer",
        "StatusItem",
    ),
    "sessions": (
        "SessionStore",
        "SessionSummary",
        "TranscriptWriter",
    ),
    "prompts": ("PromptSection",),
    "answers": (
        "ElicitationAnswer",
        "FeedbackAnswer",
        "HookAnswer",
        "RetryAnswer",
        "SessionStartAnswer",
        "ToolFeedback",
        "WatchAnswer",
    ),
    "events": (
        "ConfigChange",
        "CwdChanged",
        "DirectoryAdded",
        "Elicitation",
        "ElicitationResult",
        "Event",
        "EventContext",
        "FileChanged",
        "InstructionsLoaded",
        "MessageDisplay",
        "ModelRequested",
        "ModelStreamBatch",
        "Notification",
        "PermissionCheck",
        "PermissionDenied",
        "PermissionRequest",
        "PluginFailed",
        "PostCompact",
        "PostModelSwitch",
        "PostToolBatch",
        "PostToolUse",
        "PostToolUseFailure",
        "PreCompact",
        "PreModelSwitch",
        "PreToolUse",
        "SessionEnd",
        "SessionStart",
        "Setup",
        "Stop",
        "StopFailure",
        "SubagentStart",
        "SubagentStop",
        "TaskCompleted",
        "TaskCreated",
        "TeammateIdle",
        "UserAsked",
        "UserPromptExpansion",
        "UserPromptSubmit",
        "WorktreeCreate",
        "WorktreeRemove",
    ),
}

_MODULE_OF: Final = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> object:
    module = _MODULE_OF.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f".{module}", __name__), name)
    globals()[name] = value
    return value
