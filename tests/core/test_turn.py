"""A turn: tools, order, interrupts, faults, limits; seen as a face and the model's server see it."""

from __future__ import annotations

import asyncio

import pytest

from gaff.hooks import (
    Decision,
    Delta,
    FeedbackAnswer,
    Notice,
    RetryScheduled,
    SessionError,
    ToolFeedback,
    ToolOutput,
    ToolRun,
    ToolStarted,
    UsageError,
    Vote,
    events,
    hookimpl,
)
from gaff.testing.replies import (
    call,
    calls,
    cut,
    hold,
    malformed,
    max_tokens,
    max_tokens_mid_tool,
    overloaded_mid_stream,
    reply,
    say,
    status,
)
from gaff.testing.shell import Shell

from .bench import Bench, look, results


async def test_a_turn_runs_tools_until_the_model_is_done(shell: Shell, bench: Bench) -> None:
    """Prompt, call, result, last word; in the conversation, the events and the transcript."""
    shell.add(calls(*look("a")), say("All done."))

    result = await shell.submit("go")

    assert (result.text, result.turns, result.terminal_reason) == ("All done.", 2, "completed")
    assert [message.role for message in shell.messages] == ["user", "assistant", "user", "assistant"]
    assert results(shell) == ["did a"]
    kinds = [entry["type"] for entry in shell.transcript]
    assert [kind for kind in kinds if kind in ("user", "assistant")] == [
        "user",
        "assistant",
        "user",
        "assistant",
    ]


async def test_reads_run_side_by_side_ten_at_once(shell: Shell, bench: Bench) -> None:
    """Read-only calls run together, no more than ten; results keep the order of the calls."""
    names = [str(number) for number in range(25)]
    bench.gate = asyncio.Event()
    shell.add(calls(*look(*names)), say("ok"))

    turn = asyncio.create_task(shell.submit("go"))
    await shell.event(ToolStarted, 10)
    bench.gate.set()
    await turn

    assert bench.most == 10
    assert results(shell) == [f"did {name}" for name in names]


async def test_changes_run_alone_and_in_order(shell: Shell, bench: Bench) -> None:
    """A change waits for the reads before it, and what follows waits for the change."""
    shell.add(calls(*look("r1", "r2"), *look("w1", "w2", tool="Make"), *look("r3")), say("ok"))

    await shell.submit("go")

    order = bench.trace
    assert max(order.index("-r1"), order.index("-r2")) < order.index("+w1")
    assert order.index("-w1") < order.index("+w2")
    assert order.index("-w2") < order.index("+r3")


async def test_one_failing_call_leaves_its_siblings_alone(shell: Shell, bench: Bench) -> None:
    """An unknown tool and an invalid input are errors the model can mend; the rest runs."""
    shell.add(calls(("Lok", {"name": "x"}), ("Look", {"nam": "x"}), *look("b")), say("ok"))

    await shell.submit("go")

    unknown, invalid, fine = results(shell)
    assert "There is no tool Lok. Did you mean Look?" in unknown
    assert "name: Field required" in invalid
    assert "Its parameters are: name" in invalid
    assert fine == "did b"


async def test_an_interrupt_keeps_what_was_done(shell: Shell, bench: Bench) -> None:
    """Finished results stay, unfinished ones say so, and the next prompt goes on from there."""
    shell.add(calls(*look("a", tool="Make"), *look("b", tool="Make"), *look("c", tool="Make")), say("on"))

    bench.endless = {"b"}
    turn = asyncio.create_task(shell.submit("go"))
    await shell.event(ToolStarted, 2)
    shell.session.interrupt()
    result = await turn
    await shell.submit("go on")

    assert (result.is_error, result.terminal_reason) == (True, "aborted_tools")
    first, second, third = results(shell)
    assert first == "did a"
    assert "may have done part" in second
    assert "Not run" in third
    assert bench.running == 0
    assert "[Request interrupted by user for tool use]" in shell.messages[2].text


async def test_an_interrupt_keeps_half_an_answer(shell: Shell, bench: Bench) -> None:
    """Text that had arrived stays in the conversation; the model is told of the interrupt."""
    shell.add(hold(say("A long and winding answer that never ends"), after=4), say("shorter"))

    turn = asyncio.create_task(shell.submit("go"))
    await shell.event(Delta)
    shell.session.interrupt()
    result = await turn
    await shell.submit("shorter, please")

    assert result.terminal_reason == "aborted_streaming"
    assert shell.messages[1].text.startswith("A")
    assert shell.messages[2].text.startswith("[Request interrupted by user]")


@pytest.mark.parametrize(
    "fault",
    [
        status(429, retry_after=0),
        status(529),
        status(500),
        overloaded_mid_stream(),
        cut(say("Half an answer")),
        malformed("bad_json"),
    ],
    ids=["429", "529", "500", "overloaded", "cut", "malformed"],
)
async def test_passing_faults_are_tried_again(shell: Shell, bench: Bench, fault: object) -> None:
    """A fault that may pass costs a wait that the user sees, and no tool runs twice."""
    shell.over_http()
    shell.add(calls(*look("a", tool="Make")), fault, say("there"))  # type: ignore[arg-type]

    result = await shell.submit("go")

    assert result.text == "there"
    assert bench.trace == ["+a", "-a"]
    assert (await shell.event(RetryScheduled)).attempt == 1


