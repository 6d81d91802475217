"""Compaction: when it happens, what it leaves, and what a strategy cannot break."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from gaff.hooks import (
    CompactionFinished,
    CompactionPlan,
    Decision,
    Message,
    Notice,
    TurnStarted,
    UsageError,
    compaction_note,
    events,
    text_at,
)
from gaff.testing.replies import call, hold, prompt_too_long, reply, say
from gaff.testing.shell import Shell

from .fat import FAT, Fat, boundaries, fill, texts


async def test_it_happens_by_itself_before_the_window_is_full(shell: Shell, fat: Fat) -> None:
    """The next request is smaller; tools and system prompt stay byte for byte; the prompt survives."""
    shell.model.inspector.allow.add("prefix")
    threshold = (await shell.start()).compaction.threshold
    await fill(shell, 50)

    done = [event for event in shell.events if isinstance(event, CompactionFinished)]
    assert threshold == 56_000
    assert len(done) == 2
    assert all(one.trigger == "auto" and one.before >= 56_000 > one.after for one in done)
    assert len({json.dumps([body["tools"], body["system"]]) for body in shell.requests}) == 1
    assert "fetch 49" in texts(shell)[-4]
    assert max(usage.context for usage in shell.model.usages) < 60_000


async def test_hooks_are_asked_and_told(shell: Shell, fat: Fat) -> None:
    """PreCompact before, PostCompact and SessionStart with the source compact after."""
    await fill(shell)
    fat.decision = Decision(additional_context="keep the names")

    await shell.session.compaction.run("the tests")

    pre, post, start = fat.events[-3:]
    assert isinstance(pre, events.PreCompact)
    assert (pre.trigger, pre.custom_instructions) == ("manual", "the tests")
    assert isinstance(post, events.PostCompact)
    assert post.to_json()["compact_summary"] == "all that is old"
    assert isinstance(start, events.SessionStart)
    assert start.source == "compact"


async def test_a_hook_may_forbid_it(shell: Shell, fat: Fat) -> None:
    """A deny keeps the conversation; by hand the reason is an error, by itself a warning, and once only."""
    fat.decision = Decision("deny", "not now")
    await fill(shell, 22)
    held = shell.messages

    with pytest.raises(UsageError, match="not now"):
        await shell.session.compaction.run()

    warnings = [event.text for event in shell.events if isinstance(event, Notice) and "not now" in event.text]
    assert shell.messages == held
    assert len(warnings) == 1
    assert boundaries(shell) == []


async def test_a_request_refused_as_too_long_is_compacted_and_sent_once_more(shell: Shell, fat: Fat) -> None:
    """The server's word counts, whatever was estimated."""
    await fill(shell)
    shell.add(prompt_too_long(70_000, 60_000), say("better"))

    result = await shell.submit("go on")

    assert result.text == "better"
    assert len(boundaries(shell)) == 1
    assert texts(shell)[-2].endswith("go on")


async def test_a_second_refusal_ends_the_turn(shell: Shell, fat: Fat) -> None:
    """It is tried once, never in a loop."""
    await fill(shell)
    shell.add(prompt_too_long(70_000, 60_000), prompt_too_long(69_000, 60_000))

    result = await shell.submit("go on")

    assert result.terminal_reason == "prompt_too_long"
    assert len(boundaries(shell)) == 1


async def test_what_did_not_help_is_not_repeated(shell: Shell, fat: Fat) -> None:
    """Where what is recent alone fills the window, there is one attempt until the conversation grew by a tenth."""
    await fill(shell, 3)
    shell.add(*(reply(f"answer {n}", usage={"input_tokens": 58_000 + n}) for n in range(5)))
    for number in range(5):
        await shell.submit(f"say {number}")

    assert len(boundaries(shell)) == 1


@pytest.mark.parametrize(
    ("environ", "settings"),
    [
        ({"DISABLE_AUTO_COMPACT": "1"}, {}),
        ({"DISABLE_COMPACT": "1"}, {}),
        ({}, {"autoCompactEnabled": False}),
    ],
)
async def test_it_can_be_turned_off(
    shell: Shell, fat: Fat, environ: dict[str, str], settings: dict[str, bool]
) -> None:
    """The documented switches; a request that is too long then ends the turn as it is."""
    shell.workspace.variables |= environ
    shell.workspace.settings(settings)
    await fill(shell, 3)
    shell.add(reply("full", usage={"input_tokens": 59_000}), prompt_too_long())

    await shell.submit("one")
    result = await shell.submit("two")

    assert (result.terminal_reason, boundaries(shell)) == ("prompt_too_long", [])
    assert shell.session.compaction.threshold is None


