"""Auto mode without a verdict, with denials, and when the user is asked again."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from gaff.hooks import (
    Decision,
    PermissionDenied,
    PermissionRequest,
    PreToolUse,
    RetryAnswer,
    hookimpl,
)
from gaff.plugins.builtin.permissions._auto import reviewer as reviewing
from gaff.plugins.builtin.permissions._auto.denials import DENIALS
from gaff.plugins.builtin.permissions._auto.outage import Outage
from gaff.plugins.builtin.permissions._auto.reviewer import REVIEW
from gaff.testing import Reply, Shell, hold, max_tokens, say, status

from .conftest import bash, results, reviews, told, verdict, write

# No verdict, and who is asked then.


@pytest.mark.parametrize(
    "answer",
    [
        say("Sure, go ahead!"),
        say('```json\n{"tier":"allow","verdict":"allow","reason":"x"}\n```'),
        say('{"tier":"hard_deny","verdict":"allow","reason":"x"}'),
        say('{"tier":"allow","verdict":"allow","reason":"x","more":1}'),
        say('{"tier":"allow","verdict":"allow","verdict":"block","reason":"x"}'),
        say('{"tier":"allow","verdict":"allow"}'),
        max_tokens('{"tier":"allow","verdict":"allow","reason":"x"}'),
    ],
)
async def test_an_answer_that_is_no_verdict_denies_and_is_not_counted(auto: Shell, answer: Reply) -> None:
    """Such a call is denied without a question; it is listed, and no step towards the pause."""
    auto.add(bash("./a"), answer, say("Done."))
    await auto.submit("Do it")
    assert results(auto) == ["denied"]
    assert not auto.questions
    assert "for want of a verdict" in told(auto)
    denials = auto.session.state[DENIALS]
    assert (len(denials.listed), denials.in_a_row, denials.in_all) == (1, 0, 0)


async def test_where_the_reviewer_cannot_be_asked_the_user_is(auto: Shell) -> None:
    """An error of the service never allows anything; the user decides, and nothing is counted."""
    auto.add(bash("./a"), status(400), say("Done."))
    auto.deny("not now")
    await auto.submit("Do it")
    assert results(auto) == ["denied"]
    assert len(auto.questions) == 1
    assert "could not decide" in told(auto)


async def test_without_a_reviewer_and_a_user_the_call_is_denied(auto: Shell) -> None:
    """Where nobody can be asked, the call does not run and the turn goes on."""
    auto.add(bash("./a"), status(400), say("I could not."))
    result = await auto.submit("Do it")
    assert results(auto) == ["denied"]
    assert result.text == "I could not."


async def test_a_reviewer_that_hangs_is_not_waited_for(auto: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """After its time the user is asked."""
    monkeypatch.setattr(reviewing, "PATIENCE", 0.01)
    auto.add(bash("./a"), hold(say("late")), say("Done."))
    auto.allow()
    await auto.submit("Do it")
    assert results(auto) == ["done"]
    assert "did not answer within" in told(auto)


async def test_a_reviewer_that_fails_twice_is_left_alone_for_a_while(auto: Shell) -> None:
    """The user is asked at once, told of it in one line, until the rest is over and it answers again."""
    auto.add(bash("./a"), status(400), bash("./b"), status(400), bash("./c"), bash("./d"), say("Done."))
    for _ in range(4):
        auto.allow()
    await auto.submit("Do it")
    assert len(reviews(auto)) == 2
    assert told(auto).count("For 60 s it is not tried again: you are asked instead.") == 1
    auto.session.state[REVIEW].outage.until = 0.0
    auto.add(bash("./e"), verdict("allow"), say("Done."))
    await auto.submit("Go on")
    assert (len(reviews(auto)), len(auto.questions)) == (3, 4)


def test_each_rest_is_longer_until_there_is_a_verdict() -> None:
    """One minute, two, four, eight, then ten at most; a verdict ends it."""
    now = 0.0
    outage = Outage(clock=lambda: now)
    outage.failed()
    rests: list[float] = []
    for _ in range(6):
        outage.failed()
        rests.append(outage.left)
        now += outage.left
    assert rests == [60, 120, 240, 480, 600, 600]
    outage.answered()
    outage.failed()
    assert outage.left == 0


async def test_explicit_ask_rules_and_hooks_that_ask_reach_the_user(auto: Shell) -> None:
    """Auto mode answers neither for a rule nor for a hook."""

    class Asking:
        @hookimpl
        def gaff_pre_tool_use(self, event: PreToolUse) -> Decision | None:
            return Decision("ask", "a hook asks") if event.tool_name == "Write" else None

    auto.plugin(Asking(), "asking")
    auto.workspace.settings({"permissions": {"ask": ["Bash(git commit *)"]}})
    auto.add(bash("git commit -m x"), write("a.py"), say("Done."))
    auto.allow()
    auto.allow()
    await auto.submit("Do it")
    assert len(auto.questions) == 2
    assert not reviews(auto)


async def test_broken_settings_reach_the_user(auto: Shell) -> None:
    """While a settings file cannot be read, nothing is settled in the user's place."""
    (auto.workspace.gaff_home / "settings.json").write_text('{"permissions": {"deny": ["Edit(a.py)",]}}')
    auto.add(write("a.py"), say("No."))
    await auto.submit("Do it")
    assert results(auto) == ["denied"]
    assert not reviews(auto)


