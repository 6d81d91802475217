"""A turn when things go wrong at the worst moment: the session goes on, and nothing runs twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress

import pytest

from gaff.hooks import (
    Decision,
    FeedbackAnswer,
    ModelStreamed,
    Notice,
    SessionError,
    ToolFinished,
    ToolOutput,
    ToolRun,
    TurnFinished,
    Vote,
    events,
    hookimpl,
)
from gaff.hooks.messages import encode
from gaff.hooks.values import is_object, text_at
from gaff.testing.replies import call, calls, hold, say
from gaff.testing.shell import Shell

from .bench import Bench, look, results


class Slow:
    """Hooks that never end, at the moments named; ``reached`` tells that one began."""

    def __init__(self, *moments: str, swallow: bool = False) -> None:
        self.moments = moments
        self.swallow = swallow
        self.reached = asyncio.Event()

    async def _at(self, moment: str) -> None:
        if moment in self.moments:
            self.reached.set()
            with suppress(*([asyncio.CancelledError] if self.swallow else [])):
                await asyncio.Event().wait()

    @hookimpl
    async def gaff_post_tool_use(self, event: events.PostToolUse) -> None:
        await self._at("PostToolUse")

    @hookimpl
    async def gaff_post_tool_batch(self, event: events.PostToolBatch) -> None:
        await self._at("PostToolBatch")

    @hookimpl
    async def gaff_pre_tool_use(self, event: events.PreToolUse) -> None:
        await self._at("PreToolUse")


@pytest.mark.parametrize("moment", ["PreToolUse", "PostToolUse", "PostToolBatch"])
async def test_an_interrupt_during_a_hook_leaves_no_call_unanswered(
    shell: Shell, bench: Bench, moment: str
) -> None:
    """Wherever the interrupt strikes, the next request is one a server accepts, and what ran is told as run."""
    slow = Slow(moment)
    shell.plugin(slow, "slow")
    shell.add(calls(*look("a", tool="Make")), say("on"))

    turn = asyncio.create_task(shell.submit("go"))
    await slow.reached.wait()
    shell.session.interrupt()
    result = await turn
    again = await shell.submit("go on")

    assert (result.is_error, again.text) == (True, "on")
    assert (results(shell)[0] == "did a") == (moment != "PreToolUse")


async def test_a_swallowed_interrupt_still_ends_the_turn(shell: Shell, bench: Bench) -> None:
    """A plugin that catches the cancellation does not make the model be asked again."""
    slow = Slow("PostToolUse", swallow=True)
    shell.plugin(slow, "slow")
    shell.add(calls(*look("a", tool="Make")))

    turn = asyncio.create_task(shell.submit("go"))
    await slow.reached.wait()
    shell.session.interrupt()
    result = await turn

    assert (result.is_error, len(shell.requests)) == (True, 1)


async def test_an_interrupt_before_the_first_step(shell: Shell, bench: Bench) -> None:
    """A turn that is interrupted before it began ends as interrupted, not as a cancellation of the caller."""
    session = await shell.start()

    turn = asyncio.create_task(session.submit("go"))
    await asyncio.sleep(0)
    session.interrupt()

    assert (await turn).is_error


@pytest.mark.parametrize(
    ("give", "says"),
    [
        (lambda: ToolOutput(None), "neither text nor content blocks"),  # type: ignore[arg-type]
        (lambda: "text", "returned str, not a ToolOutput"),
        (lambda: ToolOutput([{"type": "text", "text": ""}]), "(no output)"),
        (lambda: ToolOutput("x" * 500_000), "cut; all of it is in"),
    ],
)
async def test_odd_outputs_do_not_end_the_session(
    shell: Shell, bench: Bench, give: Callable[[], ToolOutput], says: str
) -> None:
    """Whatever a tool returns becomes a result that a server accepts."""

    class Odd:
        @hookimpl
        @asynccontextmanager
        async def gaff_tool_call(self, run: ToolRun) -> AsyncGenerator[None]:
            run.output = give()
            yield

    shell.plugin(Odd(), "odd")
    shell.add(calls(*look("a")), say("ok"))

    result = await shell.submit("go")

    assert result.text == "ok"
    assert says.encode() in encode([message.to_json() for message in shell.messages])


async def test_a_tool_s_own_timeout_is_not_the_deadline(shell: Shell, bench: Bench) -> None:
    """TimeoutError out of a tool is told as what it is."""

    class Late:
        @hookimpl
        @asynccontextmanager
        async def gaff_tool_call(self, run: ToolRun) -> AsyncGenerator[None]:
            raise TimeoutError("the disk did not answer")
            yield

    shell.plugin(Late(), "late")
    shell.add(calls(*look("a")), say("ok"))

    await shell.submit("go")

    assert "the disk did not answer" in results(shell)[0]


async def test_a_transcript_that_cannot_be_written_ends_the_turn_not_the_session(
    shell: Shell, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fault is raised, the turn is told as ended, and the next one works once there is room again."""
    shell.add(calls(*look("a", tool="Make")), say("ok"))

    def full(*_: object) -> None:
        raise SessionError("no space left on device")

    class Filler:
        @hookimpl
        def gaff_post_tool_use(self, event: events.PostToolUse) -> None:
            monkeypatch.setattr(type(shell.session._writer), "append", full)  # type: ignore[attr-defined]

    shell.plugin(Filler(), "filler")
    session = await shell.start()
    with pytest.raises(SessionError, match="no space"):
        await session.submit("go")
    monkeypatch.undo()

    assert (await session.submit("again")).text == "ok"
    assert results(shell)[0] == "did a"
    await shell.event(TurnFinished, 2)


