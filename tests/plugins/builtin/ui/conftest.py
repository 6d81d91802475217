"""gaff at a terminal, asking the fake server."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from gaff.testing import Terminal, Workspace
from gaff.testing.pytest_plugin import OpenTerminal

MODEL = ("--model", "messages:claude-sonnet-test")
#: Writes the process id when a session starts, and a word when it ends.
WITNESS = """
import os, pathlib
from gaff.hooks import hookimpl

@hookimpl
def gaff_session_start(event):
    pathlib.Path("pid").write_text(str(os.getpid()))

@hookimpl
def gaff_session_end(event):
    pathlib.Path("ended").write_text(event.reason)
"""

OpenGaff = Callable[..., Terminal]


@pytest.fixture
def gaff(terminal: OpenTerminal) -> OpenGaff:
    """Start gaff in a terminal and wait for its prompt."""

    def open_gaff(*arguments: str, columns: int = 80, rows: int = 24) -> Terminal:
        opened = terminal(*MODEL, *arguments, columns=columns, rows=rows)
        opened.expect_screen(
            lambda screen: "/help" in screen and _has_status(screen), "header and status line"
        )
        return opened

    return open_gaff


@pytest.fixture
def witness(workspace: Workspace) -> Path:
    """A plugin file that leaves traces of a session's start and end."""
    path = workspace.folder / "witness.py"
    path.write_text(WITNESS)
    return path


def _has_status(screen: str) -> bool:
    """Whether the last line says which model answers."""
    return screen.rpartition("\n")[2].strip().startswith("claude")
