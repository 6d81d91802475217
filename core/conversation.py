"""The conversation: what the next request sends, and the transcript it is written to first.

Messages are only ever added. What was sent stays byte for byte; what was not sent yet may still grow.
The transcript is a tree: each entry names its parent. Source of its shape: what the public Claude
Agent SDK reads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Protocol
from uuid import uuid4

from gaff.hooks.messages import Message, text_block
from gaff.hooks.permissions import PERMISSION_MODES, PermissionMode
from gaff.hooks.values import Json, JsonObject, list_at, object_at, text_at

from . import __version__
from .repair import NO_ANSWER, repair

#: The model name of messages that no model wrote.
SYNTHETIC: Final = "<synthetic>"


class Writer(Protocol):
    """The open end of a transcript."""

    def append(self, entry: JsonObject) -> None: ...


@dataclass(frozen=True)
class Place:
    """Where a conversation happens, as its entries tell."""

    session_id: str
    cwd: str
    git_branch: str | None


class Conversation:
    """The messages of one session. ``place`` tells where the session is at the moment."""

    def __init__(self, writer: Writer, place: Callable[[], Place]) -> None:
        self._writer = writer
        self._place = place
        self._parent: str | None = None
        self._ids: set[str] = set()
        self.messages: list[Message] = []
        #: How many of the messages the last request held.
        self.sent = 0

    def restore(self, restored: Restored) -> None:
        """Go on where a transcript ends."""
        self.messages = repair(restored.messages)
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
        message = Message("user", tuple(content))
        last = self.messages[-1] if self.messages else None
        if last is not None and last.role == "user" and len(self.messages) <= self.sent:
            self.add_assistant(_synthetic(NO_ANSWER))
            last = None
        identity = self._record("user", {"role": "user", "content": list(content)}, extra)
        if last is not None and last.role == "user":
            self.messages[-1] = Message("user", (*last.content, *message.content))
        else:
            self.messages.append(message)
        return identity

    def add_assistant(self, raw: JsonObject, **extra: Json) -> str:
        """Add an answer, given as the API's message object; return the entry's id."""
        identity = self._record("assistant", raw, extra)
        blocks = list_at(raw, "content")
        self.messages.append(
            Message("assistant", tuple(block for block in blocks if isinstance(block, dict)))
        )
        return identity

    def replace(self, index: int, message: Message) -> None:
        """Exchange a message that the server refuses; the transcript keeps the original."""
        self.messages[index] = message

    def note(self, entry: JsonObject) -> None:
        """Write an entry that is no message."""
        self._writer.append({**entry, "sessionId": self._place().session_id, "timestamp": timestamp()})

    def _record(self, kind: str, message: JsonObject, extra: JsonObject) -> str:
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
            "message": message,
            "uuid": identity,
            "timestamp": timestamp(),
        }
        self._writer.append({**entry, **extra})
        self._parent = identity
        return identity


def _synthetic(text: str) -> JsonObject:
    return {
        "id": f"msg_{uuid4().hex[:24]}",
        "type": "message",
        "role": "assistant",
        "model": SYNTHETIC,
        "content": [text_block(text)],
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


def restore(backwards: Iterator[JsonObject]) -> Restored:
    """Read a transcript from its end: the newest branch, and the newest word on mode and model.

    Where the chain of parents is broken, what stands before the gap in the file is kept as well.
    """
    chain: list[JsonObject] = []
    others: list[JsonObject] = []
    notes: dict[str, JsonObject] = {}
    wanted: str | None = None
    for entry in backwards:
        kind = text_at(entry, "type")
        if kind in _NOTES:
            notes.setdefault(kind, entry)
        elif kind not in ("user", "assistant", "system", "attachment", "progress") or _is_aside(entry):
            continue
        elif wanted is None and not chain:
            if kind in ("user", "assistant"):
                chain.append(entry)
                wanted = _parent(entry)
        elif wanted is not None and entry.get("uuid") == wanted:
            chain.append(entry)
            wanted, others = _parent(entry), []
        elif kind in ("user", "assistant"):
            others.append(entry)
    if wanted is not None:
        chain += others
    chain.reverse()
    return _restored(chain, notes)


_NOTES: Final = ("permission-mode", "gaff-model", "gaff-prefix")


def _restored(chain: Sequence[JsonObject], notes: dict[str, JsonObject]) -> Restored:
    mode = text_at(notes.get("permission-mode", {}), "permissionMode")
    system = tuple(
        block for block in list_at(notes.get("gaff-prefix", {}), "system") if isinstance(block, dict)
    )
    return Restored(
        tuple(_messages(chain)),
        text_at(chain[-1], "uuid") or None if chain else None,
        next((known for known in PERMISSION_MODES if known == mode), None),
        text_at(notes.get("gaff-model", {}), "model") or None,
        system or None,
        tuple(chain),
    )


def _is_aside(entry: JsonObject) -> bool:
    return entry.get("isSidechain") is True or bool(entry.get("teamName"))


def _parent(entry: JsonObject) -> str | None:
    return text_at(entry, "parentUuid") or None


def _messages(chain: Iterable[JsonObject]) -> Iterator[Message]:
    for entry in chain:
        kind, message = entry.get("type"), object_at(entry, "message")
        if kind not in ("user", "assistant"):
            continue
        content = message.get("content")
        blocks = (
            (text_block(content),)
            if isinstance(content, str)
            else tuple(block for block in list_at(message, "content") if isinstance(block, dict))
        )
        yield Message("user" if kind == "user" else "assistant", blocks)
