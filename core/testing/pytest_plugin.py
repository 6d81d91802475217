"""Fixtures for tests of gaff and of plugins: ``pytest_plugins = ["gaff.testing.pytest_plugin"]``.

It needs pytest-asyncio, and the fixture ``terminal`` pyte.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path
from subprocess import CompletedProcess
from typing import Protocol

import pytest

try:
    import pytest_asyncio
except ImportError:
    raise ImportError("gaff.testing.pytest_plugin needs pytest-asyncio: pip install pytest-asyncio") from None

from .messages_server import FakeMessagesServer
from .shell import Shell
from .terminal import Terminal
from .workspace import Workspace


class RunGaff(Protocol):
    """What the ``run_gaff`` fixture is: ``Workspace.run``."""

    def __call__(
        self, *arguments: str, input: str = "", environ: dict[str, str] | None = None
    ) -> CompletedProcess[str]: ...


class OpenTerminal(Protocol):
    """What the ``terminal`` fixture is: it starts gaff in a pseudo-terminal."""

    def __call__(self, *arguments: str, columns: int = 80, rows: int = 24) -> Terminal: ...


@pytest.fixture(scope="session")
def _manifest_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache that all tests of a run share, so that plugins are looked at once."""
    return tmp_path_factory.mktemp("gaff-cache")


@pytest.fixture
def workspace(tmp_path: Path, _manifest_cache: Path) -> Workspace:
    """A project and a home of the test's own."""
    return Workspace(tmp_path, cache=_manifest_cache)


@pytest.fixture
def messages_server(workspace: Workspace) -> Iterator[FakeMessagesServer]:
    """A fake Messages API server in a thread, that gaff in this workspace finds; checked at the end."""
    with FakeMessagesServer() as server:
        workspace.use_server(server.url)
        yield server


@pytest.fixture
def run_gaff(workspace: Workspace, messages_server: FakeMessagesServer) -> RunGaff:
    """Run gaff to its end in a process of its own; the model is ``messages_server``."""
    return workspace.run


@pytest.fixture
def terminal(workspace: Workspace, messages_server: FakeMessagesServer) -> Iterator[OpenTerminal]:
    """Start gaff in a pseudo-terminal; the model is ``messages_server``."""
    with ExitStack() as opened:

        def open_terminal(*arguments: str, columns: int = 80, rows: int = 24) -> Terminal:
            command = [*workspace.command, *arguments]
            started = Terminal(command, workspace.environ, workspace.project, columns=columns, rows=rows)
            return opened.enter_context(started)

        yield open_terminal


@pytest_asyncio.fixture
async def shell(workspace: Workspace) -> AsyncIterator[Shell]:
    """A real session, driven by the test; its requests to the model are checked at the end."""
    async with Shell(workspace) as driver:
        yield driver