async def test_permission_request_hooks_are_not_bothered(auto: Shell) -> None:
    """Hooks that hear of questions hear nothing of what auto mode decides."""
    asked: list[str] = []

    class Listening:
        @hookimpl
        def gaff_permission_request(self, event: PermissionRequest) -> None:
            asked.append(event.tool_name)

    auto.plugin(Listening(), "listening")
    auto.add(write("a.py"), bash("./a"), verdict("block"), say("Done."))
    await auto.submit("Do it")
    assert asked == []


# Denials.


def denied_calls(count: int) -> Sequence[Reply]:
    """Return calls that the reviewer blocks."""
    return [reply for number in range(count) for reply in (bash(f"./a{number}"), verdict("block"))]


async def test_three_denials_in_a_row_hand_back_to_the_user_until_they_approve(auto: Shell) -> None:
    """The fourth call is asked for; once the user approved one, auto mode decides again."""
    auto.add(*denied_calls(3), bash("./b"), bash("./c"), verdict("allow"), say("Done."))
    auto.allow()
    await auto.submit("Do it")
    assert results(auto) == ["denied", "denied", "denied", "done", "done"]
    assert len(auto.questions) == 1
    assert "pauses after 3 denials in a row" in told(auto)
    assert len(reviews(auto)) == 4


async def test_an_approved_call_that_fails_ends_the_pause_too(shell: Shell) -> None:
    """What counts is the user's word, not how the command ends."""
    shell.options("--permission-mode", "auto")
    shell.add(*denied_calls(3), bash("./no-such-program"), bash("./c"), verdict("block"), say("Done."))
    shell.allow()
    await shell.submit("Do it")
    assert results(shell) == ["denied", "denied", "denied", "failed", "denied"]
    assert len(shell.questions) == 1


async def test_after_the_pause_plain_work_goes_on_where_nobody_can_be_asked(auto: Shell) -> None:
    """With ``-p`` what needs a review does not run any more, and the turn goes on."""
    auto.options("-p")
    auto.add(*denied_calls(3), bash("./b"), write("a.py"), bash("./c"), say("Done."))
    assert (await auto.submit("Do it")).text == "Done."
    assert results(auto) == ["denied"] * 4 + ["done", "denied"]
    assert len(reviews(auto)) == 3
    assert "what needs a review is not run any more" in told(auto)


async def test_a_call_that_passes_ends_the_row(auto: Shell) -> None:
    """Two denials, an ordinary call, two denials: nobody is asked."""
    auto.add(*denied_calls(2), write("a.py"), *denied_calls(2), say("Done."))
    await auto.submit("Do it")
    assert "pauses" not in told(auto)


async def test_twenty_denials_in_all_hand_back_to_the_user(auto: Shell) -> None:
    """However they are spread, the twentieth pauses auto mode."""
    for _ in range(10):
        auto.add(*denied_calls(2), write("a.py"))
    auto.add(say("Done."))
    await auto.submit("Do it")
    assert "pauses after 20 denials" in told(auto)


async def test_a_denial_fires_the_event_whose_hooks_may_let_the_model_retry(auto: Shell) -> None:
    """PermissionDenied hooks are told the reason, and the model is told that it may retry."""
    events: list[PermissionDenied] = []

    class Generous:
        @hookimpl
        def gaff_permission_denied(self, event: PermissionDenied) -> RetryAnswer:
            events.append(event)
            return RetryAnswer(retry=True)

    auto.plugin(Generous(), "generous")
    auto.add(bash("./a"), verdict("block", "soft_deny", "too much"), say("Done."))
    await auto.submit("Do it")
    assert "too much" in events[0].reason
    assert "you may try this call again" in str(auto.outcomes[0].output.content)


async def test_denials_are_listed_and_one_may_be_approved(auto: Shell) -> None:
    """``/permissions denied`` lists them, and ``retry`` lets exactly that call run, once."""
    auto.add(bash("./a --all"), verdict("block", "soft_deny", "too much"), say("I may not."))
    await auto.submit("Do it")
    command = auto.kernel.command("permissions")
    assert command is not None
    assert "1. Bash `./a --all`: too much (soft_deny" in (await command.run("denied", auto.session)).text
    prompt = (await command.run("retry 1", auto.session)).prompt
    assert prompt is not None
    auto.add(bash("./a --all"), bash("./a --all"), verdict("block"), say("Done."))
    await auto.submit(prompt)
    assert results(auto) == ["denied", "done", "denied"]
