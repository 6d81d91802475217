"""The conversation: what the next request sends, and the transcript it is written to first.

Messages are only ever added. What was sent stays byte for byte; what was not sent yet may still grow.
The transcript is a tree: each entry names its parent. Source of its shape: what the public Claude
Agent SDK reads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import takewhile
from typing import Final, Protocol
from uuid import uuid4

from gaff.hooks.compaction import is_compaction_note
from gaff.hooks.errors import SessionError
from gaff.hooks.messages import Message, ToolCall, text_block
from gaff.hooks.permissions import PERMISSION_MODES, PermissionMode
from gaff.hooks.values import Json, JsonObject, is_object, list_at, number_at, object_at, text_at

from . import __version__
from .repair import NO_ANSWER, cleaned, repair, unanswered

#: The model name of messages that no model wrote, and of those written a second time.
SYNTHETIC: Final = "<synthetic>"
#: The note that says where the conversation goes on, where that is not the newest entry.
LEAF: Final = "gaff-leaf"
#: The note that says that the call before it was put off.
DEFERRED: Final = "gaff-deferred"


class Writer(Protocol):
    """The open end of a transcript."""

    def append(self, entry: JsonObject) -> None: ...


@dataclass(frozen=True)
class Place:
    """Where a conversation happens, as its entries tell."""

    session_id: str
    cwd: str
    git_branch: str | None


@dataclass(frozen=True)
class Deferred:
    """A call that was put off, and what the model is told after its result."""

    call: ToolCall
    rest: tuple[JsonObject, ...] = ()


class Conversation:
    """The messages of one session. ``place`` tells where the session is at the moment."""

    def __init__(self, writer: Writer, place: Callable[[], Place]) -> None:
        self._writer = writer
        self._place = place
        self._parent: str | None = None
        self._ids: set[str] = set()
        self.messages: list[Message] = []
        #: The call that the conversation ends with and that waits for its answer.
        self.deferred: Deferred | None = None
        #: How many of the messages the last request held.
        self.sent = 0

    def restore(self, restored: Restored) -> None:
        """Go on where a transcript ends."""
        self.messages = repair(restored.messages)
        # What a transcript ends with may have been sent, and what was sent stays as it is. Only results
        # that the repair made up are new for sure.
        ends_in_call = bool(restored.messages) and restored.messages[-1].role == "assistant"
        self.sent = len(self.messages) - (1 if ends_in_call and self.messages[-1].role == "user" else 0)
        self.deferred = _put_off(restored, self.messages)
        if self.deferred is not None:
            self.messages.pop()
        self._parent = restored.leaf
        self._ids = {call.id for message in self.messages for call in message.tool_calls}

    def copy(self, restored: Restored) -> None:
        """Write another session's entries into this one's transcript, under ids of their own."""
        place = self._place()
        names: dict[str, str] = {}
        for entry in restored.entries:
            old = text_at(entry, "uuid")
            names[old] = str(uuid4())
            origin = {"sessionId": text_at(entry, "sessionId"), "messageUuid": old}
            parent = names.get(text_at(entry, "parentUuid"))
            own = {
                "uuid": names[old],
                "parentUuid": parent,
                "sessionId": place.session_id,
                "forkedFrom": origin,
            }
            self._writer.append({**entry, **own})
        self._parent = names.get(restored.leaf or "")
        if self.deferred is not None:
            self.defer(self.deferred)

    def defer(self, deferred: Deferred) -> None:
        """Leave a call, the last one of the conversation, without a result until it is gone on with."""
        self.deferred = deferred
        self.note({"type": DEFERRED, "toolUseId": deferred.call.id, "rest": list(deferred.rest)})

    def unique(self, call_id: str) -> str:
        """Return this id for a tool call, or another where the conversation has seen it."""
        candidate = call_id or f"toolu_{uuid4().hex[:24]}"
        while candidate in self._ids:
            candidate = f"{call_id[:40]}_{uuid4().hex[:8]}"
        self._ids.add(candidate)
        return candidate

    def add_user(self, content: Sequence[JsonObject], **extra: Json) -> str:
        """Add what the user or a tool says; return the entry's id.

        Joins a user message that was not sent yet. One that was sent and never answered gets an
        answer that says so, since the two sides must take turns.
        """
        last = self.messages[-1] if self.messages else None
        self.deferred = None
        blocks = cleaned(content)
        if last is not None:
            blocks = (*unanswered(last, blocks), *blocks)
        if last is not None and last.role == "user" and len(self.messages) <= self.sent:
            self.add_assistant(_synthetic([text_block(NO_ANSWER)]))
            last = None
        try:
            return self._record("user", {"role": "user", "content": list(blocks)}, extra)
        finally:
            # Also where the transcript cannot be written: the session goes on from what is known.
            if last is not None and last.role == "user":
                self.messages[-1] = Message("user", (*last.content, *blocks))
            else:
                self.messages.append(Message("user", blocks))

    def add_assistant(self, raw: JsonObject, **extra: Json) -> str:
        """Add an answer, given as the API's message object; return the entry's id."""
        blocks = tuple(block for block in list_at(raw, "content") if is_object(block))
        try:
            return self._record("assistant", raw, extra)
        finally:
            self.messages.append(Message("assistant", blocks))

    def replace(self, index: int, message: Message) -> None:
        """Exchange a message that the server refuses; the transcript keeps the original."""
        self.messages[index] = message

    def compact(self, messages: Sequence[Message], metadata: JsonObject) -> str:
        """Go on with these messages in place of all before; return the id of the boundary between them.

        The transcript keeps both: the boundary names the entry it would follow, and the messages are
        written after it. One that is not followed by all of them is passed over when it is read.
        """
        before, leaf, self._parent = self.messages, self._parent, None
        try:
            told = {**metadata, "messages": len(messages)}
            fields: JsonObject = {
                "subtype": "compact_boundary",
                "content": "Conversation compacted",
                "level": "info",
                "logicalParentUuid": leaf,
                "compactMetadata": told,
            }
            boundary = self._append("system", fields)
            self._copy_messages(messages)
        except SessionError:
            self._parent = leaf
            raise
        self.messages = repair(messages)
        same = (old == new for old, new in zip(before[: self.sent], self.messages, strict=False))
        self.sent = sum(takewhile(bool, same))
        return boundary

    def go_back(self, restored: Restored, since: Sequence[Message]) -> None:
        """Go on where the conversation once was, with these messages after it."""
        self.note({"type": LEAF, "leaf": restored.leaf})
        self._parent = restored.leaf
        self._copy_messages(since)
        self.messages = repair([*restored.messages, *since])
        self.sent = len(self.messages)

    def _copy_messages(self, messages: Iterable[Message]) -> None:
        for message in messages:
            content = list(message.content)
            if message.role == "assistant":
                self._record("assistant", _synthetic(content), {})
            else:
                summary = {"isCompactSummary": True} if any(map(is_compaction_note, content)) else {}
                self._record("user", {"role": "user", "content": content}, summary)

    def note(self, entry: JsonObject) -> None:
        """Write an entry that is no message."""
        self._writer.append({**entry, "sessionId": self._place().session_id, "timestamp": timestamp()})

    def _record(self, kind: str, message: JsonObject, extra: JsonObject) -> str:
        return self._append(kind, {"message": message, **extra})

    def _append(self, kind: str, fields: JsonObject) -> str:
        place = self._place()
        identity = str(uuid4())
        entry: dict[str, Json] = {
            "parentUuid": self._parent,
            "isSidechain": False,
            "userType": "external",
            "cwd": place.cwd,
            "sessionId": place.session_id,
            "version": __version__,
            "gitBranch": place.git_branch or "",
            "type": kind,
            "uuid": identity,
            "timestamp": timestamp(),
        }
        self._writer.append({**entry, **fields})
        self._parent = identity
        return identity


def _synthetic(content: Sequence[JsonObject]) -> JsonObject:
    return {
        "id": f"msg_{uuid4().hex[:24]}",
        "type": "message",
        "role": "assistant",
        "model": SYNTHETIC,
        "content": content,
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 0, "output_tokens": 0},
    }


def timestamp() -> str:
    """Return the time as transcripts hold it: ISO 8601, UTC, milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True)