async def test_disable_compact_forbids_it_by_hand_too(shell: Shell, fat: Fat) -> None:
    """Documented: DISABLE_COMPACT turns all of it off."""
    shell.workspace.variables["DISABLE_COMPACT"] = "1"
    await fill(shell, 3)

    with pytest.raises(UsageError, match="DISABLE_COMPACT"):
        await shell.session.compaction.run()


@pytest.mark.parametrize(
    ("environ", "settings", "threshold"),
    [
        ({"CLAUDE_AUTOCOMPACT_PCT_OVERRIDE": "50"}, {}, 100_000),
        ({"CLAUDE_AUTOCOMPACT_PCT_OVERRIDE": "99"}, {}, 168_000),
        ({"CLAUDE_AUTOCOMPACT_PCT_OVERRIDE": "much"}, {}, 168_000),
        ({"CLAUDE_CODE_AUTO_COMPACT_WINDOW": "100000"}, {"autoCompactWindow": 150_000}, 80_000),
        ({}, {"autoCompactWindow": 150_000}, 120_000),
        ({}, {"autoCompactWindow": 5}, 80_000),
    ],
)
async def test_where_it_begins(
    shell: Shell, environ: dict[str, str], settings: dict[str, int], threshold: int
) -> None:
    """A share of a window of 200,000 that the documented variables and settings can only lower."""
    shell.workspace.variables |= environ
    shell.workspace.settings(settings)

    assert (await shell.start()).compaction.threshold == threshold


async def test_a_plan_that_breaks_the_conversation_is_not_carried_out(shell: Shell, fat: Fat) -> None:
    """A call without its result, what saves nothing, what is no message: the reason names the strategy."""
    await fill(shell)
    held = shell.messages
    answer = next(message for message in held if message.tool_calls)
    for messages, reason in (
        ((Message.user("hi"), answer), "parts tool calls"),
        ((Message.user("y" * 10 * FAT),), "save nothing"),
        ((7,), "no message"),
    ):
        fat.plan = CompactionPlan(messages=messages, saves=9, drops="much")  # type: ignore[arg-type]
        with pytest.raises(UsageError, match=f"drop_older: .*{reason}"):
            await shell.session.compaction.run()

    assert shell.messages == held


async def test_the_recent_messages_and_the_last_prompt_are_always_kept(shell: Shell, fat: Fat) -> None:
    """In a turn without end the prompt stands far back: it is put before what is recent."""
    shell.model.inspector.allow.add("prefix")
    shell.add(*(call("Fetch", {"name": f"n{number}"}) for number in range(22)), say("done"))

    await shell.submit("the one prompt")

    recent = fat.asked[-1].recent
    assert shell.messages[1 : 1 + len(recent)] == recent
    assert texts(shell)[0] == "<compacted>\nolder messages were dropped\n</compacted>the one prompt"
    assert shell.messages[-1].text == "done"


async def test_a_strategy_that_fails_stops_no_other(shell: Shell, fat: Fat, tmp_path: Path) -> None:
    """The failure is told once, with the plugin's name; the next strategy does it."""
    plugin = tmp_path / "broken.py"
    plugin.write_text(
        "from gaff.hooks import CompactionStrategy, hookimpl\n"
        "class Broken(CompactionStrategy):\n"
        "    name, summary, rank = 'broken', 'fails', 1\n"
        "    def plan(self, snapshot, wanted, focus):\n"
        "        raise KeyError('oh')\n"
        "@hookimpl\n"
        "def gaff_register_compaction_strategies():\n"
        "    return [Broken()]\n"
    )
    shell.plugin(plugin)
    await fill(shell)

    done = await shell.session.compaction.run()

    assert done.strategies == ("drop_older",)
    assert any("broken" in line and "KeyError" in line for line in shell.kernel.notices)


async def test_a_conversation_that_is_all_recent_is_left_alone(shell: Shell, fat: Fat) -> None:
    """One exchange cannot be made smaller."""
    shell.add("hello")
    await shell.submit("hi")

    with pytest.raises(UsageError, match="recent"):
        await shell.session.compaction.run()


async def test_the_tokens_after_it_count_towards_the_next(shell: Shell, fat: Fat) -> None:
    """The session says the smaller figure at once."""
    await fill(shell)

    done = await shell.session.compaction.run()

    assert shell.session.context_tokens == done.after < done.before
    assert text_at(boundaries(shell)[0], "content") == "Conversation compacted"


async def test_an_interrupt_stops_it_and_changes_nothing(shell: Shell, fat: Fat) -> None:
    """A strategy that waits for ever is cancelled like any request; the next prompt goes on."""
    await fill(shell)
    held = shell.messages
    fat.gate = asyncio.Event()
    shell.add(prompt_too_long())
    turn = asyncio.create_task(shell.submit("go on"))
    await fat.planning.wait()
    shell.session.interrupt()

    result = await turn

    assert result.terminal_reason.startswith("aborted")
    assert (await shell.event(CompactionFinished)).strategies == ()
    assert shell.messages[: len(held)] == held
    fat.gate.set()
    shell.add("fine")
    assert (await shell.submit("again")).text == "fine"


