"""The shell fixture: real sessions, driven by a test."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from gaff.hooks import (
    Choice,
    Delta,
    Message,
    ModelRequest,
    PermissionQuestion,
    Question,
    Tool,
    ToolContext,
    ToolFinished,
    ToolOutput,
    UsageError,
    hookimpl,
    text_block,
)
from gaff.testing.messages_server import FakeMessagesServer
from gaff.testing.replies import call, cut, hold, say, status, think
from gaff.testing.shell import Shell
from gaff.testing.workspace import Workspace

pytest_plugins = ["gaff.testing.pytest_plugin"]


class Nothing(BaseModel):
    """No parameters."""


class Knock(Tool[Nothing]):
    """A tool that needs permission."""

    name = "Knock"
    summary = "Knock."
    input_model = Nothing

    async def run(self, input: Nothing, context: ToolContext) -> ToolOutput:
        return ToolOutput("who is there?")


class KnockPlugin:
    """A plugin as an object."""

    @hookimpl
    def gaff_register_tools(self) -> Sequence[Tool[Any]]:
        return (Knock(),)


async def test_a_turn(shell: Shell) -> None:
    """The model's calls run for real, and everything can be looked at."""
    shell.workspace.write("a.txt", "hello")
    shell.add(call("Read", {"file_path": "a.txt"}), say("It says hello."))
    result = await shell.submit("What does a.txt say?")
    assert (result.text, result.turns) == ("It says hello.", 2)
    assert [message.role for message in shell.messages] == ["user", "assistant", "user", "assistant"]
    assert "hello" in str(shell.outcomes[0].output.content)
    assert len(shell.requests) == 2
    assert {str(entry["type"]) for entry in shell.transcript} >= {"user", "assistant"}


async def test_two_turns_and_all_their_events(shell: Shell) -> None:
    """After each turn its events are there, in order."""
    shell.add("one", "two")
    await shell.submit("first")
    await shell.submit("second")
    assert [event.text for event in shell.events if isinstance(event, Delta)] == ["one", "two"]
    assert type(shell.events[-1]).__name__ == "TurnFinished"


async def test_allow_and_deny(shell: Shell) -> None:
    """Permission questions get the scripted answers."""
    shell.plugin(KnockPlugin())
    shell.allow()
    shell.deny("Not now.")
    shell.add(call("Knock"), call("Knock"), say("Done."))
    await shell.submit("knock twice")
    assert [outcome.status for outcome in shell.outcomes] == ["done", "denied"]
    assert "Not now." in str(shell.outcomes[1].output.content)
    assert all(isinstance(question, PermissionQuestion) for question in shell.questions)


async def test_allow_for_the_session(shell: Shell) -> None:
    """A yes for the session is asked for once."""
    shell.plugin(KnockPlugin())
    shell.allow(scope="session")
    shell.add(call("Knock"), call("Knock"), say("Done."))
    await shell.submit("knock twice")
    assert [outcome.status for outcome in shell.outcomes] == ["done", "done"]
    assert len(shell.questions) == 1


async def test_without_an_answer_nobody_can_be_asked(shell: Shell) -> None:
    """A question without a scripted answer is a call that may not run."""
    shell.plugin(KnockPlugin(), "knock")
    shell.add(call("Knock"), say("Done."))
    await shell.submit("knock")
    assert [outcome.status for outcome in shell.outcomes] == ["denied"]


async def test_other_questions(shell: Shell) -> None:
    """Questions of plugins are answered too."""
    session = await shell.start()
    shell.answer("blue", "like the sea")
    answer = await session.ask(Question(title="Colour?", choices=(Choice("Blue", "blue"),)))
    assert answer is not None
    assert (answer.value, answer.text) == ("blue", "like the sea")


async def test_interrupting_a_held_answer(shell: Shell) -> None:
    """A test waits for what happens, never for time to pass."""
    shell.add(hold("A long answer that nobody waits for", after=6), say("On with it."))
    async with asyncio.TaskGroup() as group:
        turn = group.create_task(shell.submit("go"))
        await shell.event(Delta)
        shell.session.interrupt()
    assert turn.result().terminal_reason == "aborted_streaming"
    assert (await shell.submit("go on")).text == "On with it."


