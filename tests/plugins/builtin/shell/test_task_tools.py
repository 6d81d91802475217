"""TaskOutput and TaskStop."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Protocol, cast

import pytest

from gaff.hooks import Json, ToolOutput
from gaff.plugins.builtin.shell._tasks import TASKS
from gaff.testing.shell import Shell


class RunTool(Protocol):
    async def __call__(self, tool: str, **input: str | int | bool) -> ToolOutput: ...


async def background(shell: Shell, use: RunTool, command: str) -> str:
    """Start a command in the background, and return the task's id."""
    os.mkfifo(shell.workspace.project / "gate")
    output = await use("Bash", command=command, run_in_background=True)
    return str(cast("Mapping[str, Json]", output.response)["backgroundTaskId"])


async def test_output_of_a_running_task(shell: Shell, use: RunTool) -> None:
    """Without waiting, TaskOutput tells that the task runs."""
    task = await background(shell, use, "read -r x < gate")
    output = await use("TaskOutput", task_id=task, block=False)
    assert output.response == {"task_id": task, "status": "running", "output": ""}


async def test_output_of_a_task_that_ends(shell: Shell, use: RunTool) -> None:
    """Waiting, it tells what the task printed and how it ended."""
    task = await background(shell, use, "echo hello; exit 3")
    output = await use("TaskOutput", task_id=task)
    assert output.response == {"task_id": task, "status": "failed", "output": "hello\n", "exitCode": 3}


async def test_waiting_for_output_ends(shell: Shell, use: RunTool) -> None:
    """TaskOutput waits no longer than it is told to."""
    task = await background(shell, use, "read -r x < gate")
    output = await use("TaskOutput", task_id=task, timeout=20)
    assert cast("Mapping[str, Json]", output.response)["status"] == "running"


async def test_long_output_is_told_from_its_end(shell: Shell, use: RunTool) -> None:
    """TASK_MAX_OUTPUT_LENGTH says how much is told; the file has all."""
    shell.workspace.variables["TASK_MAX_OUTPUT_LENGTH"] = "10"
    task = await background(shell, use, "seq 1 100")
    output = await use("TaskOutput", task_id=task)
    assert cast("Mapping[str, Json]", output.response)["output"] == "98\n99\n100\n"
    assert "all of it is in" in str(output.content)


@pytest.mark.parametrize("parameter", ["task_id", "shell_id"])
async def test_stopping_a_task(shell: Shell, use: RunTool, parameter: str) -> None:
    """TaskStop ends it, under either name of the parameter."""
    task = await background(shell, use, "read -r x < gate")
    output = await use("TaskStop", **{parameter: task})
    assert output.response == {
        "message": f"Task {task} was stopped: read -r x < gate",
        "task_id": task,
        "task_type": "local_bash",
        "command": "read -r x < gate",
    }
    assert shell.session.state[TASKS].find(task).status == "killed"


async def test_stopping_what_ignores_being_asked(shell: Shell, use: RunTool) -> None:
    """A task that ignores SIGTERM is killed, and its children with it."""
    task = await background(shell, use, "trap '' TERM; while :; do read -r x < gate; done")
    await use("TaskStop", task_id=task)
    assert not shell.session.state[TASKS].find(task).process.lingers


@pytest.mark.parametrize("tool", ["TaskStop", "TaskOutput"])
async def test_a_task_that_is_not_there(use: RunTool, tool: str) -> None:
    """An unknown id is an error that says so."""
    output = await use(tool, task_id="nope")
    assert output.content == "There is no background task 'nope'. Tasks of this session: none."


async def test_stopping_twice(shell: Shell, use: RunTool) -> None:
    """A task that has ended cannot be stopped."""
    task = await background(shell, use, "true")
    await use("TaskOutput", task_id=task)
    output = await use("TaskStop", task_id=task)
    assert "does not run any more" in str(output.content)


async def test_neither_asks_for_permission(shell: Shell, use: RunTool) -> None:
    """Looking at and ending the session's own tasks needs no permission."""
    task = await background(shell, use, "read -r x < gate")
    asked = len(shell.questions)
    await use("TaskOutput", task_id=task, block=False)
    await use("TaskStop", task_id=task)
    assert len(shell.questions) == asked


async def test_tasks_can_be_listed(shell: Shell, use: RunTool) -> None:
    """What shows background tasks finds them in the session's state."""
    task = await background(shell, use, "true")
    await use("TaskOutput", task_id=task)
    found = shell.session.state[TASKS].find(task)
    assert found.to_json() == {
        "id": task,
        "type": "local_bash",
        "status": "completed",
        "description": "true",
        "command": "true",
        "exitCode": 0,
        "outputFile": str(found.output.path),
    }
