"""The command as a user would type it."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gaff.hooks import UsageError
from gaff.testing import FakeMessagesServer
from gaff.testing.replies import say
from gaff.testing.shell import Shell
from gaff.testing.workspace import Workspace

if TYPE_CHECKING:  # pytest imports it itself
    from gaff.testing.pytest_plugin import RunGaff

pytest_plugins = ["gaff.testing.pytest_plugin"]


def repository(folder: Path) -> None:
    """Make a repository with one commit."""
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    subprocess.run(["git", "config", "user.email", "ada@example.org"], cwd=folder, check=True)
    commit = ["git", *identity, "commit", "-q", "--allow-empty", "-m", "Sharpen the hook"]
    subprocess.run(commit, cwd=folder, check=True)


def test_the_model_reads_the_commits(
    run_gaff: RunGaff, workspace: Workspace, messages_server: FakeMessagesServer
) -> None:
    """The prompt holds what git knows, and the answer is shown."""
    repository(workspace.project)
    messages_server.add(say("- The hook is sharper."))

    done = run_gaff("-p", "/standup today")

    assert done.stdout == "- The hook is sharper.\n"
    assert "Sharpen the hook" in str(messages_server.requests[0].json["messages"])


async def test_arguments_are_completed_and_checked(shell: Shell) -> None:
    """Words that make no sense are refused with those that do."""
    command = (await shell.start()).kernel.command("standup")
    assert command is not None

    assert command.complete("y", shell.session) == ["yesterday"]
    with pytest.raises(UsageError, match="say today"):
        await command.run("never", shell.session)
