"""What the model has seen of each file, by content and never by time stamps.

A file is edited only as the model knows it. Editors, formatters and file systems touch time stamps
without changing a byte, so what counts is the hash of the content.
"""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from typing import Final

from gaff.hooks import JsonObject, Session, StateKey, ToolCall, ToolContext, content_text
from gaff.hooks.values import list_at, text_at

from ._paths import absolute

#: Tools whose input and result show the model what a file holds.
SHOWING: Final = frozenset({"Read", "Edit", "Write", "MultiEdit"})
#: Commands that show the one file they are given.
SHOWING_COMMANDS: Final = frozenset({"cat", "nl", "head", "tail", "sed", "grep", "rg"})

#: How much of a result is compared to tell whether the conversation still holds it.
COMPARED: Final = 200


def new_digest() -> hashlib.blake2b:
    """Return an empty hash, to be fed with a file's content."""
    return hashlib.blake2b(digest_size=16)


def digest_of(data: bytes) -> str:
    """Return the hash that stands for a file's content."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


@dataclass(frozen=True)
class Reading:
    """A result of Read: what the file held, in which call's result, and how that begins."""

    digest: str
    call_id: str
    beginning: str


@dataclass
class Known:
    """What the model knows of a file: the content it saw last, and the readings of it."""

    digest: str
    readings: dict[Hashable, Reading] = field(default_factory=dict[Hashable, Reading])


class Ledger:
    """The files of a session, by resolved path."""

    def __init__(self) -> None:
        self._files: dict[str, Known] = {}

    def digest(self, path: str) -> str | None:
        """Return the hash of the content the model knows, ``None`` where it knows nothing."""
        known = self._files.get(path)
        return known.digest if known else None

    def note(self, path: str, digest: str) -> Known:
        """Remember that the model knows the file to hold this content."""
        known = self._files.setdefault(path, Known(digest))
        known.digest = digest
        return known

    def note_reading(self, context: ToolContext, path: str, part: Hashable, digest: str, result: str) -> None:
        """Remember a part that was read, and the result it came with."""
        reading = Reading(digest, context.call.id, result[:COMPARED])
        self.note(path, digest).readings[part] = reading

    def still_shown(self, session: Session, path: str, part: Hashable, digest: str) -> bool:
        """Whether the conversation still holds this part of the file as it is now."""
        known = self._files.get(path)
        reading = known.readings.get(part) if known else None
        return reading is not None and reading.digest == digest and _holds(session, reading)


#: The ledger of a session.
LEDGER: StateKey[Ledger] = StateKey(Ledger)


def _holds(session: Session, reading: Reading) -> bool:
    """Whether the result of a reading is in the conversation and was not cut out of it."""
    for message in reversed(session.messages):
        for block in message.content:
            if block.get("tool_use_id") == reading.call_id:
                return _result_text(block).startswith(reading.beginning)
    return False


def _result_text(block: JsonObject) -> str:
    text = text_at(block, "content")
    return text or content_text([item for item in list_at(block, "content") if isinstance(item, dict)])


def appears(context: ToolContext, target: str) -> bool:
    """Whether the conversation shows the file at ``target`` though the ledger does not know it.

    So it is in a resumed session, and after the shell was used to look at the file.
    """
    shown: dict[str, str] = {}
    for message in context.session.messages:
        shown |= {call.id: path for call in message.tool_calls for path in _paths_of(call)}
        for block in message.content:
            path = shown.get(text_at(block, "tool_use_id"))
            if path and not block.get("is_error") and absolute(context, path) == target:
                return True
    return False


def _paths_of(call: ToolCall) -> Iterator[str]:
    if call.name in SHOWING:
        yield text_at(call.input, "file_path")
    elif call.name == "Bash" and (path := file_shown_by(text_at(call.input, "command"))):
        yield path


def file_shown_by(command: str) -> str | None:
    """Return the file that a shell command shows; ``None`` unless it does just that, without pipes.

    Source: code.claude.com/docs/en/tools-reference, what counts as a read.
    """
    if any(character in command for character in "|&;<>$`(){}\n*?[~"):
        return None
    try:
        words = shlex.split(command)
    except ValueError:
        return None
    if not words or words[0] not in SHOWING_COMMANDS or (words[0] == "sed" and "-n" not in words):
        return None
    operands = [word for word in words[1:] if not word.startswith("-")]
    patterned = words[0] in ("grep", "rg", "sed")
    if words[0] in ("head", "tail"):
        operands = [word for word in operands if not word.isdigit()]
    return operands[-1] if len(operands) == 1 + patterned else None
