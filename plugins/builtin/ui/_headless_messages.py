"""The messages of ``stream-json``, field by field.

Source: code.claude.com/docs/en/headless and /agent-sdk/typescript; what clients insist on: claude-agent-sdk
(MIT), ``_internal/message_parser.py``. Readers must ignore types and fields they do not know.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, cast
from uuid import uuid4

from gaff.hooks.messages import Usage, content_text
from gaff.hooks.session import Contributed, Kernel, Session
from gaff.hooks.stream import (
    CompactionFinished,
    MessageAdded,
    ModeChanged,
    Notice,
    RetryScheduled,
    TurnResult,
)
from gaff.hooks.tools import ToolOutcome
from gaff.hooks.values import Json, JsonObject

#: The edition of the documented protocol that these messages follow.
PROTOCOL_EDITION: Final = "2.1.240"
#: The model name of answers that no model gave.
_SYNTHETIC: Final = "<synthetic>"
#: Line ends to some readers, though not to JSON.
_SEPARATORS: Final = {0x85: "\\u0085", 0x2028: "\\u2028", 0x2029: "\\u2029"}


def _plain(value: object) -> object:
    """Return what ``json`` knows: a result that a plugin got wrong must not end the run."""
    return dict(cast("JsonObject", value)) if isinstance(value, Mapping) else str(value)


# Made once: making an encoder costs as much as a short message.
_encode: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_plain).encode
_encode_ascii: Final = json.JSONEncoder(separators=(",", ":"), default=_plain).encode


def encode_line(message: JsonObject) -> bytes:
    """Return a message as one line, whatever the reader takes for a line end."""
    text = _encode(message)
    if not text.isascii():
        text = text.translate(_SEPARATORS)
    try:
        return text.encode() + b"\n"
    except UnicodeEncodeError:  # lone surrogates
        return _encode_ascii(message).encode() + b"\n"


class Messages:
    """Makes the messages of one session."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def _message(self, kind: str, fields: JsonObject, uuid: str | None = None) -> JsonObject:
        return {"type": kind, **fields, "session_id": self._session.id, "uuid": uuid or str(uuid4())}

    def system(self, subtype: str, **fields: Json) -> JsonObject:
        """Return a message of type ``system``."""
        return self._message("system", {"subtype": subtype, **fields})

    def init(self) -> JsonObject:
        """Return the first message: what the session has."""
        session, kernel = self._session, self._session.kernel
        commands = kernel.contributed("gaff_register_commands")
        return self.system(
            "init",
            cwd=str(session.cwd),
            tools=[one.name for one in kernel.contributed("gaff_register_tools")],
            mcp_servers=[],
            model=session.model.name,
            permissionMode=session.mode,
            slash_commands=[one.name for one in commands if _headless(one)],
            terminal_slash_commands=[one.name for one in commands if not _headless(one)],
            agents=[],
            skills=[],
            plugins=_plugins(kernel),
            plugin_errors=_plugin_errors(kernel),
            apiKeySource=_key_source(kernel),
            claude_code_version=PROTOCOL_EDITION,
            gaff_version=kernel.version,
            output_style="default",
        )

    def assistant(self, event: MessageAdded) -> JsonObject:
        """Return an answer."""
        message: dict[str, Json] = {
            "id": "",
            "type": "message",
            "role": "assistant",
            "model": _SYNTHETIC if event.synthetic else self._session.model.name,
            "stop_reason": None,
            "stop_sequence": None,
            "usage": Usage().to_json(),
        }
        message |= {**event.raw, "content": list(event.message.content)}
        return self._message("assistant", {"message": message, "parent_tool_use_id": None}, event.uuid)

    def user(self, event: MessageAdded) -> Iterator[JsonObject]:
        """Yield what goes to the model beside the prompt: one message a tool result, and hooks' words."""
        results = [block for block in event.message.content if block.get("type") == "tool_result"]
        rest = [block for block in event.message.content if block.get("type") != "tool_result"]
        outcomes = {outcome.call.id: outcome for outcome in event.outcomes}
        for block in results:
            outcome = outcomes.get(str(block.get("tool_use_id")))
            last = block is results[-1]
            fields = _user_fields([block, *(rest if last else [])])
            if outcome is not None:
                fields["tool_use_result"] = _structured(outcome)
            yield self._message("user", fields, event.uuid if last else None)
        if event.synthetic and not results:
            yield self._message("user", {**_user_fields(rest), "isSynthetic": True}, event.uuid)

    def stream_event(self, event: JsonObject) -> JsonObject:
        """Return a raw stream event of the answer under way."""
        return self._message("stream_event", {"event": event, "parent_tool_use_id": None})

    def retry(self, event: RetryScheduled) -> JsonObject:
        """Return that the model's server is asked again."""
        return self.system(
            "api_retry",
            attempt=event.attempt,
            max_retries=event.max_retries,
            retry_delay_ms=round(event.delay * 1000),
            error_status=event.status,
            error=event.kind,
            message=event.error,
        )

    def denied(self, outcome: ToolOutcome) -> JsonObject:
        """Return that a call was not let through."""
        return self.system(
            "permission_denied",
            tool_name=outcome.call.name,
            tool_use_id=outcome.call.id,
            message=content_text(outcome.output.content),
        )

    def notice(self, event: Notice) -> JsonObject:
        """Return a line for the user."""
        level = "warning" if event.level == "error" else event.level
        return self.system("informational", content=event.text, level=level)

    def mode(self, event: ModeChanged) -> JsonObject:
        """Return that the permission mode changed."""
        return self.system("status", status=None, permissionMode=event.mode)

    def compacting(self, status: str | None) -> JsonObject:
        """Return that the conversation is being compacted, or, with ``None``, no more."""
        return self.system("status", status=status, permissionMode=self._session.mode)

    def compacted(self, event: CompactionFinished) -> JsonObject:
        """Return that the conversation was compacted: what came before is no part of requests any more."""
        metadata: JsonObject = {
            "trigger": event.trigger,
            "pre_tokens": event.before,
            "post_tokens": event.after,
            "strategies": list(event.strategies),
        }
        fields: JsonObject = {"subtype": "compact_boundary", "compact_metadata": metadata}
        return self._message("system", fields, event.uuid)

    def running(self, call_id: str, tool_name: str, seconds: float) -> JsonObject:
        """Return that a call is still running."""
        fields: JsonObject = {
            "tool_use_id": call_id,
            "tool_name": tool_name,
            "parent_tool_use_id": None,
            "elapsed_time_seconds": round(seconds),
            "heartbeat": True,
        }
        return self._message("tool_progress", fields)

    def result(self, result: TurnResult, prompt_uuid: str | None = None) -> JsonObject:
        """Return how the run ended."""
        fields: dict[str, Json] = {
            "subtype": result.subtype,
            "is_error": result.is_error,
            "duration_ms": result.duration_ms,
            "duration_api_ms": result.api_ms,
            "num_turns": result.turns,
            "stop_reason": result.stop_reason,
            "total_cost_usd": result.cost_usd,
            "usage": result.usage.to_json(),
            "modelUsage": _usage_by_model(self._session, result),
            "permission_denials": [
                {"tool_name": one.tool_name, "tool_use_id": one.tool_use_id, "tool_input": one.tool_input}
                for one in result.denials
            ],
            "terminal_reason": result.terminal_reason,
        }
        text_key = "result" if result.subtype == "success" else "errors"
        fields[text_key] = result.text if result.subtype == "success" else [result.text]
        optional: JsonObject = {
            "ttft_ms": result.first_token_ms,
            "api_error_status": result.error_status,
            "user_message_uuid": prompt_uuid,
            "deferred_tool_use": _deferred(result),
        }
        fields |= {key: value for key, value in optional.items() if value is not None}
        return self._message("result", fields)


