"""What is read back from a transcript, whoever wrote it and whatever happened to it."""

from __future__ import annotations

from typing import Any

from gaff.conversation import Restored, restore
from gaff.hooks.values import JsonObject, text_at


def entry(kind: str, identity: str, parent: str | None, *blocks: JsonObject, **extra: Any) -> JsonObject:
    message = {"role": kind, "content": list(blocks) or [{"type": "text", "text": identity}]}
    if "message_id" in extra:
        message["id"] = extra.pop("message_id")
    return {"type": kind, "uuid": identity, "parentUuid": parent, "message": message, **extra}


def call(identity: str) -> JsonObject:
    return {"type": "tool_use", "id": identity, "name": "Read", "input": {}}


def result(identity: str) -> JsonObject:
    return {"type": "tool_result", "tool_use_id": identity, "content": f"result of {identity}"}


def texts(restored: Restored) -> list[str]:
    return [message.text for message in restored.messages]


def read(*entries: JsonObject) -> Restored:
    return restore(reversed(entries))


def test_the_newest_branch_is_read() -> None:
    """Of two answers to one prompt the later one counts."""
    restored = read(
        entry("user", "u1", None),
        entry("assistant", "a1", "u1"),
        entry("assistant", "a2", "u1"),
    )

    assert (texts(restored), restored.leaf) == (["u1", "a2"], "a2")


def test_a_broken_chain_keeps_what_stands_before_the_gap() -> None:
    """A parent that is nowhere in the file does not hide what came before."""
    restored = read(entry("user", "u1", None), entry("assistant", "a1", "u1"), entry("user", "u2", "lost"))

    assert texts(restored) == ["u1", "a1", "u2"]


def test_asides_are_left_out() -> None:
    """Side chains and team messages are no part of the conversation."""
    restored = read(
        entry("user", "u1", None),
        entry("assistant", "s1", "u1", isSidechain=True),
        entry("assistant", "a1", "u1"),
        entry("user", "t1", "a1", teamName="x"),
    )

    assert texts(restored) == ["u1", "a1"]


def test_parallel_calls_written_as_entries_of_their_own_are_all_kept() -> None:
    """The real product writes one entry a block and a result; only one of them is on the chain."""
    restored = read(
        entry("user", "u1", None),
        entry("assistant", "a1", "u1", call("c1"), message_id="m"),
        entry("assistant", "a2", "a1", call("c2"), message_id="m"),
        entry("user", "r1", "a1", result("c1")),
        entry("user", "r2", "a2", result("c2")),
        entry("assistant", "a3", "r2"),
    )

    results = [text_at(block, "content") for one in restored.messages for block in one.content]
    assert [text for text in results if text] == ["result of c1", "result of c2"]


def test_stray_records_hide_nothing() -> None:
    """Records that are no messages of the conversation are not taken for its end."""
    restored = read(
        entry("user", "u1", None),
        entry("assistant", "a1", "u1"),
        {},
        {"type": "user"},
        {"type": "assistant", "message": 7},
        {"type": "assistant", "uuid": "x", "parentUuid": "a1", "message": 7},
    )

    assert texts(restored) == ["u1", "a1"]


def test_the_newest_word_on_mode_model_and_prompt_counts() -> None:
    """Notes are read from the end; a mode that does not exist is none."""
    restored = read(
        {"type": "permission-mode", "permissionMode": "plan"},
        {"type": "permission-mode", "permissionMode": "acceptEdits"},
        {"type": "gaff-model", "model": "messages:x"},
        {"type": "gaff-prefix", "system": [{"type": "text", "text": "s"}]},
        entry("user", "u1", None),
    )

    assert (restored.mode, restored.model) == ("acceptEdits", "messages:x")
    assert restored.system == ({"type": "text", "text": "s"},)
    assert read({"type": "permission-mode", "permissionMode": "lazy"}).mode is None


def boundary(identity: str, logical: str, **metadata: Any) -> JsonObject:
    return {
        "type": "system",
        "subtype": "compact_boundary",
        "uuid": identity,
        "parentUuid": None,
        "logicalParentUuid": logical,
        "compactMetadata": {"trigger": "auto", "preTokens": 9, **metadata},
    }


def test_a_branch_begins_at_its_compaction() -> None:
    """As the real product writes it too: the boundary has no parent, and a summary follows it."""
    restored = read(
        entry("user", "u1", None),
        entry("assistant", "a1", "u1", message_id="m"),
        boundary("b", "a1"),
        entry("user", "summary", "b", isCompactSummary=True),
        entry("assistant", "a2", "summary"),
    )

    assert (texts(restored), restored.leaf) == (["summary", "a2"], "a2")


def test_a_compaction_that_is_not_all_there_is_passed_over() -> None:
    """The process ended while it was written; what it would have replaced still counts."""
    entries = [
        entry("user", "u1", None),
        entry("assistant", "a1", "u1"),
        boundary("b", "a1", messages=2),
        entry("user", "summary", "b"),
    ]

    assert texts(read(*entries)) == ["u1", "a1"]
    assert texts(read(*entries, entry("user", "u2", "summary"))) == ["summary", "u2"]


def test_notes_from_before_a_compaction_still_count() -> None:
    """The recorded prompt, the mode and the model are those of the session."""
    restored = read(
        {"type": "gaff-prefix", "system": [{"type": "text", "text": "s"}]},
        {"type": "permission-mode", "permissionMode": "plan"},
        entry("user", "u1", None),
        boundary("b", "u1"),
        entry("user", "summary", "b"),
    )

    assert restored.system == ({"type": "text", "text": "s"},)
    assert (restored.mode, texts(restored)) == ("plan", ["summary"])


def test_a_note_may_name_where_the_conversation_goes_on() -> None:
    """An older entry than the newest; what is said after it follows that entry."""
    entries = [
        entry("user", "u1", None),
        entry("assistant", "a1", "u1"),
        entry("user", "u2", "a1"),
        {"type": "gaff-leaf", "leaf": "a1"},
    ]

    assert texts(read(*entries)) == ["u1", "a1"]
    assert texts(read(*entries, entry("user", "u3", "a1"))) == ["u1", "a1", "u3"]