async def test_a_queued_prompt_passes_the_same_gate(shell: Shell, bench: Bench) -> None:
    """What a hook keeps from the model cannot be slipped in while a tool runs."""

    class Filter:
        @hookimpl
        def gaff_user_prompt_submit(self, event: events.UserPromptSubmit) -> Decision | None:
            return Decision("deny", "no secrets") if "secret" in event.prompt else None

    class Typist:
        @hookimpl
        def gaff_post_tool_use(self, event: events.PostToolUse) -> None:
            assert event.context.session is not None
            event.context.session.queue("the secret")
            event.context.session.queue("the rest")

    shell.plugin(Filter(), "filter")
    shell.plugin(Typist(), "typist")
    shell.add(calls(*look("a")), say("ok"))

    await shell.submit("go")

    assert shell.messages[2].text == "the rest"


async def test_no_to_one_read_spares_the_others(shell: Shell) -> None:
    """A bare no to the first of two parallel calls asks nothing more and runs nothing."""

    class Unsure:
        @hookimpl
        def gaff_check_permission(self) -> Vote:
            return Vote("ask", "unsure")

    bench = Bench()
    shell.plugin(bench, "bench")
    shell.plugin(Unsure(), "unsure")
    shell.add(calls(*look("a", "b")))
    shell.deny()
    shell.allow()

    await shell.submit("go")

    assert (bench.trace, len(shell.questions)) == ([], 1)


async def test_a_hook_without_an_opinion_allows_nothing(shell: Shell) -> None:
    """A PreToolUse hook that only adds a context does not spare the question."""

    class Chatty:
        @hookimpl
        def gaff_pre_tool_use(self, event: events.PreToolUse) -> Decision:
            return Decision(additional_context="just so you know")

    shell.plugin(Chatty(), "chatty")
    shell.add(calls(("Write", {"file_path": "made", "content": "x"})), say("ok"))

    await shell.submit("go")

    assert not (shell.workspace.project / "made").exists()
    assert len(shell.questions) == 1


async def test_the_last_rewrite_runs(shell: Shell, bench: Bench) -> None:
    """An input that a hook makes safe is not lost because another hook answered first."""

    class First:
        @hookimpl(tryfirst=True)
        def gaff_pre_tool_use(self, event: events.PreToolUse) -> Decision:
            return Decision("allow", "fine")

    class Second:
        @hookimpl
        def gaff_pre_tool_use(self, event: events.PreToolUse) -> Decision:
            return Decision(updated_input={"name": "safe"})

    shell.plugin(First(), "first")
    shell.plugin(Second(), "second")
    shell.add(calls(*look("dangerous")), say("ok"))

    await shell.submit("go")

    assert bench.trace == ["+safe", "-safe"]


async def test_an_answer_that_makes_no_sense_denies(shell: Shell, bench: Bench) -> None:
    """A behavior that does not exist is a failure of the gate, which counts as deny."""

    class Typo:
        @hookimpl
        def gaff_pre_tool_use(self, event: events.PreToolUse) -> Decision:
            return Decision("block", "typo")  # type: ignore[arg-type]

    shell.plugin(Typo(), "typo")
    shell.add(calls(*look("a")), say("ok"))

    result = await shell.submit("go")

    assert (result.text, bench.trace) == ("ok", [])
    assert "typo failed" in results(shell)[0]