def _user_fields(content: Sequence[JsonObject]) -> dict[str, Json]:
    return {"message": {"role": "user", "content": list(content)}, "parent_tool_use_id": None}


def _structured(outcome: ToolOutcome) -> Json:
    """Return the structured result of a call; its text where it has none."""
    response = outcome.output.response
    return response if response is not None else content_text(outcome.output.content)


def _deferred(result: TurnResult) -> JsonObject | None:
    call = result.deferred
    return None if call is None else {"id": call.id, "name": call.name, "input": call.input}


def _headless(command: Contributed) -> bool:
    return command.facts.get("headless") is not False


def _plugins(kernel: Kernel) -> Sequence[JsonObject]:
    """Return the plugins that the user added."""
    own = ("built-in", "session")
    return [
        {"name": one.name, "path": one.path, "source": one.source}
        for one in kernel.reports
        if one.state == "active" and one.source not in own
    ]


def _plugin_errors(kernel: Kernel) -> Sequence[JsonObject]:
    failed = ("failed", "suspended", "untrusted")
    return [
        {"plugin": one.name, "type": one.state, "message": one.reason}
        for one in kernel.reports
        if one.state in failed
    ]


def _key_source(kernel: Kernel) -> str:
    if kernel.environ.get("ANTHROPIC_API_KEY"):
        return "ANTHROPIC_API_KEY"
    return "apiKeyHelper" if kernel.settings.get("apiKeyHelper") else "none"


def _usage_by_model(session: Session, result: TurnResult) -> JsonObject:
    """Return tokens and cost by model; limits are known of the session's own alone."""
    limits, costs = session.model.limits, dict(result.cost_by_model)
    found: dict[str, Json] = {}
    for name, usage in result.usage_by_model:
        own = name == session.model.name
        found[name] = {
            "inputTokens": usage.input_tokens,
            "outputTokens": usage.output_tokens,
            "cacheReadInputTokens": usage.cache_read_input_tokens,
            "cacheCreationInputTokens": usage.cache_creation_input_tokens,
            "webSearchRequests": 0,
            "costUSD": costs.get(name, 0.0),
            "contextWindow": limits.context_window if own else 0,
            "maxOutputTokens": limits.max_output_tokens if own else 0,
        }
    return found
