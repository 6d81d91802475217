"""Titles and bells that hooks send, at a real terminal and without one."""

from __future__ import annotations

import json

from gaff.testing import FakeMessagesServer, Workspace
from gaff.testing.pytest_plugin import RunGaff

from .conftest import OpenGaff

STOPPED = "\x1b]2;done\x07"
ENDED = "\x1b]2;over\x1b\\"


def _configure(workspace: Workspace) -> None:
    """Let hooks set the title at the end of a turn and of the session."""
    said = {"Stop": STOPPED, "SessionEnd": ENDED}
    outputs = {event: json.dumps({"terminalSequence": text}) for event, text in said.items()}
    hooks = {
        event: [{"hooks": [{"type": "command", "command": f"cat <<'END'\n{output}\nEND"}]}]
        for event, output in outputs.items()
    }
    workspace.settings({"hooks": hooks})


def test_the_terminal_is_sent_what_hooks_say(
    gaff: OpenGaff, messages_server: FakeMessagesServer, workspace: Workspace
) -> None:
    """At the end of a turn, and of the session, when the prompt is gone already."""
    _configure(workspace)
    messages_server.add("The answer.")
    terminal = gaff()
    terminal.type("go")
    terminal.expect("> go")
    terminal.key("enter")
    terminal.expect("The answer.")
    terminal.expect_screen(lambda _: STOPPED.encode() in terminal.raw, "the title")
    assert ENDED.encode() not in terminal.raw
    terminal.key("c-d", "c-d")
    assert terminal.wait() == 0
    assert ENDED.encode() in terminal.raw


def test_without_a_terminal_nothing_is_sent(
    run_gaff: RunGaff, messages_server: FakeMessagesServer, workspace: Workspace
) -> None:
    """A program that reads the answer wants no titles in it."""
    _configure(workspace)
    messages_server.add("The answer.")
    done = run_gaff("-p", "go")
    assert done.stdout == "The answer.\n"
    assert "\x1b" not in done.stderr