class Restored:
    """What a transcript says of a session."""

    messages: tuple[Message, ...]
    leaf: str | None
    mode: PermissionMode | None = None
    model: str | None = None
    system: tuple[JsonObject, ...] | None = None
    entries: tuple[JsonObject, ...] = ()
    #: The note of a call that was put off, where nothing was said since.
    deferred: JsonObject | None = None


def restore(backwards: Iterator[JsonObject], leaf: str | None = None) -> Restored:
    """Read a transcript from its end: the newest branch, and the newest word on mode and model.

    ``leaf`` is the entry to end at, where it is not the newest one. The branch begins at its newest
    complete compaction. Where the chain of parents is broken, what stands before the gap in the file is
    kept as well. Of parallel calls that were written as entries of their own, all are kept, not only
    those on the chain.
    """
    branch = _Branch(leaf)
    notes: dict[str, JsonObject] = {}
    for entry in backwards:
        kind = text_at(entry, "type")
        if kind in _NOTES:
            notes.setdefault(kind, entry)
        elif not branch.begins:
            branch.take(kind, entry)
        elif len(notes) == len(_NOTES):
            break
    return replace(_restored(branch.kept(), branch.leaf, notes), deferred=branch.deferred)


class _Branch:
    """One branch of a transcript, taken in from its end."""

    def __init__(self, leaf: str | None) -> None:
        self._entries: list[JsonObject] = []
        self._chain: set[int] = set()
        self._wanted = leaf
        self.deferred: JsonObject | None = None
        #: Whether nothing before what was taken in belongs to it.
        self.begins = False

    def take(self, kind: str, entry: JsonObject) -> None:
        """Look at the entry before those seen so far."""
        if kind == LEAF and not self._chain and self._wanted is None:
            self._wanted = text_at(entry, "leaf") or None
        if kind == DEFERRED and not self._chain and self._wanted is None:
            self.deferred = self.deferred or entry
        if kind not in _CHAINED or _is_aside(entry) or not text_at(entry, "uuid"):
            return
        follows = self._wanted is not None and entry.get("uuid") == self._wanted
        if follows and is_boundary(entry) and len(self._chain) < copied(entry):
            # The process ended in the middle of the compaction: go on before it.
            self._entries, self._chain = [], set()
            self._wanted = text_at(entry, "logicalParentUuid") or None
            return
        if follows or (self._wanted is None and not self._chain and _is_message(entry)):
            self._chain.add(len(self._entries))
            self._wanted = _parent(entry)
            self.begins = is_boundary(entry)
        self._entries.append(entry)

    @property
    def leaf(self) -> str | None:
        """The id of the newest entry."""
        return text_at(self._entries[min(self._chain)], "uuid") if self._chain else None

    def kept(self) -> list[JsonObject]:
        """Return the entries, the first at the front."""
        return _kept(self._entries, self._chain, broken=self._wanted is not None)[::-1]