async def test_retries_end(shell: Shell, bench: Bench) -> None:
    """A server that never recovers ends the turn with its words; the session goes on."""
    shell.over_http()
    shell.workspace.variables["CLAUDE_CODE_MAX_RETRIES"] = "2"
    shell.add(status(529), status(529), status(529), say("back"))

    result = await shell.submit("go")
    again = await shell.submit("and now?")

    assert (result.is_error, result.terminal_reason) == (True, "api_error")
    assert again.text == "back"


async def test_a_wrong_key_is_not_tried_again(shell: Shell, bench: Bench) -> None:
    """401 ends the turn at once and says what to do."""
    shell.over_http()
    shell.add(status(401))

    result = await shell.submit("go")

    assert (result.error_status, result.is_error) == (401, True)
    assert "ANTHROPIC_" in result.text
    assert len(shell.requests) == 1


async def test_an_answer_cut_in_a_call_runs_nothing(shell: Shell, bench: Bench) -> None:
    """max_tokens in the middle of a call: nothing runs, the model is told to make it smaller."""
    shell.add(max_tokens_mid_tool("Make", {"name": "much too long"}), say("smaller then"))

    result = await shell.submit("go")

    assert (result.text, bench.trace) == ("smaller then", [])
    assert "in the middle of a call of Make" in results(shell)[0]


async def test_an_answer_cut_in_text_goes_on(shell: Shell, bench: Bench) -> None:
    """max_tokens in text: the model is asked to go on, not for ever."""
    shell.add(*[max_tokens("more")] * 4)

    result = await shell.submit("go")

    assert (result.is_error, result.turns) == (True, 4)


async def test_limits_end_the_turn(shell: Shell, bench: Bench) -> None:
    """--max-turns ends a turn with the documented subtype."""
    shell.options("--max-turns", "2")
    shell.add(calls(*look("a")), calls(*look("b")), say("never"))

    result = await shell.submit("go")

    assert (result.subtype, result.turns) == ("error_max_turns", 2)


@pytest.mark.parametrize(("option", "value"), [("--max-tokens", "1"), ("--max-budget-usd", "0.000001")])
async def test_budgets_end_the_turn(shell: Shell, bench: Bench, option: str, value: str) -> None:
    """Tokens and dollars can be capped; the turn says which cap it reached."""
    shell.over_http(model="messages:claude-opus-4-5")
    shell.options(option, value)
    shell.add(calls(*look("a")), say("never"))

    result = await shell.submit("go")

    assert (result.subtype, result.turns) == ("error_max_budget_usd", 1)


async def test_a_second_prompt_waits_its_turn(shell: Shell, bench: Bench) -> None:
    """A queued prompt reaches the model with the next results; submitting twice is refused."""
    bench.gate = asyncio.Event()
    shell.add(calls(*look("a")), say("both done"))

    turn = asyncio.create_task(shell.submit("first"))
    await shell.event(ToolStarted)
    shell.session.queue("second")
    with pytest.raises(SessionError):
        await shell.session.submit("third")
    bench.gate.set()
    await turn

    assert shell.messages[2].text == "second"


async def test_a_resumed_session_sends_the_same_bytes(shell: Shell, bench: Bench) -> None:
    """After a restart the next request extends the last one, system prompt included."""
    shell.over_http()
    shell.add(calls(*look("a")), say("one"), say("two"))
    await shell.submit("first")
    before = shell.requests[-1]
    assert shell.server is not None

    await shell.reopen()
    await shell.submit("second")

    after = shell.requests[-1]
    assert after["system"] == before["system"]
    assert len(shell.messages) == 6


async def test_hooks_decide_and_change(shell: Shell, bench: Bench) -> None:
    """PreToolUse changes an input, PostToolUse a result; wrappers run around the tool."""

    class Guard:
        @hookimpl
        def gaff_pre_tool_use(self, event: events.PreToolUse) -> Decision | None:
            if event.tool_input["name"] == "secret":
                return Decision("deny", "not that one")
            return Decision(updated_input={"name": "changed"}, additional_context="mind the gap")

        @hookimpl
        def gaff_post_tool_use(self, feedback: ToolFeedback) -> ToolFeedback:
            return ToolFeedback(output=ToolOutput("redacted"))

    shell.plugin(Guard(), "guard")
    shell.add(calls(*look("a", "secret")), say("ok"))

    result = await shell.submit("go")

    assert bench.trace == ["+changed", "-changed"]
    assert results(shell) == ["redacted", "not that one"]
    assert "mind the gap" in shell.messages[2].text
    assert [denial.tool_name for denial in result.denials] == ["Look"]


