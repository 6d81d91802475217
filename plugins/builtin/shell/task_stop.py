"""Ends a background command: the TaskStop tool.

Source: code.claude.com/docs/en/agent-sdk/typescript.
"""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, Field

from gaff.hooks import Action, Tool, ToolContext, ToolError, ToolOutput, hookimpl

from ._tasks import TASKS


class TaskStopInput(BaseModel):
    """The documented parameters; ``shell_id`` is the older name of ``task_id``."""

    task_id: str | None = Field(None, description="The id of the background task.")
    shell_id: str | None = Field(None, description="Deprecated: use task_id.")


class TaskStop(Tool[TaskStopInput]):
    """The TaskStop tool."""

    name = "TaskStop"
    summary = "End a background task and everything it started."
    input_model = TaskStopInput

    def actions(self, input: TaskStopInput, context: ToolContext) -> Sequence[Action]:
        """Needs no permission: it only ends what this session started."""
        return (Action("use", self.name, read_only=True),)

    async def run(self, input: TaskStopInput, context: ToolContext) -> ToolOutput:
        """End it."""
        task_id = input.task_id or input.shell_id
        if not task_id:
            raise ToolError("task_id is missing.")
        task = context.session.state[TASKS].find(task_id)
        if task.over:
            raise ToolError(f"Task {task.id} does not run any more: it {task.status}.")
        await task.stop()
        message = f"Task {task.id} was stopped: {task.title}"
        response = {
            "message": message,
            "task_id": task.id,
            "task_type": "local_bash",
            "command": task.command,
        }
        return ToolOutput(message, response)


@hookimpl
def gaff_register_tools() -> Sequence[Tool[TaskStopInput]]:
    return (TaskStop(),)
