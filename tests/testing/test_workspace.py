"""Workspaces: folders of a test's own, and gaff run in them."""

import json
import os
import select
import sys
from pathlib import Path

import pytest

from gaff.testing.messages_server import FakeMessagesServer
from gaff.testing.pytest_plugin import RunGaff
from gaff.testing.replies import call, say
from gaff.testing.workspace import Workspace

pytest_plugins = ["gaff.testing.pytest_plugin"]


def test_the_environment_is_sealed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither keys nor homes of the caller reach the test's gaff."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", "secret")
    monkeypatch.setenv("GAFF_HOME", "/elsewhere")
    environ = Workspace(tmp_path, {"LANG": "C"}).environ
    assert "ANTHROPIC_API_KEY" not in environ
    assert environ["GAFF_HOME"] == str(tmp_path / "gaff")
    assert (environ["LANG"], environ["PATH"]) == ("C", os.environ["PATH"])


def test_files_and_settings(workspace: Workspace) -> None:
    """Files of the project and settings of the user are written in one line each."""
    assert workspace.write("a/b.txt", "é").read_text(encoding="utf-8") == workspace.read("a/b.txt") == "é"
    assert json.loads(workspace.settings({"model": "m"}).read_text()) == {"model": "m"}


def test_run_gaff(run_gaff: RunGaff, messages_server: FakeMessagesServer, workspace: Workspace) -> None:
    """A real process asks the fake server, and leaves its output and exit code."""
    workspace.write("a.txt", "hello")
    messages_server.add(call("Read", {"file_path": "a.txt"}), say("It says hello."))
    done = run_gaff("-p", "What does a.txt say?", "--model", "messages:claude-sonnet-test")
    assert (done.returncode, done.stdout, done.stderr) == (0, "It says hello.\n", "")
    assert len(messages_server.requests) == 2


def test_run_gaff_wrongly(run_gaff: RunGaff) -> None:
    """What went wrong is on stderr, and the exit code says so."""
    done = run_gaff("--no-such-option")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--no-such-option" in done.stderr


class Stubborn(Workspace):
    """A workspace whose command does not end."""

    @property
    def command(self) -> list[str]:
        """Wait for ever, a child waiting too; the child's id is left in a file."""
        code = (
            "import subprocess; p = subprocess.Popen(['sleep', '60']); open('pid', 'w').write(str(p.pid))\n"
            "print('last words', flush=True); p.wait()"
        )
        return [sys.executable, "-c", code]


def test_what_does_not_end_is_killed(tmp_path: Path) -> None:
    """A run has a deadline, and takes its children along."""
    workspace = Stubborn(tmp_path)
    with pytest.raises(AssertionError, match=r"did not end within 1 s; it said:\nlast words"):
        workspace.run(patience=1)
    assert ends(int(workspace.read("pid")))


def ends(pid: int) -> bool:
    """Whether a process has ended, or does within seconds."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    ended, _, _ = select.select([handle], [], [], 10)
    os.close(handle)
    return bool(ended)