async def test_a_resumed_session_is_measured_before_its_first_request(shell: Shell, fat: Fat) -> None:
    """No server has counted its tokens yet, so they are estimated."""
    shell.workspace.variables["DISABLE_AUTO_COMPACT"] = "1"
    await fill(shell, 24)
    shell.workspace.variables["DISABLE_AUTO_COMPACT"] = "0"
    await shell.reopen()
    shell.add("here")

    await shell.submit("still there?")

    assert len(boundaries(shell)) == 1


async def test_a_turn_that_runs_is_not_compacted_by_hand(shell: Shell, fat: Fat) -> None:
    """The conversation must not change below a request."""
    shell.add(hold("late"))
    turn = asyncio.create_task(shell.submit("go"))
    await shell.event(TurnStarted)

    with pytest.raises(UsageError, match="a turn is running"):
        await shell.session.compaction.run()
    with pytest.raises(UsageError, match="a turn is running"):
        await shell.session.compaction.undo()

    shell.model.release()
    await turn


async def test_what_is_recent_is_not_counted_twice(shell: Shell, fat: Fat) -> None:
    """The next measure starts from what the compaction left, and after an undo from what was before."""
    await fill(shell)
    done = await shell.session.compaction.run()
    fat.plan = CompactionPlan(messages=(Message.user("y" * 99 * FAT),), saves=9, drops="much")

    with pytest.raises(UsageError):
        await shell.session.compaction.run()
    assert fat.asked[-1].tokens == done.after

    await shell.session.compaction.undo()
    with pytest.raises(UsageError):
        await shell.session.compaction.run()
    assert fat.asked[-1].tokens == done.before


async def test_a_conversation_that_went_on_meanwhile_is_left_alone(shell: Shell, fat: Fat) -> None:
    """A plan for what no longer is would lose what was said since."""
    await fill(shell)
    fat.gate = asyncio.Event()
    work = asyncio.create_task(shell.session.compaction.run())
    await fat.planning.wait()
    shell.add("meanwhile")
    await shell.submit("go on")
    fat.gate.set()

    with pytest.raises(UsageError, match="in the meantime"):
        await work
    assert texts(shell)[-1] == "meanwhile"


async def test_the_cache_of_what_stays_is_used_on(shell: Shell, fat: Fat) -> None:
    """The next request says how many of its messages are those that were sent before."""
    shell.model.inspector.allow.add("prefix")
    await fill(shell)
    fat.plan = CompactionPlan(
        messages=(*shell.messages[:4], compaction_note("the rest was dropped")), saves=9, drops="some"
    )
    await shell.session.compaction.run()
    shell.add("on")

    await shell.submit("go on")

    assert shell.model.requests[-1].previous == 4


async def test_what_saves_little_is_not_worth_the_cache_it_breaks(shell: Shell, fat: Fat) -> None:
    """By itself a tenth of the request must be saved; by hand anything counts."""
    await fill(shell)
    held = shell.messages
    fat.plan = CompactionPlan(messages=tuple(held[4:24]), saves=9, drops="one turn")
    shell.add(reply("full", usage={"input_tokens": 59_000}), "on")
    await shell.submit("one")
    await shell.submit("two")

    warned = [event.text for event in shell.events if isinstance(event, Notice)]
    assert any("less than the prompt cache it breaks" in text for text in warned)
    assert boundaries(shell) == []


@pytest.mark.parametrize("refused", [False, True])
async def test_what_hooks_bring_back_goes_with_the_next_request(
    shell: Shell, fat: Fat, refused: bool
) -> None:
    """The context of SessionStart hooks, whichever way it came to the compaction."""
    await fill(shell)
    shell.add(reply("full", usage={"input_tokens": 30_000 if refused else 59_000}))
    await shell.submit("one")
    fat.reminder = "what counts"
    shell.add(*([prompt_too_long(70_000)] if refused else []), "on")

    await shell.submit("two")

    assert "two<system-reminder>\nwhat counts\n" in texts(shell)[-2]


async def test_a_strategy_that_takes_too_long_is_passed_over(
    shell: Shell, fat: Fat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A deadline ends it, and the reason is told."""
    monkeypatch.setattr("gaff.strategies._DEADLINE", 0.0)
    await fill(shell)
    fat.gate = asyncio.Event()

    with pytest.raises(UsageError, match="drop_older: it took longer than 0 s"):
        await shell.session.compaction.run()
