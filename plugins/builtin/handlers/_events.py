"""What the contract says of each event: its matcher, its answers, what an objection means.

Source: code.claude.com/docs/en/hooks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final, Literal, TypeAlias

from gaff.hooks import JsonObject, text_at

#: What exit code 2 and ``"decision": "block"`` mean: the event is refused, the model is told, only the
#: user is told, or nothing.
Objection: TypeAlias = Literal["deny", "feedback", "user", "ignored"]

_TRIGGERS: Final = ("manual", "auto")
_ERRORS: Final = tuple(
    "rate_limit overloaded authentication_failed oauth_org_not_allowed account_on_hold billing_error "
    "invalid_request model_not_found server_error max_output_tokens cloud_credential_error unknown".split()
)
_NOTIFICATIONS: Final = tuple(
    "permission_prompt idle_prompt auth_success elicitation_dialog elicitation_url_dialog elicitation_complete "
    "elicitation_response agent_needs_input agent_completed quota_auto_resume_fired quota_auto_resume_stale "
    "quota_auto_resume_disabled".split()
)
_CONFIG_SOURCES: Final = ("user_settings", "project_settings", "local_settings", "policy_settings", "skills")


@dataclass(frozen=True)
class EventFacts:
    """What the contract says of one event."""

    objection: Objection = "ignored"
    #: The field that matchers are held against; empty where the event has no matchers.
    matched: str = ""
    #: All values that field can have, where they are known.
    values: tuple[str, ...] = ()
    #: Members of ``hookSpecificOutput`` and what they must be.
    answers: tuple[str, ...] = ()
    #: Whether plain stdout is context for the model.
    plain_is_context: bool = False
    #: Seconds that replace the longer defaults of handlers; ``None`` where they hold.
    timeout: float | None = None
    #: Whether any failure of a handler is an objection, as documented for worktrees.
    must_work: bool = False
    #: Handler types that the event does not know.
    without: frozenset[str] = frozenset()

    @property
    def names_tool(self) -> bool:
        """Whether matchers are tool names, and ``if`` rules are looked at."""
        return self.matched == "tool_name"


_NO_JUDGES: Final = frozenset({"prompt", "agent"})
_LOCAL_ONLY: Final = frozenset({"prompt", "agent", "http"})
_CONTEXT: Final = ("additionalContext",)

EVENTS: Final[Mapping[str, EventFacts]] = {
    "SessionStart": EventFacts(
        "user",
        "source",
        ("startup", "resume", "clear", "compact", "fork"),
        (*_CONTEXT, "initialUserMessage", "sessionTitle", "watchPaths", "reloadSkills"),
        plain_is_context=True,
        without=_LOCAL_ONLY,
    ),
    "Setup": EventFacts("user", "trigger", ("init", "maintenance"), _CONTEXT, without=_LOCAL_ONLY),
    "InstructionsLoaded": EventFacts(
        "ignored",
        "load_reason",
        ("session_start", "nested_traversal", "path_glob_match", "include", "compact"),
        without=_NO_JUDGES,
    ),
    "UserPromptSubmit": EventFacts(
        "deny",
        answers=(*_CONTEXT, "sessionTitle", "suppressOriginalPrompt"),
        plain_is_context=True,
        timeout=30.0,
    ),
    "UserPromptExpansion": EventFacts(
        "deny", "command_name", answers=(*_CONTEXT, "suppressOriginalPrompt"), plain_is_context=True
    ),
    "MessageDisplay": EventFacts(answers=("displayContent",), timeout=10.0, without=_NO_JUDGES),
    "PreToolUse": EventFacts(
        "deny",
        "tool_name",
        answers=(*_CONTEXT, "permissionDecision", "permissionDecisionReason", "updatedInput"),
    ),
    "PermissionRequest": EventFacts("ignored", "tool_name", answers=("decision",)),
    "PermissionDenied": EventFacts("ignored", "tool_name", answers=("retry",)),
    "PostToolUse": EventFacts(
        "feedback",
        "tool_name",
        answers=(*_CONTEXT, "updatedToolOutput", "updatedMCPToolOutput", "classifierContext"),
    ),
    "PostToolUseFailure": EventFacts("feedback", "tool_name", answers=_CONTEXT),
    "PostToolBatch": EventFacts("deny", answers=_CONTEXT),
    "Notification": EventFacts("ignored", "notification_type", _NOTIFICATIONS, without=_NO_JUDGES),
    "SubagentStart": EventFacts("user", "agent_type", answers=_CONTEXT, without=_NO_JUDGES),
    "SubagentStop": EventFacts("feedback", "agent_type", answers=_CONTEXT),
    "TaskCreated": EventFacts("deny"),
    "TaskCompleted": EventFacts("deny"),
    "Stop": EventFacts("feedback", answers=_CONTEXT),
    "StopFailure": EventFacts("ignored", "error", _ERRORS, without=_NO_JUDGES),
    "TeammateIdle": EventFacts("feedback"),
    "ConfigChange": EventFacts("deny", "source", _CONFIG_SOURCES, without=_NO_JUDGES),
    "CwdChanged": EventFacts("user", answers=("watchPaths",), without=_NO_JUDGES),
    "DirectoryAdded": EventFacts(
        "ignored", "source", ("slash_command", "register_repo_root"), without=_NO_JUDGES
    ),
    "FileChanged": EventFacts("user", "file_path", answers=("watchPaths",), without=_NO_JUDGES),
    "WorktreeCreate": EventFacts("deny", answers=("worktreePath",), must_work=True, without=_NO_JUDGES),
    "WorktreeRemove": EventFacts("deny", must_work=True, without=_NO_JUDGES),
    "PreCompact": EventFacts("deny", "trigger", _TRIGGERS, without=_NO_JUDGES),
    "PostCompact": EventFacts("user", "trigger", _TRIGGERS, without=_NO_JUDGES),
    "PreModelSwitch": EventFacts(
        "deny",
        "to_model",
        answers=("permissionDecision", "permissionDecisionReason"),
        timeout=30.0,
        without=_NO_JUDGES,
    ),
    "PostModelSwitch": EventFacts(
        "user",
        "to_model",
        answers=_CONTEXT,
        plain_is_context=True,
        timeout=30.0,
        without=_NO_JUDGES,
    ),
    "SessionEnd": EventFacts(
        "user",
        "reason",
        ("clear", "resume", "logout", "prompt_input_exit", "other"),
        without=_NO_JUDGES,
    ),
    "Elicitation": EventFacts("deny", "mcp_server_name", answers=("action", "content"), without=_NO_JUDGES),
    "ElicitationResult": EventFacts(
        "deny", "mcp_server_name", answers=("action", "content"), without=_NO_JUDGES
    ),
}

#: The name of a Claude model in what providers call it: a region, a date, a version and a window may be about it.
_CLAUDE: Final = re.compile(
    r"(?:.*[.:/])?(?P<name>claude-[a-z0-9-]*?[a-z0-9])"
    r"(?:[-@](?:20\d{6}|default|latest))?(?:-v\d+(?::\d+)?)?(?:\[\d+m\])?"
)
#: Events whose hooks may append to the file that ``CLAUDE_ENV_FILE`` names.
WITH_ENV_FILE: Final = frozenset({"SessionStart", "Setup", "CwdChanged", "FileChanged"})
#: The only events on which an entry with ``if`` runs.
WITH_CONDITIONS: Final = frozenset(
    {"PreToolUse", "PostToolUse", "PostToolUseFailure", "PermissionRequest", "PermissionDenied"}
)
#: Events whose matcher is a list of names only where it holds no other characters than these.
_NARROW: Final = frozenset({"FileChanged", "StopFailure"})


def has_narrow_lists(event: str) -> bool:
    """Whether only ``|`` separates the names of a matcher on this event."""
    return event in _NARROW


def matched_value(event: str, payload: JsonObject) -> str | None:
    """Return what matchers are held against; ``None`` where all match: events without, a model nobody knows."""
    field = EVENTS[event].matched
    if not field:
        return None
    value = text_at(payload, field)
    if field == "to_model":
        return canonical_model(value)
    return PurePath(value).name if event == "FileChanged" else value


def canonical_model(name: str) -> str | None:
    """Return the plain name of a Claude model, whatever a provider calls it; ``None`` for any other.

    ``us.anthropic.claude-opus-4-5-20251101-v1:0`` and ``claude-opus-4-5@20251101[1m]`` are ``claude-opus-4-5``.
    """
    found = _CLAUDE.fullmatch(name.strip().lower())
    return found["name"] if found else None
