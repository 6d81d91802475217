"""Old results go, with a pointer in their place; calls, recent messages and small results stay."""

from __future__ import annotations

from pathlib import Path

from gaff.hooks import CompactionPlan, Message, text_at
from gaff.plugins.builtin.compaction.clear_old_results import ClearOldResults

from .conftest import Asked, Snap, call, exchange

LONG = "line of a file\n" * 400


def chat(count: int = 6, text: str = LONG) -> list[Message]:
    """Return turns with one read each."""
    turns = [exchange(f"p{n}", call(f"c{n}", file_path=f"/f{n}"), results=[text]) for n in range(count)]
    return [message for turn in turns for message in turn]


def cleared(plan: CompactionPlan) -> list[str]:
    """Return the pointers in a plan's messages."""
    blocks = [block for message in plan.messages for block in message.content]
    return [text for block in blocks if (text := text_at(block, "content")).startswith("[Cleared")]


def test_a_pointer_says_how_to_get_the_result_again(snap: Snap) -> None:
    """The call to repeat with its input, and where in the transcript the old result is."""
    plan = ClearOldResults().plan(snap(*chat(), transcript=Path("/t.jsonl")), 1_000, "")

    assert plan is not None
    pointer = cleared(plan)[0]
    assert 'the result of Read with {"file_path": "/f0"}' in pointer
    assert 'in /t.jsonl, in the entry with "tool_use_id":"c0"' in pointer


def test_the_oldest_go_first_and_no_more_than_wanted(snap: Snap) -> None:
    """What is newer is more likely to be needed."""
    plan = ClearOldResults().plan(snap(*chat()), 2_000, "")

    assert plan is not None
    assert [pointer.count("/f0") + 2 * pointer.count("/f1") for pointer in cleared(plan)] == [1, 2]
    assert plan.drops == "2 results of tools: 2 Read"
    assert plan.saves >= 2_000


def test_everything_but_the_results_stays(snap: Snap) -> None:
    """Prompts, answers, calls, and the number and order of messages are as before."""
    snapshot = snap(*chat())
    plan = ClearOldResults().plan(snapshot, 99_000, "")

    assert plan is not None
    assert [one.role for one in plan.messages] == [one.role for one in snapshot.older]
    for old, new in zip(snapshot.older, plan.messages, strict=True):
        assert (old is new) == (not any(block.get("type") == "tool_result" for block in old.content))


def test_small_results_are_not_worth_it(snap: Snap, asked: Asked) -> None:
    """A pointer takes tokens too: without a large result there is no plan, and the user reads why."""
    assert ClearOldResults().plan(snap(*chat(40, "short")), 99_000, "") is None
    assert "no old result" in asked.reasons[0]


def test_without_a_transcript_none_is_named(snap: Snap) -> None:
    """A pointer must not lead to a file that is not there."""
    plan = ClearOldResults().plan(snap(*chat()), 99_000, "")

    assert plan is not None
    assert not any("jsonl" in pointer or "What it was" in pointer for pointer in cleared(plan))


def test_a_result_that_is_cleared_stays_cleared(snap: Snap) -> None:
    """A second time there is nothing left to take."""
    plan = ClearOldResults().plan(first := snap(*chat()), 99_000, "")

    assert plan is not None
    assert ClearOldResults().plan(snap(*plan.messages, *first.recent[-1:]), 99_000, "") is None
