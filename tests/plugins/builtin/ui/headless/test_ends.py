"""How a run ends before its time: signals, and readers that leave."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from gaff.testing.messages_server import FakeMessagesServer
from gaff.testing.replies import hold, say
from gaff.testing.workspace import Workspace

Process: TypeAlias = "subprocess.Popen[str]"
Open = Callable[..., Process]
JSON = ("-p", "hi", "--output-format", "json")
ENDS = '''"""Notes that the session ended."""
from pathlib import Path
from gaff.hooks import hookimpl

@hookimpl
def gaff_session_end(event):
    Path(event.context.cwd, "ended").write_text(event.reason)
'''


def entries(workspace: Workspace) -> list[dict[str, Any]]:
    """Return what the transcript holds."""
    (path,) = workspace.gaff_home.glob("projects/*/*.jsonl")
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture
def held(open_gaff: Open, messages_server: FakeMessagesServer) -> Open:
    """Start gaff and return once the model began an answer that it will not finish."""

    def begin(*arguments: str, nohup: bool = False) -> Process:
        messages_server.add(hold(say("The beginning of a long answer")))
        process = open_gaff(*arguments, nohup=nohup)
        messages_server.wait_until(lambda: len(messages_server.requests) == 1)
        return process

    return begin


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_signal_ends_the_run_with_a_result(
    held: Open, workspace: Workspace, number: signal.Signals, code: int
) -> None:
    """One result, marked as an error, the exit code shells expect, and the session's end told to hooks."""
    plugin = workspace.write("ends.py", ENDS)
    process = held(*JSON, "--plugin", str(plugin))
    process.send_signal(number)
    out, _ = process.communicate(timeout=20)
    result = json.loads(out)
    assert (result["is_error"], result["subtype"]) == (True, "error_during_execution")
    assert process.returncode == code
    assert workspace.read("ended") == "other"


def test_interrupt_keeps_what_was_said(held: Open, workspace: Workspace) -> None:
    """The transcript can be gone on from."""
    process = held("-p", "hi", "--output-format", "stream-json", "--verbose", "--include-partial-messages")
    assert process.stdout is not None
    for line in process.stdout:
        if "text_delta" in line:
            break
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    assert process.returncode == 130
    answers = [entry for entry in entries(workspace) if entry["type"] == "assistant"]
    assert answers[-1]["message"]["content"][0]["text"].startswith("The")


def test_ignored_signal_stays_ignored(held: Open, messages_server: FakeMessagesServer) -> None:
    """Under ``nohup`` the run goes on."""
    process = held("-p", "hi", nohup=True)
    process.send_signal(signal.SIGHUP)
    messages_server.release()
    out, _ = process.communicate(timeout=20)
    assert (process.returncode, out) == (0, "The beginning of a long answer\n")


def test_reader_that_leaves_ends_the_run_quietly(
    open_gaff: Open, messages_server: FakeMessagesServer, workspace: Workspace
) -> None:
    """As in ``gaff -p ... | head``: no traceback, the code of tools that lost their pipe, the session whole."""
    messages_server.add(hold(say("The beginning of a long answer")))
    reader, writer = os.pipe()
    stream = ("-p", "hi", "--output-format", "stream-json", "--verbose", "--include-partial-messages")
    process = open_gaff(*stream, stdout=writer)
    os.close(writer)
    with os.fdopen(reader) as lines:
        assert "init" in lines.readline()
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 141
    assert "Traceback" not in errors
    assert next(entry["type"] for entry in entries(workspace) if "message" in entry) == "user"


def test_reader_that_left_before_the_answer(open_gaff: Open, messages_server: FakeMessagesServer) -> None:
    """The answer as text has nowhere to go, and the exit code says so."""
    messages_server.add("Done.")
    reader, writer = os.pipe()
    os.close(reader)
    process = open_gaff("-p", "hi", stdout=writer)
    os.close(writer)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 141
    assert "Traceback" not in errors


def full_device() -> int:
    """Open a device on which nothing has room."""
    return os.open("/dev/full", os.O_WRONLY)


@pytest.mark.parametrize("output_format", ["text", "json"])
def test_result_that_does_not_fit_is_told(
    open_gaff: Open, messages_server: FakeMessagesServer, output_format: str
) -> None:
    """Unlike a reader that left, a full disk is a failure with a reason."""
    messages_server.add("Done.")
    full = full_device()
    process = open_gaff("-p", "hi", "--output-format", output_format, stdout=full)
    os.close(full)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 1
    assert "gaff: cannot write the result: No space left on device\n" in errors


def test_slow_reader_gets_everything(open_gaff: Open, messages_server: FakeMessagesServer) -> None:
    """A pipe that is full does not lose or cut the answer."""
    text = "ü" * 300_000
    messages_server.add(say(text))
    process = open_gaff("-p", "hi")
    messages_server.wait_until(lambda: len(messages_server.requests) == 1)
    out, _ = process.communicate(timeout=20)
    assert out == text + "\n"


def test_full_disk_is_said(workspace: Workspace, messages_server: FakeMessagesServer) -> None:
    """A transcript that cannot be written ends the run with the reason, nothing run behind its back."""
    workspace.gaff_home.joinpath("projects").write_text("in the way")
    done = workspace.run(*JSON)
    assert done.returncode != 0
    assert "is not a folder; set GAFF_HOME" in done.stdout + done.stderr
    assert messages_server.requests == []


def test_start_imports_nothing_heavy(workspace: Workspace, messages_server: FakeMessagesServer) -> None:
    """Up to the answer, a run needs neither a screen library nor a model SDK."""
    messages_server.add("Done.")
    workspace.run("-p", "warm the cache")
    messages_server.add("Done.")
    heavy = ["prompt_toolkit", "rich", "pydantic", "anthropic", "yaml", "pygments"]
    script = Path(workspace.folder, "start.py")
    script.write_text(
        "import sys\nfrom gaff.cli import main\ncode = main(['-p', 'hi'])\n"
        f"print([name for name in {heavy} if name in sys.modules], file=sys.stderr)\nsys.exit(code)\n"
    )
    command = [workspace.command[0], str(script)]
    done = subprocess.run(
        command,
        cwd=workspace.project,
        env=workspace.environ,
        input="",
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr.splitlines()[-1]) == ("Done.\n", "[]")
