"""Calls that a hook puts off: the run ends with them, and a resumed one begins with them."""

from __future__ import annotations

import json

import pytest

from gaff.hooks import Decision, JsonObject, hookimpl
from gaff.hooks.events import PreToolUse, UserPromptSubmit
from gaff.testing import call, calls
from gaff.testing.scripted_model import ScriptedModel

from .conftest import Outcome, Run

#: A call that nobody needs to be asked about, and what it prints.
ECHO = ("Bash", {"command": "echo ran"})


class PutsOff:
    """Puts every call off, until it is told what to answer."""

    def __init__(self) -> None:
        self.answer = Decision("defer", "somebody has to look at it")
        self.asked: list[str] = []
        self.prompts: list[str] = []

    @hookimpl
    def gaff_pre_tool_use(self, event: PreToolUse) -> Decision:
        """Answer for every call."""
        self.asked.append(event.tool_use_id)
        return self.answer

    @hookimpl
    def gaff_user_prompt_submit(self, event: UserPromptSubmit) -> None:
        """Note the prompt."""
        self.prompts.append(event.prompt)


@pytest.fixture
def hook() -> PutsOff:
    """A hook that puts calls off."""
    return PutsOff()


class Deferring:
    """A session whose first run ended with a call of ``echo`` put off."""

    def __init__(self, run: Run, model: ScriptedModel, hook: PutsOff) -> None:
        self._run, self._model, self._hook = run, model, hook
        self.id = ""

    async def begin(self) -> Outcome:
        """Run until the call is put off."""
        self._model.add(call(*ECHO))
        outcome = await self._run("-p", "go", "--output-format", "json", self._hook)
        self.id = str(outcome.result["session_id"])
        return outcome

    async def resume(self, *words: str) -> Outcome:
        """Resume the session."""
        resumed = ("-p", *words, "--resume", self.id, "--output-format", "json")
        return await self._run(*resumed, self._hook)

    def results(self) -> list[JsonObject]:
        """What the model was last told, block by block."""
        return list(self._model.requests[-1].messages[-1].content)


@pytest.fixture
def deferring(run: Run, model: ScriptedModel, hook: PutsOff) -> Deferring:
    """A session to put a call off in."""
    return Deferring(run, model, hook)


async def test_the_run_ends_with_the_call(deferring: Deferring, model: ScriptedModel) -> None:
    """The result names the call and how to go on; it is no failure, and the model is not asked again."""
    outcome = await deferring.begin()
    result = outcome.result
    assert (outcome.code, result["is_error"], result["subtype"]) == (0, False, "success")
    assert (result["stop_reason"], result["terminal_reason"]) == ("tool_deferred", "tool_deferred")
    assert result["deferred_tool_use"]["name"] == "Bash"
    assert result["deferred_tool_use"]["input"] == {"command": "echo ran"}
    assert result["permission_denials"] == []
    assert f"gaff -p --resume {deferring.id}" in outcome.err
    assert len(model.requests) == 1


async def test_a_resumed_session_asks_the_hooks_again_and_runs_the_call(
    deferring: Deferring, hook: PutsOff, model: ScriptedModel
) -> None:
    """No prompt is needed; the hook may change the input; the model gets the result of that."""
    await deferring.begin()
    hook.answer = Decision("allow", updated_input={"command": "echo answered"})
    outcome = await deferring.resume()
    assert (outcome.code, outcome.result["result"]) == (0, "Done.")
    assert hook.asked[0] == hook.asked[1]
    assert hook.prompts == ["go"]
    (block,) = deferring.results()
    assert (block["type"], block["content"]) == ("tool_result", "answered")
    assert [message.role for message in model.requests[-1].messages] == ["user", "assistant", "user"]


async def test_a_prompt_follows_the_result(deferring: Deferring, hook: PutsOff) -> None:
    """What the user says on resuming stands behind the call's result, also when it is put off once more."""
    await deferring.begin()
    await deferring.resume("first word")
    hook.answer = Decision("allow")
    await deferring.resume("second word")
    told = deferring.results()
    assert [block["type"] for block in told] == ["tool_result", "text", "text"]
    assert [block.get("text") for block in told[1:]] == ["first word", "second word"]


async def test_a_refused_call_goes_on_as_any_refused_call(deferring: Deferring, hook: PutsOff) -> None:
    """A deny on resuming reaches the model as the call's result."""
    await deferring.begin()
    hook.answer = Decision("deny", "not today")
    await deferring.resume()
    assert "not today" in json.dumps(deferring.results())


async def test_a_fork_takes_the_call_with_it(deferring: Deferring, hook: PutsOff) -> None:
    """Both the fork and the session it was made of can go on with the call."""
    await deferring.begin()
    forked = await deferring.resume("--fork-session")
    assert forked.result["stop_reason"] == "tool_deferred"
    hook.answer = Decision("allow")
    for session in (deferring.id, str(forked.result["session_id"])):
        deferring.id = session
        assert (await deferring.resume()).result["result"] == "Done."
        assert deferring.results()[0]["content"] == "ran"


async def test_without_the_tool_the_call_keeps_waiting(deferring: Deferring, hook: PutsOff, run: Run) -> None:
    """The result says that it is not there; with the tool back, call and prompt go on."""
    await deferring.begin()
    arguments = ("-p", "now", "--resume", deferring.id, "--output-format", "json")
    without = ("--settings", '{"plugins": {"shell.bash": false}}')
    gone = await run(*arguments, *without, hook)
    assert (gone.code, gone.result["is_error"]) == (1, True)
    assert gone.result["stop_reason"] == gone.result["terminal_reason"] == "tool_deferred_unavailable"
    assert gone.result["deferred_tool_use"]["name"] == "Bash"
    hook.answer = Decision("allow")
    await deferring.resume()
    assert [block.get("text") for block in deferring.results()[1:]] == ["now"]


async def test_only_a_call_that_stands_alone_waits(run: Run, model: ScriptedModel, hook: PutsOff) -> None:
    """Of several calls none is put off: nobody can be asked, so they are refused, and the turn goes on."""
    model.add(calls(ECHO, ECHO))
    outcome = await run("-p", "go", "--output-format", "json", hook)
    assert outcome.result["result"] == "Done."
    assert len(outcome.result["permission_denials"]) == 2


async def test_a_deny_beats_putting_off(run: Run, model: ScriptedModel, hook: PutsOff) -> None:
    """A deny rule refuses the call at once: there is nothing to wait for."""
    model.add(call(*ECHO))
    outcome = await run("-p", "go", "--disallowedTools", "Bash(echo *)", "--output-format", "json", hook)
    assert (outcome.result["result"], len(outcome.result["permission_denials"])) == ("Done.", 1)


async def test_a_resumed_session_without_such_a_call_needs_a_prompt(run: Run) -> None:
    """Without a prompt there is nothing to do then."""
    done = await run("-p", "go", "--output-format", "json")
    with pytest.raises(Exception, match="there is no prompt"):
        await run("-p", "--resume", str(done.result["session_id"]))
