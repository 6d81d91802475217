"""Joins what the handlers of one event said into the answer its hook returns.

Everybody's contexts and warnings are delivered; of decisions the strictest holds; ``continue: false``
wins over all. Source: code.claude.com/docs/en/hooks.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final, cast

from gaff.hooks import (
    STRICTNESS,
    Behavior,
    Decision,
    Json,
    JsonObject,
    PermissionUpdate,
    ToolOutput,
    is_object,
    list_at,
    object_at,
    text_at,
)
from gaff.hooks.answers import (
    ElicitationAnswer,
    FeedbackAnswer,
    HookAnswer,
    RetryAnswer,
    SessionStartAnswer,
    ToolFeedback,
    WatchAnswer,
)
from gaff.hooks.handlers import is_of_type
from gaff.hooks.values import number_at

from ._events import EVENTS
from ._output import Said

_LONGEST_FOR_CLASSIFIER: Final = 2_000
#: Events on which ``continue: false`` is documented to mean nothing.
_UNSTOPPABLE: Final = frozenset({"TaskCreated", "MessageDisplay"})


def _joined(texts: Iterable[str | None]) -> str | None:
    found = list(dict.fromkeys(text for text in texts if text))
    return "\n\n".join(found) if found else None


def _context(said: Sequence[Said]) -> str | None:
    return _joined(one.context for one in said)


def warnings(said: Sequence[Said]) -> str | None:
    """Return what the user is told: warnings, and objections where only the user hears them."""
    return _joined(
        text
        for one in said
        for text in (
            one.system_message,
            one.objection if EVENTS[one.entry.event].objection == "user" else None,
        )
    )


def _stops(said: Sequence[Said]) -> tuple[bool, str | None]:
    stopping = [one for one in said if one.stop and one.entry.event not in _UNSTOPPABLE]
    return bool(stopping), _joined(one.stop_reason for one in stopping)


# Gates.


def decision(said: Sequence[Said]) -> Decision | None:
    """Return the decision at a gate; ``None`` where nobody has anything to say."""
    found = [(one, *behavior) for one in said if (behavior := _behavior(one)) is not None]
    stop, stop_reason = _stops(said)
    strictest = strictest_of(behavior for _, behavior, _ in found)
    winners = [(one, reason) for one, behavior, reason in found if behavior == strictest]
    ending = next((reason for one, reason in winners if one.ends_turn and strictest == "deny"), None)
    made = Decision(
        strictest,
        _joined(_signed(one, strictest, reason) for one, reason in winners) or "",
        updated_input=_updated_input(said),
        additional_context=_context(said),
        stop=stop or ending is not None,
        stop_reason=stop_reason or ending,
        system_message=warnings(said),
    )
    return None if made == Decision() else made


def refusal(said: Sequence[Said]) -> Decision | None:
    """Return the decision at a gate outside of calls, where to stop everything is to refuse."""
    made = decision(said)
    if made is None or not made.stop or made.behavior == "deny":
        return made
    return replace(made, behavior="deny", reason=made.stop_reason or "stopped by a hook")


def strictest_of(behaviors: Iterable[Behavior]) -> Behavior | None:
    """Return the strictest of these; ``None`` where there is none."""
    return max(behaviors, key=lambda behavior: STRICTNESS[behavior], default=None)


def _behavior(one: Said) -> tuple[Behavior, str] | None:
    if one.objection is not None and EVENTS[one.entry.event].objection == "deny":
        return "deny", one.objection
    return None if one.behavior is None else (one.behavior, one.reason)


def _signed(one: Said, behavior: Behavior | None, reason: str) -> str:
    """Say whose word it is: in front where the user is asked, behind where something is refused."""
    label, event = one.entry.source.label, one.entry.event
    if behavior in ("ask", "defer"):
        return f"[{label.removesuffix(' Settings').removesuffix(' Hooks')}] {reason}".rstrip()
    if behavior == "deny":
        return f"{reason or 'refused'} ({event} hook, {label})"
    return reason


def _updated_input(said: Sequence[Said]) -> JsonObject | None:
    found = (one.specific.get("updatedInput") for one in reversed(said))
    return next((value for value in found if is_object(value)), None)


def permission_answer(said: Sequence[Said]) -> Decision | None:
    """Return what hooks answer in the user's place: a deny before an allow."""
    decided = [
        (one, object_at(one.specific, "decision")) for one in said if is_object(one.specific.get("decision"))
    ]
    decided.sort(key=lambda pair: pair[1].get("behavior") != "deny")
    failed = [one for one in said if one.failure and one.objection is not None]
    stop, stop_reason = _stops(said)
    if stop:
        return Decision("deny", stop_reason or "a hook ended the turn", interrupt=True)
    if failed:
        return Decision("deny", failed[0].objection or "")
    for one, value in decided:
        if value.get("behavior") == "deny":
            return Decision(
                "deny", _signed(one, "deny", one.reason), interrupt=value.get("interrupt") is True
            )
        changed = value.get("updatedInput")
        return Decision(
            "allow",
            _signed(one, "allow", one.reason),
            updated_input=changed if is_object(changed) else None,
            updates=tuple(_updates(value)),
        )
    return None


