"""Reads what a handler answered: exit codes, plain text and the documented JSON.

Source: code.claude.com/docs/en/hooks, "Hook output".
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias, cast

from gaff.hooks import (
    Behavior,
    FieldType,
    HookResult,
    Json,
    JsonObject,
    PermissionUpdate,
    is_object,
    list_at,
    object_at,
    text_at,
)
from gaff.hooks.handlers import is_of_type

from ._entries import Entry
from ._events import EVENTS

Status: TypeAlias = Literal["done", "failed", "timeout", "started", "cancelled"]

_BLOCKING: Final = 2
_UNIVERSAL: Final[Mapping[str, FieldType]] = {
    "continue": "boolean",
    "stopReason": "string",
    "suppressOutput": "boolean",
    "systemMessage": "string",
    "terminalSequence": "string",
    "decision": "string",
    "reason": "string",
    "hookSpecificOutput": "object",
}
_SPECIFIC: Final[Mapping[str, FieldType]] = {
    "additionalContext": "string",
    "initialUserMessage": "string",
    "sessionTitle": "string",
    "watchPaths": "array",
    "reloadSkills": "boolean",
    "suppressOriginalPrompt": "boolean",
    "displayContent": "string",
    "permissionDecision": "string",
    "permissionDecisionReason": "string",
    "updatedInput": "object",
    "decision": "object",
    "retry": "boolean",
    "classifierContext": "string",
    "worktreePath": "string",
    "action": "string",
    "content": "object",
}
#: An object that begins on a later line and ends with the text.
_LATE_OBJECT: Final = re.compile(r"^\{(?=[\s\S]*\}\Z)", re.MULTILINE)
#: Members without which an object among other text is taken for something else than an answer.
_TELLING: Final = frozenset({"continue", "decision", "hookSpecificOutput", "systemMessage"})
_DECISION: Final[Mapping[str, FieldType]] = {
    "behavior": "string",
    "updatedInput": "object",
    "updatedPermissions": "array",
    "message": "string",
    "interrupt": "boolean",
}
_CHOICES: Final = {
    "permissionDecision": ("allow", "deny", "ask", "defer"),
    "action": ("accept", "decline", "cancel"),
}


@dataclass
class Said:
    """What one handler meant."""

    entry: Entry
    status: Status = "done"
    #: Why the handler objects; ``None`` where it does not.
    objection: str | None = None
    #: Whether an objection also ends the turn.
    ends_turn: bool = False
    behavior: Behavior | None = None
    reason: str = ""
    context: str | None = None
    system_message: str | None = None
    stop: bool = False
    stop_reason: str | None = None
    terminal_sequence: str = ""
    #: ``hookSpecificOutput``.
    specific: JsonObject = field(default_factory=dict[str, Json])
    #: The last line of plain output.
    last_line: str = ""
    failure: str = ""
    exit_code: int = 0
    #: Whether it ended with 1 and said nothing, as scripts do whose last ``grep`` finds nothing.
    wordless: bool = False
    ms: float = 0.0

    @property
    def summary(self) -> str:
        """What was decided, in a few words."""
        if self.failure:
            return f"{self.status}: {self.failure}"
        if self.status == "started":
            return "runs beside the turn"
        if self.status == "cancelled":
            return "was stopped before it ended"
        if self.objection is not None:
            return f"objects: {self.objection}"
        if self.stop:
            return f"ends the turn: {self.stop_reason or ''}".rstrip(": ")
        if self.behavior is not None:
            return f"{self.behavior}: {self.reason}".rstrip(": ")
        found = [name for name in self.specific if name != "hookEventName"]
        if self.context is not None and "additionalContext" not in found:
            found.insert(0, "context")
        if self.system_message is not None:
            found.append("systemMessage")
        if self.terminal_sequence:
            found.append("terminalSequence")
        return f"gives {', '.join(found)}" if found else "no opinion"


def failed(entry: Entry, failure: str, status: Status = "failed") -> Said:
    """Return what a handler that did not do its work says: nothing, or an objection where it is a gate."""
    blocks = entry.blocks_on_failure or (entry.event == "PreModelSwitch" and status == "timeout")
    said = Said(entry, status, failure=failure)
    if blocks:
        said.objection = f"a hook that must work failed: {entry.title}: {failure}"
    return said


def read_result(entry: Entry, result: HookResult) -> Said:
    """Return what a result means."""
    if result.failure is not None:
        return failed(entry, result.failure)
    if result.refusal is not None:
        return Said(entry, objection=result.refusal, ends_turn=result.ends_turn)
    output, fault = result.output, ""
    if output is None:
        output, fault = parse(result.stdout)
    if output is not None:
        fault = fault or invalid(output, entry.event)
    said = Said(entry) if output is None or fault else _of_json(entry, output)
    said.exit_code = result.exit_code
    if result.exit_code == _BLOCKING:
        # Beats whatever the JSON allows; its reason for blocking is the message all the same.
        said.behavior = None
        reason = _blocking_reason(output) if output is not None and not fault else ""
        said.objection = reason or result.stderr.strip() or "[no reason given on stderr]"
        return said
    if fault:
        return failed(entry, fault)
    if output is None:
        return _plain(entry, result)
    return said


def _plain(entry: Entry, result: HookResult) -> Said:
    if result.exit_code != 0:
        first = result.stderr.strip().partition("\n")[0] or "no stderr output"
        code = f"signal {-result.exit_code}" if result.exit_code < 0 else f"exit code {result.exit_code}"
        said = failed(entry, f"Failed with non-blocking status code: {first} ({code})")
        said.exit_code = result.exit_code
        said.wordless = result.exit_code == 1 and not result.stdout.strip() and not result.stderr.strip()
        return said
    text = trimmed(result.stdout)
    said = Said(entry, last_line=text.rpartition("\n")[2].strip())
    if where := _hidden_answer(text):
        said = failed(
            entry, f"text stands {where} its JSON output, so that it does not count; print nothing else"
        )
    if EVENTS[entry.event].plain_is_context:
        said.context = text or None
    return said


def trimmed(text: str) -> str:
    """Return a text without outer blanks, to which a byte order mark belongs."""
    return text.strip().removeprefix("\ufeff").strip()


def _hidden_answer(text: str) -> str:
    """Return where other text stands beside an answer: the profile of a shell may print something before."""
    where, start = "behind", 0
    if not text.startswith("{"):
        found = _LATE_OBJECT.search(text)
        if found is None:
            return ""
        where, start = "before", found.start()
    try:
        value: Any = json.JSONDecoder().raw_decode(text, start)[0]
    except (ValueError, RecursionError):
        return ""
    return where if is_object(value) and not _TELLING.isdisjoint(value) else ""


def parse(stdout: str) -> tuple[JsonObject | None, str]:
    """Return the JSON object that the output is, or why it is none though it looks like one."""
    text = trimmed(stdout)
    if not (text.startswith("{") and text.endswith("}")):
        return None, ""
    try:
        value: Any = json.loads(text)
    except RecursionError:
        return None, "its JSON output is nested too deep"
    except ValueError as fault:
        return (None, "") if _is_log(text) else (None, f"its output looks like JSON and is not ({fault})")
    return (value, "") if is_object(value) else (None, "")


def _is_log(text: str) -> bool:
    """Whether each line is JSON of its own, none with a field that means something here."""
    try:
        lines = [json.loads(line) for line in text.splitlines() if line.strip()]
    except (ValueError, RecursionError):
        return False
    return not any(is_object(line) and not _UNIVERSAL.keys().isdisjoint(line) for line in lines)


def invalid(output: JsonObject, event: str) -> str:
    """Return what is wrong with a JSON output; empty where nothing is."""
    for name, wanted in _UNIVERSAL.items():
        if name in output and not is_of_type(output[name], wanted):
            return f"{name} in its JSON output must be of type {wanted}"
    if output.get("decision") not in (None, "approve", "block"):
        return 'decision in its JSON output must be "approve" or "block"'
    specific = output.get("hookSpecificOutput")
    if not is_object(specific):
        return ""
    if specific.get("hookEventName") != event:
        return f'hookSpecificOutput in its JSON output needs "hookEventName": "{event}"'
    for name, value in specific.items():
        if name not in EVENTS[event].answers or name not in _SPECIFIC:
            continue
        if not is_of_type(value, _SPECIFIC[name]):
            return f"hookSpecificOutput.{name} in its JSON output must be of type {_SPECIFIC[name]}"
        if name in _CHOICES and value not in _CHOICES[name]:
            return f"hookSpecificOutput.{name} in its JSON output must be one of {', '.join(_CHOICES[name])}"
    return _invalid_permission(object_at(specific, "decision")) if "decision" in specific else ""


def _invalid_permission(value: JsonObject) -> str:
    """Return what is wrong with the answer to a permission question; a slip must not grant more than is meant."""
    where = "hookSpecificOutput.decision"
    for name, wanted in _DECISION.items():
        if name in value and not is_of_type(value[name], wanted):
            return f"{where}.{name} in its JSON output must be of type {wanted}"
    if value.get("behavior") not in ("allow", "deny"):
        return f'{where}.behavior in its JSON output must be "allow" or "deny"'
    if not all(map(_is_update, list_at(value, "updatedPermissions"))):
        return f"{where}.updatedPermissions in its JSON output holds what is no permission update"
    return ""


def _is_update(value: Json) -> bool:
    if not is_object(value):
        return False
    try:
        update = PermissionUpdate.of_json(value)
    except ValueError:
        return False
    rules, folders = list_at(value, "rules"), list_at(value, "directories")
    if update.type.endswith("Rules"):
        return bool(rules) and "behavior" in value and all(map(_is_rule, rules))
    if update.type.endswith("Directories"):
        return bool(folders) and all(isinstance(folder, str) for folder in folders)
    return update.mode is not None


def _is_rule(value: Json) -> bool:
    return (
        is_object(value)
        and bool(text_at(value, "toolName"))
        and isinstance(value.get("ruleContent", ""), str)
    )


def _blocking_reason(output: JsonObject) -> str:
    specific = object_at(output, "hookSpecificOutput")
    if specific.get("permissionDecision") == "deny":
        return text_at(specific, "permissionDecisionReason")
    return text_at(output, "reason") if output.get("decision") == "block" else ""


def _of_json(entry: Entry, output: JsonObject) -> Said:
    given = object_at(output, "hookSpecificOutput")
    known = EVENTS[entry.event].answers
    specific = {name: value for name, value in given.items() if name in known}
    said = Said(entry, specific=specific)
    said.context = text_at(specific, "additionalContext") or None
    said.system_message = text_at(output, "systemMessage") or None
    said.terminal_sequence = text_at(output, "terminalSequence")
    if output.get("continue") is False:
        said.stop, said.stop_reason = True, text_at(output, "stopReason") or None
    if output.get("decision") == "block":
        said.objection = text_at(output, "reason") or "Blocked by a hook."
    elif output.get("decision") == "approve" and entry.event == "PreToolUse":
        said.behavior, said.reason = "allow", text_at(output, "reason")
    if "permissionDecision" in specific:
        said.behavior = cast("Behavior", specific["permissionDecision"])
        said.reason = text_at(specific, "permissionDecisionReason")
    if "decision" in specific:
        said.reason = text_at(object_at(specific, "decision"), "message")
    return said