async def test_releasing_a_held_answer(shell: Shell) -> None:
    """A held answer goes on."""
    shell.add(hold("All of it"))
    async with asyncio.TaskGroup() as group:
        turn = group.create_task(shell.submit("go"))
        await shell.model.requested(1)
        shell.model.release()
    assert turn.result().text == "All of it"


async def test_faults_are_retried_at_once(shell: Shell) -> None:
    """In a workspace nobody waits between attempts."""
    shell.add(status(529), cut(), status(429, retry_after=0), say("Through."))
    assert (await shell.submit("go")).text == "Through."


async def test_over_http(shell: Shell) -> None:
    """The same script, played by a server."""
    shell.over_http()
    shell.add(think("Hm."), call("Read", {"file_path": "a.txt"}), say("It says hello."))
    shell.workspace.write("a.txt", "hello")
    shell.model.add("never")
    result = await shell.submit("read")
    assert result.text == ""
    assert (await shell.submit("read now")).text == "It says hello."
    assert shell.server is not None
    assert shell.server.hit_rate > 0.8
    assert len(shell.requests) == 3


async def test_a_server_of_the_tests_own(workspace: Workspace) -> None:
    """A test may bring its server, and its script may be a function."""
    async with Shell(workspace) as shell:
        shell.over_http(FakeMessagesServer(lambda body: f"max {body['max_tokens']}"), "messages:m")
        assert (await shell.submit("go")).text.startswith("max ")


async def test_a_server_that_runs_already(shell: Shell, messages_server: FakeMessagesServer) -> None:
    """A server in a thread is used as it is, and goes on after the session."""
    shell.over_http(messages_server)
    shell.add("one")
    assert (await shell.submit("go")).text == "one"
    await shell.close()
    assert messages_server.running


async def test_reopen(shell: Shell) -> None:
    """A session goes on from its transcript alone."""
    shell.add("one", "two")
    await shell.submit("first")
    identity = shell.session.id
    await shell.reopen()
    assert shell.session.id == identity
    assert [message.text for message in shell.messages] == ["first", "one"]
    assert (await shell.submit("second")).text == "two"


async def test_options_and_plugins_left_out(shell: Shell) -> None:
    """Command line options reach the kernel; a plugin left out offers nothing."""
    shell.options("--permission-mode", "plan")
    shell.without("files.read")
    session = await shell.start()
    assert session.mode == "plan"
    assert shell.kernel.tool("Read") is None
    assert shell.kernel.tool("Write") is not None


async def test_a_plugin_from_a_file(shell: Shell, tmp_path: Path) -> None:
    """A path is loaded as ``--plugin`` loads it."""
    file = tmp_path / "shout.py"
    file.write_text(
        "from gaff.hooks import hookimpl\n\n\n@hookimpl\ndef gaff_message_display(text):\n    return text.upper()\n"
    )
    shell.plugin(file)
    shell.add("quiet")
    await shell.submit("say something")
    assert [event.text for event in shell.events if isinstance(event, Delta)] == ["QUIET"]


class Meddler:
    """A plugin that changes the first message of every request but the first."""

    @hookimpl
    def gaff_model_request(self, request: ModelRequest) -> ModelRequest | None:
        if len(request.messages) == 1:
            return None
        first = Message("user", (text_block("meddled"), *request.messages[0].content))
        return replace(request, messages=(first, *request.messages[1:]))


async def test_a_plugin_that_breaks_the_cache_is_caught(shell: Shell) -> None:
    """Every test of a session holds its requests against the checks."""
    shell.plugin(Meddler())
    shell.add("one", "two")
    await shell.submit("first")
    await shell.submit("second")
    with pytest.raises(AssertionError, match=r"request 2: \[prefix\] messages\.0\.content\.0"):
        shell.check()
    shell.model.violations.clear()


async def test_a_session_that_cannot_start(shell: Shell) -> None:
    """What stops a start is raised, as it is."""
    shell.options("--permission-mode", "sideways")
    with pytest.raises(UsageError, match="sideways"):
        await shell.submit("hi")


async def test_a_turn_that_does_not_end(workspace: Workspace) -> None:
    """A turn that hangs is told, with what happened last."""
    async with Shell(workspace, patience=0.05) as shell:
        shell.add(hold("never"))
        with pytest.raises(
            AssertionError, match=r"turn did not end within 0\.05 s; last events: .*MessageAdded"
        ):
            await shell.submit("go")
        with pytest.raises(AssertionError, match="did not happen within"):
            await shell.event(ToolFinished)