def _updates(value: JsonObject) -> Iterator[PermissionUpdate]:
    for update in list_at(value, "updatedPermissions"):
        yield PermissionUpdate.of_json(update if is_object(update) else {})


# After the fact.


def feedback(said: Sequence[Said]) -> FeedbackAnswer | None:
    """Return what hooks object to something that is over."""
    stop, stop_reason = _stops(said)
    ending = next((one.objection for one in said if one.ends_turn and one.objection), None)
    made = FeedbackAnswer(
        block=_joined(one.objection for one in said if EVENTS[one.entry.event].objection == "feedback"),
        additional_context=_context(said),
        system_message=warnings(said),
        stop=stop or ending is not None,
        stop_reason=stop_reason or ending,
    )
    return None if made == FeedbackAnswer() else made


def tool_feedback(said: Sequence[Said], value: ToolFeedback, tool: str) -> ToolFeedback | None:
    """Return the result with what hooks make of it; ``None`` where they leave it as it is."""
    answer = feedback(said)
    output, faults = _updated_output(said, value.output, tool)
    if faults:
        answer = answer or FeedbackAnswer()
        answer = replace(answer, system_message=_joined((answer.system_message, *faults)))
    notes = _joined(text_at(one.specific, "classifierContext") for one in said)
    if answer is None and output is value.output and notes is None:
        return None
    answer = answer or FeedbackAnswer()
    return replace(
        value,
        output=output,
        objections=(*value.objections, *([answer.block] if answer.block else [])),
        contexts=(*value.contexts, *([answer.additional_context] if answer.additional_context else [])),
        system_messages=(*value.system_messages, *([answer.system_message] if answer.system_message else [])),
        classifier_context=notes[:_LONGEST_FOR_CLASSIFIER] if notes else value.classifier_context,
        stop=value.stop or answer.stop,
        stop_reason=value.stop_reason or answer.stop_reason,
    )


def _updated_output(said: Sequence[Said], output: ToolOutput, tool: str) -> tuple[ToolOutput, Sequence[str]]:
    """Return the output that hooks put in the place of the tool's, and what is wrong with those not used."""
    faults: list[str] = []
    original = output.response
    for one in said:
        for name in ("updatedToolOutput", "updatedMCPToolOutput"):
            if name not in one.specific or (name == "updatedMCPToolOutput" and not tool.startswith("mcp__")):
                continue
            response = one.specific[name]
            if _has_shape_of(response, original):
                output = ToolOutput(_text_of(response), response)
            else:
                faults.append(
                    f"{one.entry.event} hook {one.entry.title}: {name} has not the shape of {tool}'s output"
                )
    return output, faults


def _has_shape_of(response: Json, original: Json) -> bool:
    """Whether hooks and faces that know the tool's output can read this one: members of the same kinds."""
    if is_object(original):
        return is_object(response) and all(
            name in response and _is_like(response[name], value) for name, value in original.items()
        )
    return (
        original is None
        or isinstance(response, str)
        or isinstance(response, list) is isinstance(original, list)
    )


def _is_like(value: Json, original: Json) -> bool:
    if original is None or type(value) is type(original):
        return True
    return is_of_type(value, "number") and is_of_type(original, "number")