async def test_a_wrapper_can_spare_the_run(shell: Shell, bench: Bench) -> None:
    """gaff_tool_call that sets the output before keeps the tool from running."""
    from collections.abc import AsyncGenerator
    from contextlib import asynccontextmanager

    class Cache:
        @hookimpl
        @asynccontextmanager
        async def gaff_tool_call(self, run: ToolRun) -> AsyncGenerator[None]:
            run.output = ToolOutput("from the cache")
            yield

    shell.plugin(Cache(), "cache")
    shell.add(calls(*look("a")), say("ok"))

    await shell.submit("go")

    assert (results(shell), bench.trace) == (["from the cache"], [])


async def test_a_broken_gate_denies_and_is_named(shell: Shell, bench: Bench) -> None:
    """A permission policy that raises denies the call; the user hears of it once."""

    class Broken:
        @hookimpl
        def gaff_check_permission(self) -> Vote:
            raise ValueError("oops")

    shell.plugin(Broken(), "broken")
    shell.add(calls(*look("a")), calls(*look("b")), say("ok"))

    await shell.submit("go")

    assert bench.trace == []
    assert all("broken failed" in text for text in results(shell))
    assert len([one for one in shell.events if isinstance(one, Notice) and "broken failed" in one.text]) == 1


async def test_stop_hooks_make_the_model_go_on_but_not_for_ever(shell: Shell, bench: Bench) -> None:
    """A Stop hook's objection becomes the next prompt; after eight the turn ends all the same."""

    class Never:
        @hookimpl
        def gaff_stop(self, event: events.Stop) -> FeedbackAnswer:
            return FeedbackAnswer(block="not yet")

    shell.plugin(Never(), "never")
    shell.add(*[say("done")] * 9)

    result = await shell.submit("go")

    assert (result.turns, result.terminal_reason) == (9, "stop_hook_prevented")
    assert "not yet" in shell.messages[2].text


async def test_a_prompt_hook_can_drop_the_prompt(shell: Shell, bench: Bench) -> None:
    """UserPromptSubmit deny: the model is not asked, the user reads why."""

    class Filter:
        @hookimpl
        def gaff_user_prompt_submit(self, event: events.UserPromptSubmit) -> Decision:
            return Decision("deny", "no secrets here")

    shell.plugin(Filter(), "filter")

    result = await shell.submit("the password is ...")

    assert "no secrets here" in result.text
    assert (shell.requests, shell.messages) == ([], ())


async def test_no_answer_to_a_question_denies(shell: Shell) -> None:
    """Where nobody can be asked, what needs a question does not run, and the model reads why."""
    made = Bench()
    shell.plugin(made, "bench")

    class Unsure:
        @hookimpl(tryfirst=True)
        def gaff_check_permission(self) -> Vote:
            return Vote("ask", "unsure")

    shell.plugin(Unsure(), "unsure")
    shell.add(calls(*look("a")), say("ok"))

    await shell.submit("go")

    assert made.trace == []
    assert "nobody can be asked" in results(shell)[0]


async def test_a_no_without_words_ends_the_turn(shell: Shell) -> None:
    """A bare no ends the turn; a no with a reason goes back to the model."""
    shell.add(
        reply(call("Write", {"file_path": "a.txt", "content": "x"})),
        call("Write", {"file_path": "b.txt", "content": "x"}),
    )
    shell.deny("use another name")
    shell.deny()

    result = await shell.submit("go")

    assert "says: use another name" in results(shell)[0]
    assert (result.terminal_reason, result.turns) == ("aborted_tools", 2)


async def test_a_question_that_waits_is_told_to_the_hooks(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Notification fires while the user has not answered; not for a question that is answered at once."""
    monkeypatch.setattr("gaff.questions.PATIENCE", 0.0)
    told: list[str] = []
    heard = asyncio.Event()

    class Absent:
        @hookimpl
        def gaff_notification(self, event: events.Notification) -> None:
            told.append(event.notification_type)
            heard.set()

        @hookimpl(tryfirst=True)
        async def gaff_ask_user(self, event: events.UserAsked) -> None:
            await heard.wait()

    shell.plugin(Absent(), "absent")
    shell.add(call("Write", {"file_path": "a.txt", "content": "x"}), say("ok"))

    await shell.submit("go")

    assert told == ["permission_prompt"]


async def test_a_command_that_becomes_a_prompt_passes_the_hooks(shell: Shell) -> None:
    """UserPromptExpansion hears the command line; it may refuse, or add a context for the model."""

    class Reviewer:
        @hookimpl
        def gaff_user_prompt_expansion(self, event: events.UserPromptExpansion) -> Decision:
            if event.command_args == "secret":
                return Decision("deny", "not that one")
            return Decision(additional_context=f"typed: {event.prompt}")

    shell.plugin(Reviewer(), "reviewer")
    session = await shell.start()
    shell.add(say("ok"))

    with pytest.raises(UsageError, match="not that one"):
        await session.expand("look", "secret", "look at the secret")
    await shell.submit(await session.expand("look", "around", "look around"))

    assert "typed: /look around" in shell.messages[0].text
