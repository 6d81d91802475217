"""Compaction: takes old, large tool results out and says how to get them again. Costs nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Final

from gaff.hooks import (
    CompactionPlan,
    CompactionStrategy,
    ConversationSnapshot,
    JsonObject,
    Message,
    ToolCall,
    estimate_tokens,
    hookimpl,
    text_at,
)

#: Tokens of a result that is worth taking out: many times what its pointer takes.
_LARGE: Final = 500
#: Characters of a call's input that a pointer repeats.
_SHOWN: Final = 200
_CLEARED: Final = "[Cleared to save space:"


class ClearOldResults(CompactionStrategy):
    """Old results go first: what the model made of them is in its own words after them."""

    name: ClassVar[str] = "clear_old_results"
    summary: ClassVar[str] = "puts a pointer in the place of old, large tool results"
    rank: ClassVar[int] = 10

    def plan(self, snapshot: ConversationSnapshot, wanted: int, focus: str) -> CompactionPlan | None:
        """Clear the oldest results until ``wanted`` is saved; ``None`` where there are no large ones."""
        clearing = _Clearing(snapshot, wanted)
        messages = tuple(map(clearing.message, snapshot.older))
        if not clearing.tools:
            snapshot.decline(f"no old result of a tool is larger than {_LARGE} tokens")
            return None
        return CompactionPlan(
            messages=messages,
            saves=snapshot.saving(messages),
            drops=_counted(clearing.tools),
            pointer="each says which call to repeat, and where the transcript has it",
        )


class _Clearing:
    """Takes results out until enough is saved."""

    def __init__(self, snapshot: ConversationSnapshot, wanted: int) -> None:
        self._left = wanted
        self._transcript = snapshot.transcript
        self._calls = {call.id: call for message in snapshot.older for call in message.tool_calls}
        #: The tools whose results were cleared.
        self.tools: list[str] = []

    def message(self, message: Message) -> Message:
        """Return the message without its large results."""
        if message.role == "assistant" or self._left <= 0:
            return message
        content = tuple(map(self._block, message.content))
        return message if content == message.content else Message(message.role, content)

    def _block(self, block: JsonObject) -> JsonObject:
        call = self._calls.get(text_at(block, "tool_use_id"))
        size = estimate_tokens(Message("user", (block,))) if call else 0
        if call is None or size <= _LARGE or self._left <= 0:
            return block
        cleared = {**block, "content": _pointer(call, size, self._transcript)}
        self._left -= size - estimate_tokens(Message("user", (cleared,)))
        self.tools.append(call.name)
        return cleared


def _pointer(call: ToolCall, size: int, transcript: Path | None) -> str:
    shown = json.dumps(_plain(call.input), ensure_ascii=False)
    if len(shown) > _SHOWN:
        shown = f"{shown[:_SHOWN]}…"
    again = f"Call {call.name} again with the same input if you need it; what it shows may have changed."
    kept = (
        f' What it was is in {transcript}, in the entry with "tool_use_id":"{call.id}".' if transcript else ""
    )
    return f"{_CLEARED} about {size:,} tokens, the result of {call.name} with {shown}. {again}{kept}]"


def _plain(value: JsonObject) -> Mapping[str, object]:
    return dict(value)


def _counted(tools: Sequence[str]) -> str:
    """Return ``5 results of tools: 3 Read, 2 Bash``."""
    counts = {name: tools.count(name) for name in dict.fromkeys(tools)}
    listed = ", ".join(f"{count} {name}" for name, count in counts.items())
    return f"{len(tools)} {'result of a tool' if len(tools) == 1 else 'results of tools'}: {listed}"


@hookimpl
def gaff_register_compaction_strategies() -> Sequence[CompactionStrategy]:
    """Offer the strategy."""
    return (ClearOldResults(),)
