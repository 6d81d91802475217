"""Shows what a background command has printed: the TaskOutput tool.

Source: code.claude.com/docs/en/agent-sdk/typescript.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from pydantic import BaseModel, Field

from gaff.hooks import Json, Tool, ToolContext, ToolOutput, hookimpl

from ._environment import Limits
from ._tasks import TASKS, ShellTask


class TaskOutputInput(BaseModel):
    """The documented parameters."""

    task_id: str = Field(description="The id of the background task.")
    block: bool = Field(True, description="Wait until the task has ended.")
    timeout: int = Field(30_000, ge=0, le=600_000, description="Milliseconds to wait at most.")


class TaskOutput(Tool[TaskOutputInput]):
    """The TaskOutput tool."""

    name = "TaskOutput"
    summary = "Show what a background task has printed, and how it ended."
    input_model = TaskOutputInput
    read_only = True
    deadline = None

    async def run(self, input: TaskOutputInput, context: ToolContext) -> ToolOutput:
        """Wait if asked to, and tell."""
        task = context.session.state[TASKS].find(input.task_id)
        if input.block:
            try:
                async with asyncio.timeout(input.timeout / 1000):
                    await task.finished.wait()
            except TimeoutError:
                pass  # the status says that it still runs
        return _told(task, Limits.of(context.session.environ).task_output)


def _told(task: ShellTask, window: int) -> ToolOutput:
    output = task.output.text if task.output.fits(window) else task.output.tail(window)
    response: dict[str, Json] = {"task_id": task.id, "status": task.status, "output": output}
    lines = [f"Task {task.id} ({task.title}): {task.status}"]
    if task.exit_code is not None:
        response["exitCode"] = task.exit_code
        lines[0] += f", exit code {task.exit_code}"
    if len(output) < task.output.size and not task.output.fits(window):
        lines.append(f"The end of its output; all of it is in {task.output.path}:")
    return ToolOutput("\n".join([*lines, output.rstrip() or "(no output)"]), response)


@hookimpl
def gaff_register_tools() -> Sequence[Tool[TaskOutputInput]]:
    return (TaskOutput(),)
