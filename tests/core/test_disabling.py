"""Every built-in plugin can be left out: gaff starts, works, or says in a line what is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

import gaff.plugins.builtin
from gaff.testing.messages_server import FakeMessagesServer
from gaff.testing.replies import call, say
from gaff.testing.workspace import Workspace

ROOT = Path(gaff.plugins.builtin.__path__[0])
BUILT_IN = sorted(
    f"{path.parent.name}.{path.stem}" for path in ROOT.glob("[a-z]*/*.py") if not path.stem.startswith("_")
)
#: What is said where gaff cannot do without.
MISSING = {
    "ui.headless": "-p belongs to the plugin ui.headless, which is disabled",
    "sessions.jsonl": "no plugin keeps sessions; enable sessions.jsonl",
    "models.messages": "",
}


@pytest.mark.parametrize("name", BUILT_IN)
def test_without(workspace: Workspace, messages_server: FakeMessagesServer, name: str) -> None:
    """A prompt is answered with a tool call on the way, or one line says what to enable."""
    workspace.write("a.txt", "hello")
    messages_server.add(call("Read", {"file_path": "a.txt"}), say("It says hello."))

    done = workspace.run("-p", "What does a.txt say?", "--plugin", f"no:{name}")

    if name in MISSING:
        assert MISSING[name] in done.stderr
        assert done.stderr.count("\n") <= 1
    else:
        assert (done.returncode, done.stdout) == (0, "It says hello.\n")
    assert "Traceback" not in done.stderr


def test_without_a_tool(workspace: Workspace, messages_server: FakeMessagesServer) -> None:
    """A model that calls a tool of a disabled plugin is told which tools there are."""
    messages_server.add(call("Read", {"file_path": "a.txt"}), say("No such tool."))

    workspace.run("-p", "read", "--plugin", "no:files.read")

    told = "There is no tool Read: Read belongs to the plugin files.read, which is disabled."
    assert told in str(messages_server.requests[-1])


@pytest.mark.parametrize(
    "family", sorted({name.partition(".")[0] for name in BUILT_IN} - {"models", "sessions", "ui"})
)
def test_without_a_family(workspace: Workspace, messages_server: FakeMessagesServer, family: str) -> None:
    """A whole family goes as well."""
    messages_server.add(say("hello"))

    done = workspace.run("-p", "hi", "--plugin", f"no:{family}.*")

    assert (done.returncode, done.stdout) == (0, "hello\n")