def _text_of(response: Json) -> str:
    if isinstance(response, str):
        return response
    if is_object(response):
        if "stdout" in response:
            return "\n".join(filter(None, (text_at(response, "stdout"), text_at(response, "stderr"))))
        if isinstance(content := response.get("content"), str) and content:
            return content
        if is_object(file := response.get("file")) and "content" in file:
            return _numbered(text_at(file, "content"), number_at(file, "startLine") or 1)
        if names := [name for name in list_at(response, "filenames") if isinstance(name, str)]:
            return "\n".join(names)
    blocks = [block for block in response if is_object(block)] if isinstance(response, list) else []
    if blocks and len(blocks) == len(cast("list[Json]", response)):
        return "\n".join(text_at(block, "text") for block in blocks)
    return json.dumps(response, ensure_ascii=False)


def _numbered(text: str, first: int) -> str:
    """Return the lines of a file as they are read."""
    return "\n".join(f"{number:>6}\t{line}" for number, line in enumerate(text.splitlines(), first))


# Everything else.


def plain(said: Sequence[Said]) -> HookAnswer | None:
    """Return contexts and warnings."""
    stop, stop_reason = _stops(said)
    made = HookAnswer(
        additional_context=_context(said),
        system_message=warnings(said),
        stop=stop,
        stop_reason=stop_reason,
    )
    return None if made == HookAnswer() else made


def added_directory(said: Sequence[Said]) -> HookAnswer | None:
    """Return the answer to an added directory: warnings are for the model."""
    text = _joined((_context(said), _joined(one.system_message for one in said)))
    return HookAnswer(additional_context=text) if text else None


def session_start(said: Sequence[Said]) -> SessionStartAnswer | None:
    """Return what hooks say at the start of a session."""
    answer = plain(said) or HookAnswer()
    made = SessionStartAnswer(
        additional_context=answer.additional_context,
        system_message=answer.system_message,
        stop=answer.stop,
        stop_reason=answer.stop_reason,
        initial_user_message=_joined(text_at(one.specific, "initialUserMessage") for one in said),
        session_title=title(said),
        watch_paths=watch_paths(said),
    )
    return None if made == SessionStartAnswer() else made


def title(said: Sequence[Said]) -> str | None:
    """Return the session title that a hook gives; the last one's."""
    return next((text for one in reversed(said) if (text := text_at(one.specific, "sessionTitle"))), None)


def watch(said: Sequence[Said]) -> WatchAnswer | None:
    """Return what to watch, and warnings."""
    made = WatchAnswer(
        additional_context=_context(said), system_message=warnings(said), watch_paths=watch_paths(said)
    )
    return None if made == WatchAnswer() else made


def watch_paths(said: Sequence[Said]) -> tuple[str, ...]:
    """Return the absolute paths that hooks want watched."""
    found = (path for one in said for path in list_at(one.specific, "watchPaths"))
    return tuple(dict.fromkeys(path for path in found if isinstance(path, str) and path.startswith("/")))


def retry(said: Sequence[Said]) -> RetryAnswer | None:
    """Return whether the model may try a denied call again."""
    stop, stop_reason = _stops(said)
    made = RetryAnswer(
        retry=any(one.specific.get("retry") is True for one in said),
        system_message=warnings(said),
        stop=stop,
        stop_reason=stop_reason,
    )
    return None if made == RetryAnswer() else made


def displayed(said: Sequence[Said]) -> str | None:
    """Return the text to show instead; the last hook's."""
    found = [text_at(one.specific, "displayContent", "\0") for one in said]
    return next((text for text in reversed(found) if text != "\0"), None)


def elicited(said: Sequence[Said]) -> ElicitationAnswer | None:
    """Return what an MCP server is answered: an objection declines."""
    if any(one.objection is not None for one in said):
        return ElicitationAnswer(action="decline", system_message=warnings(said))
    for one in said:
        if action := text_at(one.specific, "action"):
            content = one.specific.get("content")
            return ElicitationAnswer(action=action, content=content if is_object(content) else None)
    return None


def worktree_path(said: Sequence[Said]) -> str | None:
    """Return the path that a hook made; its last line, or ``worktreePath``."""
    paths = (text_at(one.specific, "worktreePath") or one.last_line for one in said)
    return next((path for path in paths if path), None)
