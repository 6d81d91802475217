"""The command line as a user meets it: a real process."""

from __future__ import annotations

import json
import subprocess

import pytest

from gaff import __version__
from gaff.testing.messages_server import FakeMessagesServer
from gaff.testing.pytest_plugin import RunGaff
from gaff.testing.replies import say
from gaff.testing.workspace import Workspace


def test_version_and_help(run_gaff: RunGaff) -> None:
    """Both print and leave; the help lists the options of plugins as well."""
    assert run_gaff("--version").stdout == f"{__version__} (gaff)\n"
    shown = run_gaff("--help")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert {"--model", "--permission-mode", "--output-format"} <= set(shown.stdout.split())


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--modle", "x"], "unknown option --modle; did you mean --model?"),
        (["--model"], "--model"),
        (["-p", "hi", "--model", ""], "--model is empty"),
        (["--disallowedTools", "Read", "-p", "hi", "--add-dir", ".", "missing"], "--add-dir missing"),
        (["-p", "hi", "--model", "nowhere:x"], "there is no provider nowhere"),
        (["-p", "hi", "--plugin", "no_such_plugin"], "--plugin no_such_plugin"),
        (["-p", "hi", "--settings", "{"], "--settings: not valid JSON"),
        (["-p", "hi", "--settings", "missing.json"], "there is no such file"),
        (["-p", "hi", "--setting-sources", "moon"], "there is no level moon"),
        (["-p", "hi", "--add-dir", "missing"], "--add-dir missing: there is no such folder"),
        (["-p", "hi", "--max-turns", "none"], "--max-turns none"),
        (["-p", "hi", "--session-id", "7"], "must be a UUID"),
        (["-p", "hi", "--permission-mode", "lazy"], "lazy"),
    ],
)
def test_a_wrong_command_line_is_one_line(run_gaff: RunGaff, arguments: list[str], says: str) -> None:
    """Exit code 2, nothing on stdout, one line on stderr that names what is wrong."""
    done = run_gaff(*arguments)

    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr
    assert done.stderr.count("\n") == 1


def test_an_unknown_session_is_one_line(run_gaff: RunGaff) -> None:
    """--resume with an id that is nowhere fails with its name."""
    done = run_gaff("-p", "hi", "--resume", "00000000-0000-4000-8000-000000000000")

    assert done.returncode != 0
    assert "there is no session '00000000-" in done.stderr


def test_a_folder_that_is_gone(workspace: Workspace) -> None:
    """A start in a deleted folder is one clear line."""
    gone = workspace.folder / "gone"
    gone.mkdir()
    script = f"cd {gone} && rmdir {gone} && exec {' '.join(workspace.command)} -p hi"

    done = subprocess.run(
        ["sh", "-c", script], env=workspace.environ, capture_output=True, text=True, check=False
    )

    assert done.returncode == 2
    assert "the current directory cannot be used" in done.stderr


def test_broken_settings_are_loud_and_closed(
    run_gaff: RunGaff, workspace: Workspace, messages_server: FakeMessagesServer
) -> None:
    """A settings file that is no JSON is told on stderr, and what it might have denied does not run."""
    from gaff.testing.replies import call

    workspace.write(".claude/settings.json", "{")
    workspace.settings({"permissions": {"allow": ["Bash"]}})
    messages_server.add(call("Bash", {"command": "touch made"}), say("done"))

    done = run_gaff("-p", "hi", "--output-format", "json")

    assert ".claude/settings.json: not valid JSON" in done.stderr
    assert not (workspace.project / "made").exists()
    assert [one["tool_name"] for one in json.loads(done.stdout)["permission_denials"]] == ["Bash"]


def test_no_server_is_one_line(run_gaff: RunGaff) -> None:
    """Nobody listens: the failure names the host, the exit code is 1."""
    dead = {"ANTHROPIC_BASE_URL": "http://127.0.0.1:9", "CLAUDE_CODE_MAX_RETRIES": "0"}

    done = run_gaff("-p", "hi", environ=dead)

    assert done.returncode == 1
    assert "127.0.0.1:9" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_rules_of_a_command_line_all_count(
    run_gaff: RunGaff, workspace: Workspace, messages_server: FakeMessagesServer
) -> None:
    """The second of two denials holds as well, and the prompt is the prompt."""
    from gaff.testing.replies import call

    workspace.write("f1.txt", "secret")
    messages_server.add(call("Read", {"file_path": "f1.txt"}), say("done"))

    done = run_gaff("--output-format", "json", "--disallowedTools", "Bash(cat *)", "Read(f1.txt)", "--", "go")

    assert [one["tool_name"] for one in json.loads(done.stdout)["permission_denials"]] == ["Read"]
    assert "go" in json.dumps(messages_server.requests[0].messages[-1]["content"])


def test_a_closed_pipe_ends_quietly(workspace: Workspace, messages_server: FakeMessagesServer) -> None:
    """Whoever reads our output may leave; nobody sees a traceback."""
    messages_server.add(say("word " * 20_000))
    command = f"{' '.join(workspace.command)} -p hi | head -c 10"

    done = subprocess.run(
        ["sh", "-c", command],
        cwd=workspace.project,
        env=workspace.environ,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stdout == "word word "
    assert "Traceback" not in done.stderr
