"""Event hooks by kind: order, attribution, isolation, deadlines, cancellation."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import pytest

from gaff.dispatcher import Answer, Dispatcher, Failure, Implementation
from gaff.hooks.errors import PluginError, RefusedError
from gaff.hooks.permissions import Vote

GATE = "gaff_check_permission"


class Bench:
    """A dispatcher over plain functions, named after them."""

    def __init__(self, *functions: Callable[..., object]) -> None:
        self.failures: list[Failure] = []
        self.slow_calls: list[Failure] = []
        implementations = tuple(
            Implementation(one.__name__, one, one.__code__.co_varnames[: one.__code__.co_argcount])
            for one in functions
        )
        self.run = Dispatcher(lambda _: implementations, self)

    def failed(self, failure: Failure) -> None:
        self.failures.append(failure)

    def slow(self, failure: Failure) -> None:
        self.slow_calls.append(failure)

    def succeeded(self, plugin: str, ms: float) -> None:
        pass

    def added(self, plugin: str, text: str) -> None:
        pass

    async def decide(self, hook: str = GATE) -> list[Answer[Vote | None] | Failure]:
        """Run the functions as a gate."""
        return await self.run.decide(hook, Vote, lambda vote: vote.behavior == "deny", {"event": 1})


def allow(event: object) -> Vote:
    return Vote("allow", "fine")


def deny() -> Vote:
    return Vote("deny", "no")


async def ask_later(event: object) -> Vote:
    await asyncio.sleep(0)
    return Vote("ask", "later")


def silent() -> None:
    return None


def broken(event: object) -> Vote:
    raise ValueError("oops")


def leaver(event: object) -> Vote:
    sys.exit(3)


def liar(event: object) -> object:
    return "allow"


async def test_answers_come_in_order_with_names() -> None:
    """Sync and async implementations answer in order, each under its own name; silence is no answer."""
    answers = await Bench(allow, silent, ask_later).decide()

    assert [(one.plugin, one.value.behavior) for one in answers if isinstance(one, Answer) and one.value] == [
        ("allow", "allow"),
        ("ask_later", "ask"),
    ]


async def test_a_deny_stops_the_rest() -> None:
    """Nobody is asked after a deny."""
    answers = await Bench(deny, broken).decide("gaff_user_prompt_submit")

    assert [one.plugin for one in answers] == ["deny"]


async def test_policies_are_all_asked() -> None:
    """A deny of one policy does not hide what the others say: the trail tells it."""
    answers = await Bench(deny, silent, allow).decide(GATE)

    assert [one.plugin for one in answers] == ["deny", "silent", "allow"]


@pytest.mark.parametrize("function", [broken, leaver, liar])
async def test_a_failing_gate_is_a_failure_and_ends_the_asking(function: Callable[..., object]) -> None:
    """An exception, sys.exit and a wrong answer are failures with the plugin's name; the gate stops there."""
    bench = Bench(function, allow)

    answers = await bench.decide("gaff_user_prompt_submit")

    assert [type(one) for one in answers] == [Failure]
    assert bench.failures == answers
    assert answers[0].plugin == function.__name__


async def test_collect_leaves_failures_out() -> None:
    """Where answers are collected, one failure costs one answer."""
    bench = Bench(broken, allow)

    answers = await bench.run.collect(GATE, Vote, {"event": 1})

    assert [one.plugin for one in answers] == ["allow"]
    assert [one.plugin for one in bench.failures] == ["broken"]


async def test_first_asks_the_next_after_a_failure() -> None:
    """The first answer wins, also after a failure and a silence."""
    answer = await Bench(broken, silent, ask_later, allow).run.first(GATE, Vote, {"event": 1})

    assert answer is not None
    assert answer.plugin == "ask_later"


