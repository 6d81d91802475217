"""``gaff policy replay``: the calls of recorded sessions, judged by changed rules or in another mode."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from gaff.hooks import Json
from gaff.plugins.builtin.commands._policy.replay import since
from gaff.testing import FakeMessagesServer, Workspace, call, say
from gaff.testing.pytest_plugin import RunGaff


@pytest.fixture
def recorded(run_gaff: RunGaff, messages_server: FakeMessagesServer, workspace: Workspace) -> RunGaff:
    """Record a session that read a file, was refused a command, and made a folder."""
    workspace.write("a.txt", "hello")
    messages_server.add(
        call("Read", {"file_path": "a.txt"}),
        call("Bash", {"command": "npm test"}),
        call("Bash", {"command": "mkdir made"}),
        say("Done."),
    )
    done = run_gaff("-p", "--permission-mode", "acceptEdits", "do it")
    assert done.returncode == 0, done.stderr
    return run_gaff


def rules(workspace: Workspace, **lists: Json) -> str:
    """Write a settings file with these rules, and return its path."""
    return str(workspace.write("other.json", json.dumps({"permissions": lists})))


def test_without_changes_all_stays_as_it_was(recorded: RunGaff) -> None:
    """In the mode each call was judged in."""
    assert recorded("policy", "replay").stdout == "3 decisions of 1 sessions, 3 stay as they were\n"


def test_changed_rules_show_what_differs(recorded: RunGaff, workspace: Workspace) -> None:
    """The call, what it was, what it would be, and why."""
    file = rules(workspace, deny=["Read(*.txt)"], allow=["Bash(npm *)"])
    lines = recorded("policy", "replay", "--rules", file).stdout.splitlines()
    assert "was allow" in lines[0]
    assert "would be deny: read" in lines[0]
    assert f"deny rule Read(*.txt) in {file}" in lines[0]
    assert "would be allow: allow rule Bash(npm *)" in lines[1]
    assert lines[2] == "3 decisions of 1 sessions, 1 stay as they were; allow -> deny: 1, ask -> allow: 1"


def test_another_mode_shows_what_differs(recorded: RunGaff, workspace: Workspace) -> None:
    """Nothing is run: what the session made and somebody took away stays away."""
    (workspace.project / "made").rmdir()
    told = recorded("policy", "replay", "--mode", "dontAsk", "--verbose").stdout
    assert "Read" in told.splitlines()[0]
    assert "allow, as it was" in told.splitlines()[0]
    assert "1 stay as they were; allow -> deny: 1, ask -> deny: 1" in told
    assert not (workspace.project / "made").exists()


def test_hooks_run_only_when_asked_for(recorded: RunGaff, workspace: Workspace) -> None:
    """They are the user's programs, and may do more than decide."""
    command = "touch hooked; echo no >&2; exit 2"
    workspace.settings(
        {"hooks": {"PreToolUse": [{"matcher": "Read", "hooks": [{"type": "command", "command": command}]}]}}
    )
    assert "3 stay" in recorded("policy", "replay").stdout
    assert not (workspace.project / "hooked").exists()
    assert "would be deny: no" in recorded("policy", "replay", "--hooks").stdout
    assert (workspace.project / "hooked").exists()


def test_one_session_by_the_beginning_of_its_id(recorded: RunGaff, workspace: Workspace) -> None:
    """And from a time on."""
    (transcript,) = (workspace.gaff_home / "projects").rglob("*.jsonl")
    assert recorded("policy", "replay", transcript.stem[:8]).stdout.startswith("3 decisions of 1")
    assert recorded("policy", "replay", "--since", "1h").stdout.startswith("3 decisions")
    assert recorded("policy", "replay", "--since", "2999-01-01").stdout.startswith("0 decisions")


@pytest.mark.parametrize(
    "words",
    [("nosuch",), ("--since", "soon"), ("--mode", "fast"), ("--rules", "nowhere"), ("--rules", "a.txt")],
)
def test_what_makes_no_sense_is_told(run_gaff: RunGaff, workspace: Workspace, words: tuple[str, ...]) -> None:
    """In one line."""
    workspace.write("a.txt", "no JSON")
    done = run_gaff("policy", "replay", *words)
    assert done.returncode == 2
    assert words[-1] in done.stderr


def test_since_takes_dates_and_spans() -> None:
    """In the form that transcripts hold, so that both can be compared as text."""
    now = datetime(2026, 3, 31, 12, tzinfo=UTC)
    assert since("30d", now) == "2026-03-01T12:00:00.000Z"
    assert since("90m", now) == "2026-03-31T10:30:00.000Z"
    assert since("2026-03-01T12:00:00+02:00") == "2026-03-01T10:00:00.000Z"
    assert since(None) == ""
