"""Every documented event has its hook, and its JSON is the documented stdin object."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from gaff.hooks import events
from gaff.hooks.events import Event, EventContext
from gaff.hooks.permissions import PermissionUpdate, Rule
from gaff.hooks.specs import EVENT_HOOKS

CONTEXT = EventContext(
    session_id="s", transcript_path="/t.jsonl", cwd="/c", permission_mode="plan", prompt_id="p"
)
AGENT = EventContext(session_id="s", transcript_path="/t", cwd="/c", agent_id="a1", agent_type="Explore")
TOOL: dict[str, Any] = {"tool_name": "Bash", "tool_input": {"command": "ls"}}
SUGGESTION = PermissionUpdate("addRules", "session", (Rule("Bash", "ls *"),))
SWITCH: dict[str, Any] = {"from_model": "a", "to_model": "b", "source": "command", "requested_model": None}
SWITCH_JSON = {
    **SWITCH,
    "context_tokens": 0,
    "prompt_cache_warm": False,
    "cache_ttl": "5m",
    "estimated_cache_write_usd": 0.0,
    "pricing": "default",
}
STOP: dict[str, Any] = {
    "stop_hook_active": False,
    "last_assistant_message": "x",
    "background_tasks": [],
    "session_crons": [],
}
TASK = {"task_id": "1", "task_subject": "s"}
MCP = {"mcp_server_name": "m"}

# Class, what it is made with, what stands in its JSON beside the shared fields, what a matcher is held against.
TABLE: list[tuple[type[Event], dict[str, Any], dict[str, Any], str | None]] = [
    (
        events.SessionStart,
        {"source": "startup", "model": "m"},
        {"source": "startup", "model": "m"},
        "startup",
    ),
    (events.Setup, {"trigger": "init"}, {"trigger": "init"}, "init"),
    (
        events.InstructionsLoaded,
        {"file_path": "/f", "memory_type": "User", "load_reason": "include", "globs": ("*.py",)},
        {"file_path": "/f", "memory_type": "User", "load_reason": "include", "globs": ["*.py"]},
        "include",
    ),
    (events.UserPromptSubmit, {"prompt": "hi"}, {"prompt": "hi"}, None),
    (
        events.UserPromptExpansion,
        (
            EXPANSION := {
                "expansion_type": "slash_command",
                "command_name": "go",
                "command_args": "x",
                "command_source": "user",
                "prompt": "/go x",
            }
        ),
        EXPANSION,
        "go",
    ),
    (
        events.MessageDisplay,
        (DISPLAY := {"turn_id": "t", "message_id": "m", "index": 0, "final": True, "delta": "d"}),
        DISPLAY,
        None,
    ),
    (events.PreToolUse, {**TOOL, "tool_use_id": "u"}, {**TOOL, "tool_use_id": "u"}, "Bash"),
    (
        events.PermissionRequest,
        {**TOOL, "permission_suggestions": [SUGGESTION]},
        {
            **TOOL,
            "permission_suggestions": [
                {
                    "type": "addRules",
                    "destination": "session",
                    "rules": [{"toolName": "Bash", "ruleContent": "ls *"}],
                    "behavior": "allow",
                }
            ],
        },
        "Bash",
    ),
    (
        events.PermissionDenied,
        {**TOOL, "tool_use_id": "u", "reason": "r"},
        {**TOOL, "tool_use_id": "u", "reason": "r"},
        "Bash",
    ),
    (
        events.PostToolUse,
        (POST := {**TOOL, "tool_use_id": "u", "tool_response": {"stdout": ""}, "duration_ms": 3}),
        POST,
        "Bash",
    ),
    (
        events.PostToolUseFailure,
        (FAILURE := {**TOOL, "tool_use_id": "u", "error": "Exit code 1", "is_interrupt": False}),
        FAILURE,
        "Bash",
    ),
    (
        events.PostToolBatch,
        {"tool_calls": ({"tool_name": "Bash"},)},
        {"tool_calls": [{"tool_name": "Bash"}]},
        None,
    ),
    (
        events.Notification,
        (NOTE := {"message": "m", "title": "t", "notification_type": "idle_prompt"}),
        NOTE,
        "idle_prompt",
    ),
    (events.SubagentStart, {}, {}, None),
    (
        events.SubagentStop,
        {**STOP, "agent_transcript_path": "/a"},
        {**STOP, "agent_transcript_path": "/a"},
        None,
    ),
    (events.TaskCreated, TASK, TASK, None),
    (events.TaskCompleted, TASK, TASK, None),
    (events.Stop, STOP, STOP, None),
    (events.StopFailure, {"error": "rate_limit"}, {"error": "rate_limit"}, "rate_limit"),
    (
        events.TeammateIdle,
        {"teammate_name": "a", "team_name": "b"},
        {"teammate_name": "a", "team_name": "b"},
        None,
    ),
    (events.ConfigChange, {"source": "user_settings"}, {"source": "user_settings"}, "user_settings"),
    (events.CwdChanged, {"old_cwd": "/a", "new_cwd": "/b"}, {"old_cwd": "/a", "new_cwd": "/b"}, None),
    (
        events.DirectoryAdded,
        {"directory": "/a", "source": "slash_command"},
        {"directory": "/a", "source": "slash_command"},
        "slash_command",
    ),
    (
        events.FileChanged,
        {"file_path": "/a/.env", "event": "add"},
        {"file_path": "/a/.env", "event": "add"},
        ".env",
    ),
    (events.WorktreeCreate, {"worktree_name": "w"}, {"name": "w"}, None),
    (events.WorktreeRemove, {"worktree_path": "/w"}, {"worktree_path": "/w"}, None),
    (events.PreCompact, {"trigger": "auto"}, {"trigger": "auto", "custom_instructions": ""}, "auto"),
    (
        events.PostCompact,
        {"trigger": "auto", "compact_summary": "s"},
        {"trigger": "auto", "compact_summary": "s"},
        "auto",
    ),
    (events.PreModelSwitch, SWITCH, SWITCH_JSON, "b"),
    (events.PostModelSwitch, SWITCH, SWITCH_JSON, "b"),
    (events.SessionEnd, {"reason": "other"}, {"reason": "other"}, "other"),
    (events.Elicitation, {**MCP, "message": "m"}, {**MCP, "message": "m"}, "m"),
    (events.ElicitationResult, {**MCP, "action": "accept"}, {**MCP, "action": "accept"}, "m"),
]


def hook_of(kind: type[Event]) -> str:
    """Return the hook of an event: PreToolUse is gaff_pre_tool_use."""
    return "gaff" + re.sub(r"([A-Z])", r"_\1", kind.name).lower()


def test_all_33_documented_events_are_there() -> None:
    """One event type each, and the hook of the same name."""
    assert len({kind.name for kind, *_ in TABLE}) == 33
    assert {hook_of(kind) for kind, *_ in TABLE} <= set(EVENT_HOOKS)


@pytest.mark.parametrize(("kind", "made", "own", "matched"), TABLE, ids=[row[0].name for row in TABLE])
def test_json_is_the_documented_object(
    kind: type[Event], made: dict[str, Any], own: dict[str, Any], matched: str | None
) -> None:
    """Shared fields, then the event's own; nothing else, and nothing that is None but where it is documented so."""
    event = kind(context=CONTEXT, **made)
    shared = {"session_id": "s", "prompt_id": "p", "transcript_path": "/t.jsonl", "cwd": "/c"}
    mode = {"permission_mode": "plan"} if kind.tells_mode else {}

    assert json.loads(json.dumps(event.to_json())) == {**shared, **mode, "hook_event_name": kind.name, **own}
    assert event.matched == matched


def test_events_inside_a_sub_agent_name_it() -> None:
    """agent_id and agent_type are told inside a sub-agent; its type is what matchers see."""
    event = events.SubagentStart(context=AGENT)

    assert (event.to_json()["agent_id"], event.to_json()["agent_type"]) == ("a1", "Explore")
    assert event.matched == "Explore"