async def test_fold_hands_the_value_on() -> None:
    """Each plugin gets what the last one made; None and failures leave it unchanged."""

    def upper(text: str) -> str:
        return text.upper()

    async def twice(text: str) -> str:
        return text * 2

    value, changes = await Bench(upper, broken, silent, twice).run.fold(
        "gaff_message_display", "text", "ab", {"event": 1}
    )

    assert value == "ABAB"
    assert [one.plugin for one in changes] == ["upper", "twice"]


async def test_notify_runs_side_by_side() -> None:
    """Two plugins that wait for each other both finish."""
    first, second = asyncio.Event(), asyncio.Event()

    async def one() -> None:
        first.set()
        await second.wait()

    async def two() -> None:
        second.set()
        await first.wait()

    await Bench(one, two).run.notify("gaff_notification", {"event": 1})


async def test_a_hang_ends_at_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    """An implementation that never answers is a failure that says how long it was waited for."""
    from gaff.hooks.markers import EVENT_HOOKS, EventSpec, Kind

    monkeypatch.setitem(EVENT_HOOKS, GATE, EventSpec(GATE, Kind.DECIDE, 0.01))

    async def hang() -> Vote:
        await asyncio.Event().wait()
        return Vote("allow", "")

    answers = await Bench(hang).decide()

    assert isinstance(answers[0], Failure)
    assert "took longer than 0.01 s" in answers[0].reason


async def test_cancellation_passes_through() -> None:
    """Cancelling a hook call runs the plugin's finally and is not a failure."""
    left: list[str] = []

    async def wait() -> Vote:
        try:
            await asyncio.Event().wait()
        finally:
            left.append("left")
        return Vote("allow", "")

    bench = Bench(wait)
    task = asyncio.create_task(bench.decide())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert (left, bench.failures) == (["left"], [])


async def test_around_enters_in_order_and_leaves_in_reverse() -> None:
    """Wrappers nest; what one raises carries its name."""
    trace: list[str] = []

    @asynccontextmanager
    async def manager(name: str) -> AsyncGenerator[None]:
        trace.append(f"+{name}")
        yield
        trace.append(f"-{name}")

    def outer() -> object:
        return manager("outer")

    def inner() -> object:
        return manager("inner")

    async with Bench(outer, inner).run.around("gaff_tool_call", {"run": 1}):
        trace.append("body")

    assert trace == ["+outer", "+inner", "body", "-inner", "-outer"]


async def test_a_failing_wrapper_is_named() -> None:
    """A wrapper that cannot be entered stops the call under its plugin's name."""
    with pytest.raises(PluginError, match="broken"):
        async with Bench(broken).run.around("gaff_tool_call", {"event": 1, "run": 1}):
            pytest.fail("the body must not run")


async def test_a_tool_fault_passes_wrappers_unchanged() -> None:
    """An exception of the wrapped call is not blamed on the wrapper."""

    @asynccontextmanager
    async def manager() -> AsyncGenerator[None]:
        yield

    def wrapper() -> object:
        return manager()

    with pytest.raises(KeyError):
        async with Bench(wrapper).run.around("gaff_tool_call", {"run": 1}):
            raise KeyError("tool")


@pytest.mark.parametrize("hook", ["gaff_worktree_create", "gaff_ask_user"])
async def test_a_refusal_ends_the_asking_under_its_name(hook: str) -> None:
    """At a hook where the first answer holds nobody answers after a no; it is no failure of the plugin."""

    async def refuse() -> Vote:
        raise RefusedError("not here")

    bench = Bench(broken, silent, refuse, allow)

    with pytest.raises(RefusedError, match="not here") as refused:
        await bench.run.first(hook, Vote, {"event": 1})

    assert refused.value.plugin == "refuse"
    assert [failure.plugin for failure in bench.failures] == ["broken"]


async def test_a_refusal_where_it_means_nothing_is_a_failure() -> None:
    """A gate has its own way to say no; there it counts as deny, as any failure does."""

    def refuse() -> Vote:
        raise RefusedError("not here")

    bench = Bench(refuse, allow)

    assert [type(one) for one in await bench.decide("gaff_user_prompt_submit")] == [Failure]