async def test_a_suspended_wrapper_keeps_the_tool_from_running(shell: Shell, bench: Bench) -> None:
    """A wrapper that failed again and again is not simply left away: what it guards does not run."""

    class Sandbox:
        @hookimpl
        def gaff_tool_call(self, run: ToolRun) -> None:
            raise ValueError("no sandbox")

    shell.plugin(Sandbox(), "sandbox")
    shell.add(*[calls(*look(str(number))) for number in range(7)], say("ok"))

    await shell.submit("go")

    assert bench.trace == []
    assert any("suspended" in text for text in results(shell))


async def test_a_failure_hook_can_end_the_turn(shell: Shell, bench: Bench) -> None:
    """stop of PostToolUseFailure is heard."""

    class Strict:
        @hookimpl
        def gaff_post_tool_use_failure(self, event: events.PostToolUseFailure) -> FeedbackAnswer:
            return FeedbackAnswer(stop=True, stop_reason="one failure is enough")

        @hookimpl
        @asynccontextmanager
        async def gaff_tool_call(self, run: ToolRun) -> AsyncGenerator[None]:
            raise ValueError("broken")
            yield

    shell.plugin(Strict(), "strict")
    shell.add(calls(*look("a")))

    result = await shell.submit("go")

    assert result.text == "one failure is enough"


async def test_every_call_finishes_once_for_the_faces(shell: Shell, bench: Bench) -> None:
    """Each call is told as finished exactly once, however it ended."""
    shell.add(calls(*look("a"), ("Lok", {}), *look("b", tool="Make")), say("ok"))

    await shell.submit("go")

    finished = [one.outcome.call.id for one in shell.events if isinstance(one, ToolFinished)]
    assert len(finished) == len(set(finished)) == 3


async def test_what_was_sent_stays_as_it_was_after_a_restart(shell: Shell, bench: Bench) -> None:
    """Results whose answer was cut off by the end of the process are not grown by the next prompt."""
    shell.over_http()
    shell.add(calls(*look("a", tool="Make")), hold(say("never ending"), after=1), say("on"))
    session = await shell.start()
    with session.subscribe(ModelStreamed) as streamed:
        turn = asyncio.create_task(shell.submit("go"))
        async with asyncio.timeout(shell.patience):
            async for _ in streamed:
                if len(shell.requests) == 2:
                    break
    session.interrupt()
    await turn

    await shell.reopen()
    await shell.submit("go on")

    sent, after = shell.requests[1]["messages"], shell.requests[2]["messages"]
    assert isinstance(sent, list)
    assert isinstance(after, list)
    assert [text_at(one, "role") for one in after[len(sent) :] if is_object(one)] == ["assistant", "user"]
    assert without_marks(after[: len(sent)]) == without_marks(sent)


async def test_a_plugin_that_holds_up_the_loop_is_told_once(
    shell: Shell, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line has the plugin's name, and is not said again."""
    monkeypatch.setattr("gaff.watchdog.BLOCKING", 0.0)

    def slow() -> list[str]:
        return [one.text for one in shell.events if isinstance(one, Notice) and "bench is slow" in one.text]

    shell.add(calls(*look("a")), say("ok"), calls(*look("b")), say("ok"))

    await shell.submit("go")
    first = slow()
    await shell.submit("again")

    assert (len(first), len(slow())) == (1, 1)


async def test_lines_that_cannot_be_read_are_told(shell: Shell, bench: Bench) -> None:
    """A damaged transcript is gone on with, and the user hears that something is missing."""
    shell.add(say("one"), say("two"))
    await shell.submit("first")
    path = shell.session.transcript_path
    await shell.close()
    path.write_bytes(path.read_bytes() + b"{torn\n")

    await shell.start(resume=path.stem)
    await shell.submit("second")

    assert any(isinstance(one, Notice) and "1 lines could not be read" in one.text for one in shell.events)
    assert [message.text for message in shell.messages] == ["first", "one", "second", "two"]


def without_marks(messages: object) -> str:
    """Return the messages as text, the cache's breakpoints left out."""
    text = encode(messages).decode()
    return text.replace(',"cache_control":{"type":"ephemeral"}', "")


async def test_what_a_hook_adds_reaches_the_model_even_when_a_rule_denies(shell: Shell, bench: Bench) -> None:
    """The context of a PreToolUse hook goes beside the denial."""

    class Adding:
        @hookimpl
        def gaff_pre_tool_use(self, event: events.PreToolUse) -> Decision:
            return Decision(additional_context="the staging host is up")

    shell.plugin(Adding(), "adding")
    shell.options("--disallowedTools", "Write")
    shell.add(call("Write", {"file_path": "a", "content": "x"}), say("ok"))

    await shell.submit("write")

    told = str(shell.session.messages[-2].content)
    assert "Not permitted" in told
    assert told.count("the staging host is up") == 1
