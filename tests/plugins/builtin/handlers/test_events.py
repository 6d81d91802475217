"""Events that no feature causes yet, or that other parts cause: what their hooks are asked and answer."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gaff.hooks import Json, JsonObject, RefusedError, Session, events
from gaff.hooks.answers import ElicitationAnswer
from gaff.plugins.builtin.handlers import configured

from .conftest import Hooked, command

#: An event of each kind that no feature causes here: its class, and the fields beside the context.
_TASK: dict[str, Any] = {"task_id": "1", "task_subject": "write tests"}
SAMPLES: dict[str, tuple[type[Any], dict[str, Any]]] = {
    "SubagentStart": (events.SubagentStart, {}),
    "SubagentStop": (
        events.SubagentStop,
        {"stop_hook_active": False, "agent_transcript_path": "/a.jsonl", "last_assistant_message": "done"},
    ),
    "TaskCreated": (events.TaskCreated, _TASK),
    "TaskCompleted": (events.TaskCompleted, _TASK),
    "TeammateIdle": (events.TeammateIdle, {"teammate_name": "ada", "team_name": "one"}),
    "WorktreeCreate": (events.WorktreeCreate, {"worktree_name": "feature"}),
    "WorktreeRemove": (events.WorktreeRemove, {"worktree_path": "/w"}),
    "Elicitation": (events.Elicitation, {"mcp_server_name": "s", "message": "which?"}),
    "PermissionDenied": (
        events.PermissionDenied,
        {"tool_name": "Bash", "tool_input": {}, "tool_use_id": "t", "reason": "risky"},
    ),
    "PreCompact": (events.PreCompact, {"trigger": "manual"}),
    "PostCompact": (events.PostCompact, {"trigger": "manual", "compact_summary": "short"}),
    "InstructionsLoaded": (
        events.InstructionsLoaded,
        {"file_path": "/CLAUDE.md", "memory_type": "Project", "load_reason": "include"},
    ),
    "PostModelSwitch": (events.PostModelSwitch, {"from_model": "a", "to_model": "b", "source": "command"}),
    "PreModelSwitch": (events.PreModelSwitch, {"from_model": "a", "to_model": "b", "source": "command"}),
    "ConfigChange": (events.ConfigChange, {"source": "user_settings"}),
    "PermissionRequest": (events.PermissionRequest, {"tool_name": "Bash", "tool_input": {}}),
    "UserPromptExpansion": (
        events.UserPromptExpansion,
        {
            "expansion_type": "slash_command",
            "command_name": "x",
            "command_source": "plugin",
            "prompt": "/x",
            "command_args": "",
        },
    ),
}


def make(name: str, session: Session) -> Any:
    """Return the sample of an event."""
    kind, fields = SAMPLES[name]
    return kind(context=session.event_context, **fields)


def said(event: str, **fields: Json) -> str:
    """Return the command of a hook that answers with these event-specific fields."""
    return f"echo '{json.dumps({'hookSpecificOutput': {'hookEventName': event, **fields}})}'"


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("SubagentStart", said("SubagentStart", additionalContext="hi"), {"additional_context": "hi"}),
        ("SubagentStart", "echo 'no' >&2; exit 2", {"system_message": "no"}),
        ("SubagentStop", "echo 'go on' >&2; exit 2", {"block": "go on"}),
        ("SubagentStop", said("SubagentStop", additionalContext="hi"), {"additional_context": "hi"}),
        ("TaskCreated", "echo 'no such task' >&2; exit 2", {"behavior": "deny"}),
        ("TaskCreated", 'echo \'{"continue": false}\'', None),
        ("TaskCompleted", 'echo \'{"decision": "block", "reason": "tests are red"}\'', {"behavior": "deny"}),
        ("TaskCompleted", 'echo \'{"continue": false, "stopReason": "x"}\'', {"stop": True, "stop_reason": "x"}),
        ("TeammateIdle", "echo 'more work' >&2; exit 2", {"block": "more work"}),
        ("TeammateIdle", 'echo \'{"continue": false}\'', {"stop": True}),
        ("Elicitation", said("Elicitation", action="accept", content={"a": 1}), {"action": "accept", "content": {"a": 1}}),
        ("Elicitation", "exit 2", {"action": "decline"}),
        ("Elicitation", "true", None),
        ("PermissionDenied", said("PermissionDenied", retry=True), {"retry": True}),
        ("PermissionDenied", "exit 2", None),
        ("PermissionDenied", 'echo \'{"continue": false, "stopReason": "x"}\'', {"stop": True, "stop_reason": "x"}),
        ("PreCompact", "echo 'not now' >&2; exit 2", {"behavior": "deny"}),
        ("PreCompact", "true", None),
        ("PreCompact", 'echo \'{"continue": false, "stopReason": "x"}\'', {"behavior": "deny", "reason": "x"}),
        ("UserPromptExpansion", 'echo \'{"continue": false}\'', {"behavior": "deny"}),
        ("PreModelSwitch", 'echo \'{"continue": false, "stopReason": "x"}\'', {"behavior": "deny", "reason": "x"}),
        ("ConfigChange", 'echo \'{"continue": false}\'', {"behavior": "deny"}),
        ("PermissionRequest", 'echo \'{"continue": false, "stopReason": "x"}\'', {"behavior": "deny", "interrupt": True}),
        ("PostCompact", "echo 'lost something' >&2; exit 2", None),
        ("InstructionsLoaded", "exit 2", None),
        ("PostModelSwitch", "echo 'another model'", {"additional_context": "another model"}),
        ("WorktreeCreate", "echo making it; echo /made/here", "/made/here"),
        ("WorktreeRemove", "true", True),
    ],
)  # fmt: skip
async def test_answers_are_what_the_event_takes(
    hooked: Hooked, name: str, text: str, expected: dict[str, Any] | str | bool | None
) -> None:
    """A dictionary holds some attributes of the answer; anything else is the answer."""
    session = await hooked.shell.start()
    event = make(name, session)
    seen = hooked.workspace.folder / "seen"
    hooked.on(event.name, command(f"cat > {seen}; {text}"))
    session.kernel.reload_settings()
    hook = "gaff_" + "".join(f"_{one.lower()}" if one.isupper() else one for one in event.name).lstrip("_")
    answer: Any = await getattr(configured, hook)(event)
    assert json.loads(seen.read_text()) == {**event.to_json(), "scratchpad_dir": str(session.scratch_dir)}
    if isinstance(expected, dict):
        assert {key: getattr(answer, key) for key in expected} == expected
    else:
        assert answer == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("exit 1", "no stderr output"),
        ("echo no room >&2; exit 2", "no room"),
        ("echo /made/here; echo late >&2; exit 3", "late"),
        ("echo '{}'; exit 1", "ended with 1"),
        ("kill -9 $$", "signal 9"),
        ("no-such-program", "exit code 127"),
        ("true", "printed no path"),
    ],
)
async def test_any_failure_fails_the_making_of_a_worktree(hooked: Hooked, text: str, reason: str) -> None:
    """Not only exit code 2, and as often as it happens: git must not step in for a hook that refuses."""
    session = await hooked.shell.start()
    hooked.on("WorktreeCreate", command(text))
    session.kernel.reload_settings()
    for _ in range(6):
        with pytest.raises(RefusedError, match=f"the worktree was not made: .*{reason}") as refused:
            await hooked.shell.kernel.hooks.worktree_create(make("WorktreeCreate", session))
        assert refused.value.plugin == "handlers.configured"


async def test_a_failure_fails_the_removal_of_a_worktree_that_is_still_there(hooked: Hooked) -> None:
    """One that is gone was removed, whatever the exit code says."""
    session = await hooked.shell.start()
    hooked.on("WorktreeRemove", command("exit 1"))
    session.kernel.reload_settings()
    there, gone = (
        events.WorktreeRemove(context=session.event_context, worktree_path=path) for path in ("/usr", "/gone")
    )
    with pytest.raises(RefusedError, match="the worktree was not removed"):
        await hooked.shell.kernel.hooks.worktree_remove(there)
    assert await hooked.shell.kernel.hooks.worktree_remove(gone)


async def test_an_answer_to_a_server_can_be_exchanged(hooked: Hooked) -> None:
    """ElicitationResult."""
    session = await hooked.shell.start()
    hooked.on("ElicitationResult", command(said("ElicitationResult", action="cancel")))
    session.kernel.reload_settings()
    event = events.ElicitationResult(context=session.event_context, mcp_server_name="s", action="accept")
    answer = await configured.gaff_elicitation_result(event, ElicitationAnswer(action="accept"))
    assert answer == ElicitationAnswer(action="cancel")


async def test_managed_settings_cannot_be_refused(hooked: Hooked) -> None:
    """A ConfigChange hook has no say about policy."""
    session = await hooked.shell.start()
    hooked.on("ConfigChange", command("exit 2"))
    session.kernel.reload_settings()
    policy = events.ConfigChange(context=session.event_context, source="policy_settings")
    user = events.ConfigChange(context=session.event_context, source="user_settings")
    refused = await configured.gaff_config_change(user)
    assert await configured.gaff_config_change(policy) is None
    assert refused is not None
    assert refused.behavior == "deny"


@pytest.mark.parametrize(
    ("output", "fault"),
    [
        ({"continue": "no"}, "continue in its JSON output must be of type boolean"),
        ({"decision": "maybe"}, "decision in its JSON output must be"),
        ({"hookSpecificOutput": {}}, 'needs "hookEventName": "PreToolUse"'),
        (
            {"hookSpecificOutput": {"hookEventName": "PreToolUse", "permissionDecision": "yes"}},
            "one of allow",
        ),
        ({"hookSpecificOutput": {"hookEventName": "PreToolUse", "updatedInput": "x"}}, "of type object"),
        ({"hookSpecificOutput": {"hookEventName": "PreToolUse", "retry": "x"}}, ""),
        ({"anything": "else"}, ""),
    ],
)
async def test_output_of_the_wrong_shape_is_told_and_decides_nothing(
    hooked: Hooked, output: JsonObject, fault: str
) -> None:
    """Fields of other events are passed over."""
    hooked.on("PreToolUse", command(f"echo '{json.dumps(output)}'"))
    assert "a note" in await hooked.call("Read", file_path="note.txt")
    assert fault in "\n".join(hooked.notices)
    assert bool(fault) is any("hook error" in notice for notice in hooked.notices)


GRANT: JsonObject = {"type": "addRules", "rules": [{"toolName": "Write"}], "behavior": "allow"}


@pytest.mark.parametrize(
    ("decision", "fault"),
    [
        ({"behavior": "allow"}, ""),
        ({"behavior": "allow", "updatedPermissions": [{**GRANT, "destination": "session"}]}, ""),
        ({"behavior": "maybe"}, 'behavior in its JSON output must be "allow" or "deny"'),
        ({}, 'behavior in its JSON output must be "allow" or "deny"'),
        (
            {"behavior": "allow", "updatedInput": "x"},
            "updatedInput in its JSON output must be of type object",
        ),
        *(
            ({"behavior": "allow", "updatedPermissions": [update]}, "holds what is no permission update")
            for update in (
                5,
                {**GRANT, "destination": "moon"},
                {**GRANT, "destination": "session", "rules": "x"},
                {**GRANT, "destination": "session", "rules": [{"toolName": "Bash", "ruleContent": 7}]},
                {"type": "setMode", "destination": "session"},
                {"type": "addDirectories", "destination": "session", "directories": [5]},
            )
        ),
    ],
)
async def test_an_answer_to_a_permission_question_must_be_whole(
    hooked: Hooked, decision: JsonObject, fault: str
) -> None:
    """A slip is told, and grants nothing: a rule whose content is none would allow the whole tool."""
    hooked.on("PermissionRequest", command(said("PermissionRequest", decision=decision)), permissions={})
    await hooked.call("Write", file_path="new.txt", content="x")
    assert hooked.shell.outcomes[0].status == ("denied" if fault else "done")
    assert fault in "\n".join(hooked.notices)
    assert bool(fault) is any("hook error" in notice for notice in hooked.notices)


async def test_a_broken_hook_is_never_the_plugin_s_failure(hooked: Hooked) -> None:
    """Whatever handlers do, the plugin that runs them goes on."""
    hooked.on("PreToolUse", *(command(f"exit {code}") for code in (1, 127, 255)), command("kill -9 $$"))
    await hooked.call("Read", file_path="note.txt")
    reports = {one.name: one.state for one in hooked.shell.kernel.reports}
    assert reports["handlers.configured"] == "active"
    assert not any("plugin handlers.configured" in notice for notice in hooked.notices)
