"""The item in a real session, and on a real screen."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from gaff_dirty import count, text

from gaff.testing.shell import Shell
from gaff.testing.workspace import Workspace

if TYPE_CHECKING:  # pytest imports it itself
    from gaff.testing.pytest_plugin import OpenTerminal

pytest_plugins = ["gaff.testing.pytest_plugin"]


def make_repository(workspace: Workspace) -> None:
    """Turn the project into a repository."""
    subprocess.run(["git", "init", "-q"], cwd=workspace.project, check=True)


async def test_changed_files_are_counted(shell: Shell) -> None:
    """Nothing is shown for a clean folder, and for one that is no repository."""
    session = await shell.start()
    await count(session)
    assert text(session) == ""

    make_repository(shell.workspace)
    shell.workspace.write("a.txt", "")
    shell.workspace.write("b.txt", "")
    await count(session)

    assert text(session) == "2 changed"


def test_it_stands_in_the_status_line(terminal: OpenTerminal, workspace: Workspace) -> None:
    """The whole gaff shows it below the prompt."""
    make_repository(workspace)
    workspace.write("a.txt", "")

    terminal(columns=200).expect("1 changed")