def is_boundary(entry: JsonObject) -> bool:
    """Whether a compaction begins with this entry."""
    return entry.get("subtype") == "compact_boundary"


def copied(boundary: JsonObject) -> int:
    """Return how many entries after a boundary were written by the compaction itself."""
    return number_at(object_at(boundary, "compactMetadata"), "messages")


_NOTES: Final = ("permission-mode", "gaff-model", "gaff-prefix")
_CHAINED: Final = ("user", "assistant", "system", "attachment", "progress")


def _kept(entries: Sequence[JsonObject], chain: set[int], *, broken: bool) -> list[JsonObject]:
    """Return the entries of the conversation, still the last first."""
    oldest = max(chain, default=-1)
    answers = {_message_id(entries[index]) for index in chain} - {""}
    calls = {
        text_at(block, "id")
        for entry in entries
        if _message_id(entry) in answers
        for block in _blocks(entry)
        if block.get("type") == "tool_use"
    }
    return [
        entry
        for index, entry in enumerate(entries)
        if index in chain
        or (broken and index > oldest)
        or _message_id(entry) in answers
        or _answers(entry, calls)
    ]


def _message_id(entry: JsonObject) -> str:
    return text_at(object_at(entry, "message"), "id") if entry.get("type") == "assistant" else ""


def _answers(entry: JsonObject, calls: set[str]) -> bool:
    return entry.get("type") == "user" and any(
        text_at(block, "tool_use_id") in calls for block in _blocks(entry)
    )


def _blocks(entry: JsonObject) -> tuple[JsonObject, ...]:
    return tuple(block for block in list_at(object_at(entry, "message"), "content") if is_object(block))


def _restored(chain: Sequence[JsonObject], leaf: str | None, notes: dict[str, JsonObject]) -> Restored:
    mode = text_at(notes.get("permission-mode", {}), "permissionMode")
    system = tuple(block for block in list_at(notes.get("gaff-prefix", {}), "system") if is_object(block))
    return Restored(
        tuple(_messages(chain)),
        leaf,
        next((known for known in PERMISSION_MODES if known == mode), None),
        text_at(notes.get("gaff-model", {}), "model") or None,
        system or None,
        tuple(chain),
    )


def _put_off(restored: Restored, mended: Sequence[Message]) -> Deferred | None:
    """Return the call that a conversation ends with, where it was put off and only a made-up result follows."""
    note = restored.deferred
    if note is None or not restored.messages or restored.messages[-1].role != "assistant":
        return None
    calls = mended[-2].tool_calls if len(mended) > 1 else ()
    if len(calls) != 1 or calls[0].id != text_at(note, "toolUseId"):
        return None
    return Deferred(calls[0], tuple(block for block in list_at(note, "rest") if is_object(block)))


def _is_aside(entry: JsonObject) -> bool:
    return entry.get("isSidechain") is True or bool(entry.get("teamName"))


def _is_message(entry: JsonObject) -> bool:
    return entry.get("type") in ("user", "assistant") and is_object(entry.get("message"))


def _parent(entry: JsonObject) -> str | None:
    return text_at(entry, "parentUuid") or None


def _messages(chain: Iterable[JsonObject]) -> Iterator[Message]:
    for entry in chain:
        kind, content = entry.get("type"), object_at(entry, "message").get("content")
        if kind in ("user", "assistant"):
            blocks = (text_block(content),) if isinstance(content, str) else _blocks(entry)
            yield Message("user" if kind == "user" else "assistant", blocks)
