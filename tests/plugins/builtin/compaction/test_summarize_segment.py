"""The model's summary in the place of the older messages, with the user's own words beside it."""

from __future__ import annotations

from pathlib import Path

from gaff.hooks import Message, compaction_note
from gaff.plugins.builtin.compaction.summarize_segment import SummarizeSegment
from gaff.plugins.builtin.models.offline import OfflineProvider

from .conftest import Asked, Snap, call, exchange

LONG = "result " * 1_000


def chat(count: int = 6) -> list[Message]:
    """Return turns with one large result each."""
    turns = [exchange(f"please {n}", call(f"c{n}"), results=[f"{n}{LONG}"]) for n in range(count)]
    return [message for turn in turns for message in turn]


async def test_the_summary_takes_the_place_of_the_older_messages(snap: Snap, asked: Asked) -> None:
    """One note: the summary, the user's words, the transcript."""
    asked.answers = ["## Goal\nWin."]
    plan = await SummarizeSegment().plan(snap(*chat(), transcript=Path("/t.jsonl")), 9_999, "")

    assert plan is not None
    (note,) = plan.messages
    assert note.text.startswith("<compacted>")
    assert all(part in note.text for part in ("## Goal\nWin.", "> please 0", "/t.jsonl"))
    assert plan.summary == "## Goal\nWin."


async def test_the_model_is_shown_the_older_messages_with_long_results_cut(snap: Snap, asked: Asked) -> None:
    """Who said what, calls with their input, and no result beyond 2,000 characters."""
    asked.answers = ["fine"]
    await SummarizeSegment().plan(snap(*chat()), 9_999, "the tests")

    (prompt,) = asked.prompts
    assert "USER: please 0" in prompt
    assert "AGENT CALLS Read: {}" in prompt
    assert "with a focus, which goes before all else: the tests" in prompt
    assert len(prompt) < 6 * 3_000


async def test_an_earlier_summary_is_carried_over(snap: Snap, asked: Asked) -> None:
    """It is shown to the model, and is not taken for the user's words."""
    asked.answers = ["new"]
    plan = await SummarizeSegment().plan(snap(compaction_note("Old goal."), *chat()), 9_999, "")

    assert plan is not None
    assert "Old goal." in asked.prompts[0]
    assert "Old goal." not in plan.messages[0].text


async def test_what_is_too_long_for_the_window_is_cut_at_its_beginning(snap: Snap, asked: Asked) -> None:
    """The newest of what is summarized is what counts most."""
    asked.answers = ["short"]
    await SummarizeSegment().plan(snap(*chat(60), window=10_000), 9_999, "")

    assert len(asked.prompts[0]) < 20_000
    assert "characters at the beginning are left out" in asked.prompts[0]
    assert "please 0\n" not in asked.prompts[0]


async def test_of_many_words_of_the_user_the_newest_are_kept(snap: Snap, asked: Asked) -> None:
    """The words must not eat what the summary saves."""
    asked.answers = ["short"]
    turns = [exchange(f"{n} {'do ' * 900}", call(f"c{n}"), results=[LONG]) for n in range(12)]
    plan = await SummarizeSegment().plan(snap(*(one for turn in turns for one in turn)), 9_999, "")

    assert plan is not None
    assert "> 0 do" not in plan.messages[0].text
    assert len(plan.messages[0].text) < 14_000


async def test_an_empty_answer_is_no_summary(snap: Snap, asked: Asked) -> None:
    """The conversation is not given away for nothing."""
    asked.answers = ["  \n"]

    assert await SummarizeSegment().plan(snap(*chat()), 9_999, "") is None
    assert asked.reasons == ["the model answered with nothing"]


async def test_the_offline_helper_is_not_asked(snap: Snap, asked: Asked) -> None:
    """It is no language model, and that is said."""
    offline = OfflineProvider().open("", {}, {})
    snapshot = snap(*chat(), model=offline)

    assert await SummarizeSegment().plan(snapshot, 9_999, "") is None
    assert SummarizeSegment().preview(snapshot, 9_999, "") is None
    assert "no language model" in asked.reasons[0]
    assert asked.prompts == []


def test_a_preview_asks_nobody(snap: Snap, asked: Asked) -> None:
    """It tells what a summary of the usual length would save."""
    preview = SummarizeSegment().preview(snap(*chat(), window=40_000), 9_999, "")

    assert preview is not None
    assert preview.saves > 3_000
    assert "a summary takes their place" in preview.drops
    assert asked.prompts == []
