"""What the reviewer is shown of a session: the user's words and the tool calls, in order.

Never the model's own texts, which argue for what it wants, and never what a tool returned, which may come
from an attacker. Words are kept as the user sends them; calls are read off the conversation.
Source: code.claude.com/docs/en/permission-modes (what the classifier sees).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from gaff.hooks import (
    Json,
    JsonObject,
    Session,
    StateKey,
    ToolCall,
    is_object,
    list_at,
    object_at,
    text_at,
)

#: Characters of one string of a past call that are shown, from its beginning and its end, and of one note of a hook.
LONGEST_PAST: Final = 2_000
LONGEST_NOTE: Final = 2_000
#: Bytes of a resumed transcript that are looked through for what the user said.
_LONGEST_TRANSCRIPT: Final = 64 * 1024 * 1024
_REMINDER: Final = re.compile(r"<system-reminder>.*?</system-reminder>\s*", re.DOTALL)
#: Words that gaff, a hook or a plugin sends as a prompt begin with a tag or a mark of its own.
_NOT_TYPED: Final = re.compile(r"\s*(?:<[a-z][\w-]*>|\[Request interrupted)", re.ASCII)


@dataclass
class History:
    """The lines for the reviewer; each is a JSON object, so that no text can pass for another line."""

    lines: list[str] = field(default_factory=list[str])
    #: Everything the user said, the newest last.
    words: list[str] = field(default_factory=list[str])
    #: Calls that are in ``lines``, or will be once they are through.
    seen: set[str] = field(default_factory=set[str])
    #: Whether what was said before this process was looked for.
    restored: bool = False

    def add_words(self, text: str, *, typed: bool = True) -> None:
        """Keep what the user said; what somebody else sent is shown as that, and is nobody's word."""
        text = _REMINDER.sub("", text).strip()
        if not text:
            return
        if typed and not _NOT_TYPED.match(text):
            self.words.append(text)
            self.lines.append(line({"user": text}))

    def add_calls(self, session: Session, until: str = "") -> None:
        """Keep the calls the model made since, up to the one with the id ``until``."""
        reads = _reading_tools(session)
        for message in session.messages:
            for call in message.tool_calls:
                if until and call.id == until:
                    return
                if call.id not in self.seen:
                    self.seen.add(call.id)
                    if call.name not in reads:
                        self.lines.append(line({"call": shown_call(call)}))

    def add_note(self, tool: str, note: str) -> None:
        """Keep what a hook says for the reviewer about a call (``classifierContext``)."""
        self.lines.append(line({"hook_note": note[:LONGEST_NOTE], "about": tool}))

    def restore(self, session: Session) -> None:
        """Take in what was said before the session was resumed, from its transcript. Blocks: reads a file."""
        if self.restored:
            return
        self.restored = True
        before, now = History(), frozenset(self.words)
        for text in _said_before(session.transcript_path):
            before.add_words(text)
        earlier = [text for text in before.words if text not in now]
        self.words = [*earlier, *self.words]
        self.lines = [*(line({"user": text}) for text in earlier), *self.lines]


HISTORY = StateKey(History)


def line(value: JsonObject) -> str:
    """Return a line of JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def shown_call(call: ToolCall) -> JsonObject:
    """Return a past call, its long texts cut."""
    return {"tool": call.name, "input": _cut(call.input)}


def _cut(value: Json) -> Json:
    if isinstance(value, str):
        rest, half = len(value) - LONGEST_PAST, LONGEST_PAST // 2
        return value if rest <= 0 else f"{value[:half]} [cut: {rest} characters] {value[-half:]}"
    if is_object(value):
        return {key: _cut(item) for key, item in value.items()}
    if isinstance(value, Sequence):
        return [_cut(item) for item in value]
    return value


def _reading_tools(session: Session) -> frozenset[str]:
    tools = session.kernel.contributed("gaff_register_tools")
    return frozenset(tool.name for tool in tools if tool.facts.get("read_only") is True)


def _said_before(path: Path) -> Iterator[str]:
    try:
        if path.stat().st_size > _LONGEST_TRANSCRIPT:
            return
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return
    for row in text.splitlines():
        try:
            entry: object = json.loads(row) if '"type":"user"' in row else None
        except ValueError:
            continue
        if is_object(entry):
            yield from _typed(entry)


def _typed(entry: JsonObject) -> Iterator[str]:
    """Yield what the user typed in an entry; summaries, results and what others put in are none of it."""
    made = any(entry.get(key) for key in ("isMeta", "isCompactSummary", "isSidechain", "toolUseResult"))
    if entry.get("type") != "user" or made:
        return
    message = object_at(entry, "message")
    content = message.get("content")
    if isinstance(content, str):
        yield content
        return
    blocks = [block for block in list_at(message, "content") if is_object(block)]
    if not any(block.get("type") == "tool_result" for block in blocks):
        yield from (text_at(block, "text") for block in blocks if block.get("type") == "text")
