"""``gaff policy replay``: judge the calls of recorded sessions anew, and print the decisions that differ."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from gaff.hooks import (
    PERMISSION_MODES,
    Behavior,
    GaffError,
    JsonObject,
    Kernel,
    PermissionMode,
    Session,
    Settings,
    ToolCall,
    UsageError,
    is_object,
)
from gaff.hooks.values import list_at, object_at, text_at

from .judge import decision_of, why
from .session import JudgedOptions, JudgedSession, changed, only_permissions
from .stand_ins import Tools
from .text import quoted

if TYPE_CHECKING:
    from argparse import Namespace

_AGO: Final = re.compile(r"(\d+)([mhdw])")
_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
#: More sessions of a project than this are not looked through.
_MOST: Final = 10_000


@dataclass(frozen=True)
class Recorded:
    """A decision of a recorded session."""

    session_id: str
    time: str
    call: ToolCall
    cwd: str
    mode: PermissionMode
    #: What the rules and hooks made of it; *ask* where the user, or nobody, had to answer.
    was: Behavior
    why: str


@dataclass(frozen=True)
class _Changes:
    """What is to be different from the recorded sessions."""

    settings: Settings
    mode: PermissionMode | None
    since: str


async def replay(kernel: Kernel, arguments: Namespace) -> int:
    """Print every recorded decision that would be another now, and how many there are.

    Raises:
        UsageError: an option cannot be used.
        SessionError: there is no such session, or it cannot be read.
    """
    changes = _Changes(_settings(kernel, arguments), _mode(arguments.mode), since(arguments.since))
    tools, counts = Tools(kernel), Counter[str]()
    sessions = _sessions(kernel, arguments.session)
    for session_id in sessions:
        for recorded in _decisions(kernel, session_id, changes.since):
            now, reason = await _judged(kernel, tools, recorded, changes)
            differs = now != recorded.was
            counts[f"{recorded.was} -> {now}" if differs else "same"] += 1
            if differs or arguments.verbose:
                print(_line(recorded, now, reason))
    print(_summary(counts, len(sessions)))
    return 0


def _settings(kernel: Kernel, arguments: Namespace) -> Settings:
    given = None
    if arguments.rules is not None:
        given = only_permissions(_permissions(arguments.rules), arguments.rules, kernel.project_dir)
    return changed(kernel.settings, given, with_hooks=arguments.hooks)


def _permissions(file: str) -> JsonObject:
    try:
        value: object = json.loads(Path(file).read_bytes())
    except OSError as fault:
        raise UsageError(f"--rules {file}: cannot be read ({fault.strerror})") from fault
    except (ValueError, RecursionError) as fault:
        raise UsageError(f"--rules {file}: not valid JSON: {fault}") from fault
    found = value.get("permissions", value) if is_object(value) else None
    if not is_object(found):
        raise UsageError(f"--rules {file}: must be a settings file, or its permissions object")
    return found


def _mode(given: str | None) -> PermissionMode | None:
    mode = _known_mode("default" if given == "manual" else given)
    if mode is None and given is not None:
        raise UsageError(f"--mode {given}: there is no such mode; there are {', '.join(PERMISSION_MODES)}")
    return mode


def since(given: str | None, now: datetime | None = None) -> str:
    """Return the time, as transcripts write it, that a date or a span back from now means.

    Raises:
        UsageError: it is neither.
    """
    if given is None:
        return ""
    if ago := _AGO.fullmatch(given):
        time = (now or datetime.now(UTC)) - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    else:
        try:
            time = datetime.fromisoformat(given)
        except ValueError as fault:
            raise UsageError(
                f"--since {given}: write a date such as 2026-11-01, or a span such as 30d"
            ) from fault
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _sessions(kernel: Kernel, given: str | None) -> list[str]:
    store = kernel.session_store()
    if given is None:
        return [one.id for one in reversed(store.list(kernel.project_dir, _MOST))]
    found = store.find(given, kernel.project_dir)
    if found is None:
        raise UsageError(f"there is no session {given}; gaff --resume lists them")
    return [found.id]


def _decisions(kernel: Kernel, session_id: str, start: str) -> Iterator[Recorded]:
    """Yield the decisions of a session in order."""
    entries = [*kernel.session_store().read(session_id, kernel.project_dir)][::-1]
    calls: dict[str, tuple[ToolCall, str]] = {}
    mode = _first_mode(kernel, entries)
    for entry in entries:
        kind = text_at(entry, "type")
        if kind == "assistant":
            calls |= {call.id: (call, text_at(entry, "cwd")) for call in _calls(entry)}
        elif kind == "permission-mode":
            mode = _known_mode(entry.get("permissionMode")) or mode
        elif kind == "gaff-decision" and text_at(entry, "timestamp") >= start:
            known = calls.get(text_at(entry, "toolUseId"))
            if known is not None:
                yield _recorded(session_id, entry, known, mode)


def _recorded(
    session_id: str, entry: JsonObject, known: tuple[ToolCall, str], mode: PermissionMode
) -> Recorded:
    was, reason = _outcome(entry)
    told = _known_mode(text_at(entry, "permissionMode")) or mode
    return Recorded(session_id, text_at(entry, "timestamp"), *known, told, was, reason)


def _known_mode(name: object) -> PermissionMode | None:
    return next((mode for mode in PERMISSION_MODES if mode == name), None)


def _first_mode(kernel: Kernel, entries: list[JsonObject]) -> PermissionMode:
    """Return the mode a session began in: as its first entry that names one tells, else as the settings do."""
    for entry in entries:
        mode = _known_mode(entry.get("permissionMode")) if entry.get("type") == "user" else None
        if mode is not None:
            return mode
    return _known_mode(kernel.settings.get("permissions", "defaultMode")) or "default"


def _calls(entry: JsonObject) -> Iterator[ToolCall]:
    for block in list_at(object_at(entry, "message"), "content"):
        if is_object(block) and block.get("type") == "tool_use":
            yield ToolCall(text_at(block, "id"), text_at(block, "name"), object_at(block, "input"))


def _outcome(entry: JsonObject) -> tuple[Behavior, str]:
    """Return what was made of a call before anybody was asked, and why."""
    steps = [step for step in list_at(entry, "trail") if is_object(step)]
    answered = next((step for step in steps if step.get("hook") == "gaff_ask_user"), None)
    if answered is not None:
        return "ask", text_at(answered, "reason")
    was: Behavior = "allow" if entry.get("behavior") == "allow" else "deny"
    said = next((text_at(step, "reason") for step in steps if step.get("behavior") == was), "")
    return was, text_at(entry, "reason") or said


async def _judged(
    kernel: Kernel, tools: Tools, recorded: Recorded, changes: _Changes
) -> tuple[Behavior, str]:
    try:
        tool = tools.named(recorded.call.name)
    except GaffError as fault:
        return "deny", str(fault)
    project = kernel.project_dir
    session = JudgedSession(
        kernel,
        project,
        Path(recorded.cwd) if recorded.cwd else project,
        kernel.home,
        kernel.environ,
        changes.settings,
        JudgedOptions(kernel.options),
        changes.mode or recorded.mode,
        (project.resolve(),),
    )
    judged = await kernel.judge(cast("Session", session), recorded.call, tool)
    return decision_of(recorded.call.name, judged), why(judged)


def _line(recorded: Recorded, now: Behavior, reason: str) -> str:
    call = f"{recorded.call.name} {quoted(json.dumps(recorded.call.input))}"
    place = f"{recorded.session_id[:8]} {recorded.time[:19]}"
    if now == recorded.was:
        return f"{place} {call}: {now}, as it was: {quoted(reason)}"
    was = f"{recorded.was}" + (f" ({quoted(recorded.why)})" if recorded.why else "")
    return f"{place} {call}: was {was}; would be {now}: {quoted(reason)}"


def _summary(counts: Counter[str], sessions: int) -> str:
    total = sum(counts.values())
    changed = ", ".join(f"{change}: {count}" for change, count in sorted(counts.items()) if change != "same")
    told = f"{total} decisions of {sessions} sessions, {counts['same']} stay as they were"
    return f"{told}; {changed}" if changed else told
