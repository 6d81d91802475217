"""Plausible arguments for every hook, and the least input a tool's schema allows."""

from __future__ import annotations

import re
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, fields
from types import NoneType
from typing import Any, Final, cast

import gaff.hooks
from gaff.hooks import (
    Action,
    Choice,
    ElicitationAnswer,
    Message,
    ModelRequest,
    PermissionUpdate,
    Question,
    Rule,
    Session,
    ToolCall,
    ToolContext,
    ToolFeedback,
    ToolOutput,
    ToolRun,
    events,
    specs,
    text_block,
)
from gaff.hooks.values import Json, JsonObject

#: Calls as a model makes them: one that reads, one that writes, one of a command, one nobody knows.
_CALLS: Final[Sequence[tuple[str, dict[str, Json]]]] = (
    ("Read", {"file_path": "README.md"}),
    ("Write", {"file_path": "notes.txt", "content": "one\n"}),
    ("Bash", {"command": "ls -l && git status", "description": "Look around"}),
    ("mcp__server__tool", {"query": "all"}),
)

_REQUEST: Final = ModelRequest((text_block("You are a shell."),), (), (Message.user("Say hello."),), 1000)

#: Values of events by field; a field that means several things is named with its event.
_FIELDS: Final[Mapping[str, object]] = {
    "action": "accept",
    "agent_transcript_path": "/tmp/agent.jsonl",
    "command_args": "src",
    "command_name": "review",
    "command_source": "user",
    "compact_summary": "The tests were fixed.",
    "delta": "All tests pass.\n",
    "directory": "/tmp",
    "error": "rate_limit",
    "event": "change",
    "events": ({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "All"}},),
    "expansion_type": "slash_command",
    "file_path": "/tmp/README.md",
    "final": True,
    "load_reason": "session_start",
    "memory_type": "Project",
    "message": "gaff needs your permission",
    "notification_type": "permission_prompt",
    "paths": ("/tmp/README.md", "/tmp/.env"),
    "prompt": "Fix the failing test, please.",
    "question": Question(title="Which colour?", choices=(Choice("Blue", "blue"),)),
    "reason": "other",
    "request": _REQUEST,
    "source": "startup",
    "task_subject": "Fix the test",
    "tool_response": {"stdout": "hello\n", "stderr": "", "interrupted": False},
    "tool_use_id": "toolu_01",
    "trigger": "auto",
    "ConfigChange.source": "user_settings",
    "DirectoryAdded.source": "slash_command",
    "PermissionCheck.action": Action("run", "ls -l", words=("ls", "-l")),
    "PostModelSwitch.source": "command",
    "PreModelSwitch.source": "command",
    "PostToolUseFailure.error": "there is no file README.md",
    "Setup.trigger": "init",
}

#: Values of arguments that are no events.
_ARGUMENTS: Final[Mapping[str, object]] = {
    "answer": ElicitationAnswer(action="accept", content={"name": "Ada"}),
    "feedback": ToolFeedback(output=ToolOutput("hello\n")),
    "request": _REQUEST,
    "text": "All tests pass.\n",
    "updates": (PermissionUpdate("addRules", "session", (Rule("Bash", "ls *"),), "allow"),),
}


def samples(hook: str, session: Session) -> Sequence[Mapping[str, object]]:
    """Return the arguments of several plausible calls of an event hook, by name."""
    hints = _hints(hook)
    hints.pop("return")
    calls = _CALLS if _names_tool(hints) else _CALLS[:1]
    return [{name: _argument(name, kind, session, call) for name, kind in hints.items()} for call in calls]


def expected(hook: str) -> tuple[type, ...]:
    """Return the types an implementation of an event hook may answer with."""
    answer = _hints(hook)["return"]
    kinds = (
        typing.get_args(answer) or (answer,)
        if typing.get_origin(answer) is None or _is_union(answer)
        else (answer,)
    )
    return tuple(typing.get_origin(kind) or kind for kind in kinds)


def _is_union(hint: object) -> bool:
    return NoneType in typing.get_args(hint)


def _hints(hook: str) -> dict[str, Any]:
    """Return the types of a hook's arguments and answer; the contract names them for type checkers only."""
    spec = getattr(specs, hook)
    words = {
        word for text in spec.__annotations__.values() for word in re.findall(r"\b[A-Za-z]\w*", str(text))
    }
    names = {word: getattr(gaff.hooks, word, None) for word in words if hasattr(gaff.hooks, word)}
    return typing.get_type_hints(spec, localns={"events": events, **names})


def _names_tool(hints: Mapping[str, Any]) -> bool:
    return "run" in hints or any(
        field.name == "tool_name"
        for kind in hints.values()
        if hasattr(kind, "__dataclass_fields__")
        for field in fields(kind)
    )


def _argument(name: str, kind: Any, session: Session, call: tuple[str, dict[str, Json]]) -> object:
    tool, given = call
    if name == "session":
        return session
    if name == "run":
        context = ToolContext(session, ToolCall("toolu_01", tool, given))
        return ToolRun(context, tool, given)
    return _event(kind, session, call) if issubclass(kind, events.Event) else _ARGUMENTS[name]


def _event(kind: type[events.Event], session: Session, call: tuple[str, dict[str, Json]]) -> events.Event:
    tool, given = call
    told = {"tool_name": tool, "tool_use_id": "toolu_01"}
    own: dict[str, object] = {
        "context": session.event_context,
        "session": session,
        "tool_name": tool,
        "tool_input": given,
        "tool_calls": ({**told, "tool_input": given, "tool_response": "hello\n"},),
    }
    required = [
        field for field in fields(kind) if field.default is MISSING and field.default_factory is MISSING
    ]
    values = {field.name: _value(kind.name, field.name, str(field.type), own) for field in required}
    return cast("Callable[..., events.Event]", kind)(**values)


def _value(event: str, field: str, kind: str, own: Mapping[str, object]) -> object:
    for key, known in ((f"{event}.{field}", _FIELDS), (field, own), (field, _FIELDS)):
        if key in known:
            return known[key]
    return {"bool": False, "int": 0}.get(kind, "sample")


def least_input(schema: JsonObject) -> Json:
    """Return the smallest value a JSON schema allows, as far as that can be read off it."""
    return _least(schema, cast("JsonObject", schema.get("$defs") or {}))


def _least(schema: Mapping[str, Any], shared: Mapping[str, Any]) -> Json:
    if "$ref" in schema:
        return _least(shared[str(schema["$ref"]).rpartition("/")[2]], shared)
    for key in ("anyOf", "oneOf", "allOf"):
        if key in schema:
            return _least(schema[key][0], shared)
    for key in ("const", "default"):
        if key in schema:
            return cast("Json", schema[key])
    if "enum" in schema:
        return cast("Json", schema["enum"][0])
    return _least_of_type(schema, shared)


def _least_of_type(schema: Mapping[str, Any], shared: Mapping[str, Any]) -> Json:
    kind = schema.get("type")
    if kind == "object":
        known = schema.get("properties", {})
        return {name: _least(known.get(name, {}), shared) for name in schema.get("required", ())}
    if kind == "array":
        return [_least(schema.get("items", {}), shared) for _ in range(schema.get("minItems", 0))]
    if kind in ("integer", "number"):
        least = schema.get("minimum", schema.get("exclusiveMinimum", 0) + ("exclusiveMinimum" in schema))
        return cast("Json", least)
    if kind == "boolean":
        return False
    return None if kind == "null" else "x" * max(1, schema.get("minLength", 1))
