"""Compact by taking out what the model read of a file, where it read the same file again later."""

from __future__ import annotations

from collections.abc import Sequence

from gaff.hooks import (
    CompactionPlan,
    CompactionStrategy,
    ConversationSnapshot,
    JsonObject,
    Message,
    hookimpl,
    text_at,
)

POINTER = "[Taken out: this file was read again later.]"
UNCHANGED = "has not changed since you read"


class Reread(CompactionStrategy):
    """The newest result of each Read call stays, older ones of the same input go."""

    name = "reread"
    summary = "takes out what was read of a file that was read again"
    rank = 5  # before all built-in strategies: what it takes out is out of date

    def plan(self, snapshot: ConversationSnapshot, wanted: int, focus: str) -> CompactionPlan | None:
        """Take the older results out; None where no file was read twice."""
        stale = out_of_date([*snapshot.older, *snapshot.recent])

        def without(block: JsonObject) -> JsonObject:
            return {**block, "content": POINTER} if text_at(block, "tool_use_id") in stale else block

        kept = [Message(one.role, tuple(map(without, one.content))) for one in snapshot.older]
        saves = snapshot.saving(kept)
        if saves <= 0:
            snapshot.decline("no file was read twice")
            return None
        return CompactionPlan(messages=tuple(kept), saves=saves, drops="files that were read again later")


def out_of_date(messages: Sequence[Message]) -> set[str]:
    """Return the ids of the Read calls that a later one with the same input makes needless."""
    inputs = {call.id: str(call.input) for one in messages for call in one.tool_calls if call.name == "Read"}
    newest: dict[str, str] = {}
    stale: set[str] = set()
    for block in (block for message in messages for block in message.content):
        call = text_at(block, "tool_use_id")
        # A failure, and the word that nothing has changed, are no reading.
        if call in inputs and not block.get("is_error") and UNCHANGED not in str(block["content"]):
            stale.add(newest.get(inputs[call], ""))
            newest[inputs[call]] = call
    return stale - {""}


@hookimpl
def gaff_register_compaction_strategies() -> Sequence[CompactionStrategy]:
    """Contribute the strategy."""
    return [Reread()]
