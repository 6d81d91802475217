"""Sample payloads of all events, for trying hooks out. Source of the fields: code.claude.com/docs/en/hooks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from gaff.hooks import Json, JsonObject, Kernel
from gaff.plugins.builtin.handlers._events import EVENTS

_CALL: Final[JsonObject] = {
    "tool_name": "Bash",
    "tool_input": {"command": "echo hello", "description": "Say hello"},
    "tool_use_id": "toolu_sample",
}
_STOP: Final[JsonObject] = {
    "stop_hook_active": False,
    "last_assistant_message": "Done.",
    "background_tasks": [],
    "session_crons": [],
}
_AGENT: Final[JsonObject] = {"agent_id": "agent-sample", "agent_type": "Explore"}
_TASK: Final[JsonObject] = {"task_id": "1", "task_subject": "Write the tests"}
_SWITCH: Final[JsonObject] = {
    "from_model": "claude-sonnet",
    "to_model": "claude-opus",
    "requested_model": "opus",
    "source": "command",
    "context_tokens": 0,
    "prompt_cache_warm": False,
    "cache_ttl": "5m",
    "estimated_cache_write_usd": 0.0,
    "pricing": "default",
}
_SERVER: Final[JsonObject] = {"mcp_server_name": "sample", "mode": "form"}
_FIELDS: Final[Mapping[str, JsonObject]] = {
    "SessionStart": {"source": "startup"},
    "Setup": {"trigger": "init"},
    "InstructionsLoaded": {
        "file_path": "/project/CLAUDE.md",
        "memory_type": "Project",
        "load_reason": "session_start",
    },
    "UserPromptSubmit": {"prompt": "Say hello."},
    "UserPromptExpansion": {
        "expansion_type": "slash_command",
        "command_name": "review",
        "command_args": "",
        "command_source": "plugin",
        "prompt": "/review",
    },
    "MessageDisplay": {
        "turn_id": "sample",
        "message_id": "sample",
        "index": 0,
        "final": True,
        "delta": "Hello.",
    },
    "PreToolUse": _CALL,
    "PermissionRequest": {"tool_name": _CALL["tool_name"], "tool_input": _CALL["tool_input"]},
    "PermissionDenied": {**_CALL, "reason": "it looks risky"},
    "PostToolUse": {
        **_CALL,
        "tool_response": {"stdout": "hello", "stderr": "", "interrupted": False, "isImage": False},
        "duration_ms": 5,
    },
    "PostToolUseFailure": {**_CALL, "error": "Exit code 1", "is_interrupt": False, "duration_ms": 5},
    "PostToolBatch": {"tool_calls": [{**_CALL, "tool_response": "hello"}]},
    "Notification": {"message": "gaff is waiting for your input", "notification_type": "idle_prompt"},
    "SubagentStart": _AGENT,
    "SubagentStop": {**_STOP, **_AGENT, "agent_transcript_path": "/tmp/agent.jsonl"},
    "TaskCreated": _TASK,
    "TaskCompleted": _TASK,
    "Stop": _STOP,
    "StopFailure": {"error": "rate_limit", "error_details": "429"},
    "TeammateIdle": {"teammate_name": "ada", "team_name": "sample"},
    "ConfigChange": {"source": "project_settings"},
    "CwdChanged": {"old_cwd": "/", "new_cwd": "/tmp"},
    "DirectoryAdded": {"directory": "/tmp", "source": "slash_command"},
    "FileChanged": {"file_path": "/project/.envrc", "event": "change"},
    "WorktreeCreate": {"name": "sample"},
    "WorktreeRemove": {"worktree_path": "/tmp/sample"},
    "PreCompact": {"trigger": "manual", "custom_instructions": ""},
    "PostCompact": {"trigger": "manual", "compact_summary": "A summary."},
    "PreModelSwitch": _SWITCH,
    "PostModelSwitch": _SWITCH,
    "SessionEnd": {"reason": "other"},
    "Elicitation": {**_SERVER, "message": "Which account?"},
    "ElicitationResult": {**_SERVER, "action": "accept", "content": {}},
}


def sample(event: str, kernel: Kernel, given: JsonObject, value: str | None) -> JsonObject:
    """Return a payload: the sample's fields, those given on top, and the value that matchers look at."""
    shared: dict[str, Json] = {
        "session_id": "00000000-0000-4000-8000-000000000000",
        "transcript_path": str(kernel.home / "projects" / "sample.jsonl"),
        "cwd": str(kernel.project_dir),
        "permission_mode": "default",
        "hook_event_name": event,
    }
    payload = {**shared, **_FIELDS[event], **given}
    field = EVENTS[event].matched
    return payload if value is None or not field else {**payload, field: value}
