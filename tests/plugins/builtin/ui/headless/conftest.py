"""Headless runs: in this process with a scripted model, or in one of their own with a fake server."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, TypeAlias

import pytest

from gaff.plugins.builtin.ui.headless import Headless
from gaff.start import Start, start
from gaff.testing.messages_server import FakeMessagesServer
from gaff.testing.scripted_model import ScriptedModel, ScriptedModels
from gaff.testing.workspace import Workspace, kill_group


@dataclass(frozen=True)
class Outcome:
    """How a run ended, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def result(self) -> dict[str, Any]:
        """The one object printed."""
        return json.loads(self.out)

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The objects printed, one a line."""
        return [json.loads(line) for line in self.out.splitlines()]

    def of_type(self, kind: str) -> list[dict[str, Any]]:
        """The printed objects of this type or subtype."""
        return [one for one in self.messages if kind in (one["type"], one.get("subtype"))]


Run = Callable[..., Awaitable[Outcome]]
Process: TypeAlias = "subprocess.Popen[str]"
Open = Callable[..., Process]


@pytest.fixture
def model() -> ScriptedModel:
    """The model of runs in this process; says ``Done.`` where its script says nothing."""
    return ScriptedModel(otherwise="Done.")


@pytest.fixture
def run(
    workspace: Workspace,
    model: ScriptedModel,
    capfd: pytest.CaptureFixture[str],
) -> Run:
    """Run a command line in this process; plugin objects among the arguments are registered."""

    async def carry_out(*arguments: object) -> Outcome:
        words = [one for one in arguments if isinstance(one, str)]
        kernel = start(Start(["--model", "scripted:", *words], workspace.environ, workspace.project))
        kernel.register(ScriptedModels(model), "testing.model")
        for number, plugin in enumerate(one for one in arguments if not isinstance(one, str)):
            kernel.register(plugin, f"testing.plugin{number}")
        code = await Headless().run(kernel)
        printed = capfd.readouterr()
        return Outcome(code, printed.out, printed.err)

    return carry_out


@pytest.fixture
def stream(run: Run) -> Run:
    """Run a prompt with ``stream-json``."""

    async def carry_out(*arguments: object) -> Outcome:
        return await run("-p", "--output-format", "stream-json", "--verbose", *arguments)

    return carry_out


@pytest.fixture
def open_gaff(workspace: Workspace, messages_server: FakeMessagesServer) -> Iterator[Open]:
    """Start gaff in a process of its own and leave it running; the model is ``messages_server``."""
    with ExitStack() as stack:

        def open_process(*arguments: str, stdout: int = subprocess.PIPE, nohup: bool = False) -> Process:
            process = subprocess.Popen(
                [*(["nohup"] if nohup else []), *workspace.command, *arguments],
                cwd=workspace.project,
                env=workspace.environ,
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
            stack.enter_context(process)
            stack.callback(kill_group, process.pid)
            return process

        yield open_process


@pytest.fixture
def feed() -> Iterator[Callable[[bytes | int], None]]:
    """Put bytes, or an open file, where stdin is."""
    before = os.dup(0)

    def put(content: bytes | int) -> None:
        if isinstance(content, int):
            os.dup2(content, 0)
            return
        reader, writer = os.pipe()
        os.write(writer, content)
        os.close(writer)
        os.dup2(reader, 0)
        os.close(reader)

    yield put
    os.dup2(before, 0)
    os.close(before)
