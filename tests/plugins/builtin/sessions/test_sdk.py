"""The public SDK's own functions read what the store wrote.

They run in the interpreter that has the SDK: this one, or the one GAFF_SDK_PYTHON names.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gaff.hooks.values import Json
from gaff.plugins.builtin.sessions.jsonl import JsonlStore
from gaff.testing.messages_server import FakeMessagesServer
from gaff.testing.pytest_plugin import RunGaff
from gaff.testing.replies import call
from gaff.testing.workspace import Workspace

Entry = dict[str, Json]
Ask = Callable[[str], Any]
Say = Callable[..., list[Entry]]

SCRIPT = """
import dataclasses, json, sys
import claude_agent_sdk as sdk
project, session = sys.argv[1:3]
print(json.dumps(eval(sys.argv[3]), default=dataclasses.asdict))
"""
PYTHON = os.environ.get("GAFF_SDK_PYTHON", sys.executable)
HAS_SDK = not subprocess.run(
    [PYTHON, "-c", "import claude_agent_sdk"], check=False, capture_output=True
).returncode

pytestmark = pytest.mark.skipif(not HAS_SDK, reason="claude-agent-sdk is not installed")


def evaluate(expression: str, home: Path, project: Path, session_id: str) -> Any:
    """Evaluate an expression over the SDK's functions, with CLAUDE_CONFIG_DIR set to gaff's home."""
    command = [PYTHON, "-c", SCRIPT, str(project), session_id, expression]
    environ = {**os.environ, "CLAUDE_CONFIG_DIR": str(home)}
    return json.loads(subprocess.run(command, env=environ, check=True, capture_output=True).stdout)


@pytest.fixture
def ask(store: JsonlStore, project: Path, session_id: str) -> Ask:
    """Evaluate an expression over the SDK's functions in the store under test."""
    return lambda expression: evaluate(expression, store.home, project, session_id)


def write(store: JsonlStore, project: Path, session_id: str, *entries: Entry) -> None:
    """Write entries as a session does."""
    writer = store.open(session_id, project)
    for entry in entries:
        writer.append(entry)
    writer.close()


def test_sessions_are_listed(store: JsonlStore, project: Path, session_id: str, say: Say, ask: Ask) -> None:
    """``list_sessions`` finds the session by project and in all, with the title the store shows too."""
    write(store, project, session_id, *say("Räume 😀 auf", "ok"))
    (found,) = ask("sdk.list_sessions(directory=project)")
    assert found["session_id"] == session_id
    assert (found["cwd"], found["git_branch"]) == ("/somewhere", "main")
    assert found["summary"] == found["first_prompt"] == store.list(project)[0].title
    assert ask("sdk.list_sessions()") == [{**found}]


def test_messages_are_read_in_order(
    store: JsonlStore, project: Path, session_id: str, say: Say, ask: Ask
) -> None:
    """``get_session_messages`` returns the conversation, lone surrogates included."""
    entries = say("first \ud800", "answer", "second", "done")
    write(store, project, session_id, *entries)
    messages = ask("sdk.get_session_messages(session, directory=project)")
    assert [message["message"] for message in messages] == [entry["message"] for entry in entries]
    assert {message["session_id"] for message in messages} == {session_id}


def test_messages_are_read_after_a_crash(
    store: JsonlStore, project: Path, session_id: str, say: Say, ask: Ask
) -> None:
    """A line torn within a character, which strict readers cannot decode, is mended by the next writer."""
    first, second = say("one", "two")
    write(store, project, session_id, first)
    with store.path(session_id, project).open("ab") as file:
        file.write('{"type":"user","text":"ü'.encode()[:-1])
    write(store, project, session_id, second)
    messages = ask("sdk.get_session_messages(session)")
    assert [message["uuid"] for message in messages] == [first["uuid"], second["uuid"]]


def test_titles_of_sdk_clients_are_seen(
    store: JsonlStore, project: Path, session_id: str, say: Say, ask: Ask
) -> None:
    """A session renamed by ``rename_session`` has that name in our list."""
    write(store, project, session_id, *say("one", "two"))
    ask("sdk.rename_session(session, 'Better name', directory=project)")
    assert store.list(project)[0].title == "Better name"
    assert ask("sdk.list_sessions(directory=project)[0].summary") == "Better name"


def test_forks_of_sdk_clients_are_sessions(
    store: JsonlStore, project: Path, session_id: str, say: Say, ask: Ask
) -> None:
    """A session forked by ``fork_session`` is listed and can be read."""
    write(store, project, session_id, *say("one", "two"))
    fork = ask("sdk.fork_session(session, directory=project)")["session_id"]
    assert {summary.id for summary in store.list(project)} == {session_id, fork}
    assert [entry["type"] for entry in store.read(fork, project)][-2:] == ["assistant", "user"]


def test_real_sessions_are_read(
    run_gaff: RunGaff, messages_server: FakeMessagesServer, workspace: Workspace
) -> None:
    """What a run of gaff leaves is a session to the SDK, tool calls and results included."""
    workspace.write("a.txt", "hello")
    messages_server.add(call("Read", {"file_path": "a.txt"}), "It says hello.")
    run_gaff("-p", "what does a.txt say?")
    home, project = workspace.gaff_home, workspace.project
    (found,) = evaluate("sdk.list_sessions(directory=project)", home, project, "")
    assert found["summary"] == "what does a.txt say?"
    messages = evaluate("sdk.get_session_messages(session)", home, project, found["session_id"])
    kinds = [[block["type"] for block in one["message"]["content"]][-1] for one in messages]
    assert kinds == ["text", "tool_use", "tool_result", "text"]
