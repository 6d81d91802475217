"""Text: the last answer on stdout, everything else beside it."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from gaff.hooks import Notice, events, hookimpl
from gaff.hooks.events import SessionStart
from gaff.plugins.builtin.ui._headless_printers import clean
from gaff.testing.messages_server import FakeMessagesServer
from gaff.testing.replies import call, say, status
from gaff.testing.scripted_model import ScriptedModel
from gaff.testing.workspace import Workspace

Run = Callable[..., Awaitable[Any]]


async def test_only_the_last_answer_is_printed(run: Run, model: ScriptedModel, workspace: Workspace) -> None:
    """What the model said on the way is not the result."""
    workspace.write("a.txt", "hello")
    model.add(call("Read", {"file_path": "a.txt"}), say("It says hello.\n"))
    outcome = await run("-p", "what does a.txt say?")
    assert (outcome.code, outcome.out) == (0, "It says hello.\n")


async def test_failure_is_the_result(run: Run, model: ScriptedModel) -> None:
    """What went wrong stands where the answer would, and the exit code says that it did."""
    model.add(status(400, message="no such thing"))
    outcome = await run("-p", "hi")
    assert outcome.code == 1
    assert "no such thing" in outcome.out


async def test_waiting_is_told_beside_the_output(run: Run, model: ScriptedModel) -> None:
    """Another attempt is said on stderr, with its number."""
    model.add(status(529), say("Now."))
    outcome = await run("-p", "hi")
    assert outcome.out == "Now.\n"
    assert "trying again in 0 s (attempt 1 of 10)" in outcome.err


async def test_notices_go_beside_the_output(run: Run, workspace: Workspace) -> None:
    """What is wrong with the settings is told on stderr."""
    workspace.settings({"modle": "opus"})
    outcome = await run("-p", "hi")
    assert outcome.out == "Done.\n"
    assert "modle" in outcome.err


class Broken:
    """Fails when the session begins."""

    @hookimpl
    def gaff_session_start(self, event: SessionStart) -> None:
        raise ValueError("not today")


class Saboteur:
    """Puts something in the way of the transcript once the session has begun."""

    @hookimpl
    def gaff_session_start(self, event: SessionStart) -> None:
        Path(event.context.transcript_path).parents[1].write_text("in the way")


async def test_plugins_that_fail_are_told(run: Run) -> None:
    """What went wrong while the session began is not lost."""
    outcome = await run("-p", "hi", Broken())
    assert outcome.out == "Done.\n"
    assert outcome.err.count("not today") == 1


async def test_transcript_that_cannot_be_written_ends_the_run(run: Run, model: ScriptedModel) -> None:
    """Nothing is asked of the model that is not kept, and the reason is the result."""
    outcome = await run("-p", "hi", Saboteur())
    assert outcome.code == 1
    assert outcome.out.startswith("cannot write the transcript ")
    assert model.requests == []


async def test_stdout_closed_from_the_start(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """What has its number by now is not written to, and the run says that its result is lost."""
    monkeypatch.setattr(sys, "stdout", None)
    outcome = await run("-p", "hi")
    assert (outcome.code, outcome.out) == (1, "")
    assert "cannot write the result: Bad file descriptor" in outcome.err


async def test_stderr_closed_from_the_start(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """What would be said there does not get among the output."""
    monkeypatch.setattr(sys, "stderr", None)
    assert (await run("-p", "hi", Broken())).out == "Done.\n"


async def test_terminal_gets_no_control_sequences(
    run: Run, model: ScriptedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a person reads, the answer is cleaned; where a program does, it is exact."""
    model.add("\x1b[2Jred", "\x1b[2Jred")
    assert (await run("-p", "hi")).out == "\x1b[2Jred\n"
    monkeypatch.setattr(os, "isatty", lambda file: True)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    assert (await run("-p", "hi")).out == "red\n"


def test_redirected_run_is_headless(workspace: Workspace, messages_server: FakeMessagesServer) -> None:
    """Without a terminal ``-p`` goes without saying."""
    messages_server.add("Done.")
    done = workspace.run("hi")
    assert (done.returncode, done.stdout) == (0, "Done.\n")


async def test_signal_handlers_are_given_back(run: Run) -> None:
    """After the run signals mean what they meant before."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    await run("-p", "hi")
    assert [signal.getsignal(number) for number in numbers] == before


async def test_output_format_alone_means_headless(run: Run) -> None:
    """A prompt without ``-p`` is enough where the format says who reads."""
    assert (await run("--output-format", "text", "hi")).out == "Done.\n"


async def test_run_goes_on_with_an_earlier_one(run: Run, model: ScriptedModel) -> None:
    """With ``--continue`` the model is told what was said before."""
    await run("-p", "remember the word heron")
    await run("-p", "which word?", "--continue")
    said = [message.text for message in model.requests[-1].messages]
    assert any("heron" in text for text in said)
    assert "which word?" in said[-1]


async def test_limit_of_turns_fails_the_run(run: Run, model: ScriptedModel) -> None:
    """A run that was stopped before its end is a failed one."""
    model.add(call("Read", {"file_path": "missing"}))
    outcome = await run("-p", "hi", "--max-turns", "1")
    assert (outcome.code, outcome.out) == (1, "Reached the maximum number of turns (1).\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--output-format", "stream-json"), "needs --verbose"),
        (("--include-partial-messages",), "needs --output-format stream-json"),
        (("--system-prompt", "a", "--system-prompt-file", "b"), "exclude each other"),
        (("--append-system-prompt-file", "missing"), "there is no such file"),
        (("--resume",), "needs the id or title of a session"),
        (("--continue",), "there is no session of"),
    ],
)
async def test_options_that_make_no_sense_are_refused(
    run: Run, arguments: tuple[str, ...], message: str
) -> None:
    """Before anything is sent, the command line is looked at."""
    with pytest.raises(Exception, match=message):
        await run("-p", "hi", *arguments)


def test_usage_errors_go_to_stderr(workspace: Workspace) -> None:
    """A command line that cannot be understood ends with 2, one line, and nothing on stdout."""
    done = workspace.run("-p", "hi", "--output-format", "stream-json")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[-1] == "gaff: --output-format stream-json needs --verbose"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain\ttext\n", "plain\ttext\n"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("a\x1b]0;title\x07b\x1b]8;;http://x\x1b\\c", "abc"),
        ("over\rwritten\x08\x00", "overwritten"),
        ("\x9b31mcsi\x1b(Bset\x1bcreset", "31mcsisetreset"),
    ],
)
def test_terminals_get_no_control_sequences(text: str, shown: str) -> None:
    """What a model writes cannot drive the user's terminal."""
    assert clean(text) == shown


class Leaves:
    """Has something to say when the session is over."""

    @hookimpl
    def gaff_session_end(self, event: events.SessionEnd) -> None:
        assert event.context.session is not None
        event.context.session.publish(Notice("warning", "the backup failed"))


async def test_what_is_said_at_the_very_end_is_told(run: Run) -> None:
    """Hooks of the session's end are heard after the answer was printed."""
    outcome = await run("-p", "go", Leaves())
    assert outcome.out == "Done.\n"
    assert "the backup failed" in outcome.err
