"""Keep the model's checklist in a file, too, for you to look at in an editor: the TodoWrite tool, replaced."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from gaff.hooks import Tool, ToolContext, ToolOutput, hookimpl
from gaff.plugins.builtin.tasks.todo_write import Todo, TodoWrite, TodoWriteInput

#: The plugin in whose place this one stands: that one is not even imported as a plugin any more.
replaces = "tasks.todo_write"

BOXES = {"pending": " ", "in_progress": "~", "completed": "x"}


class Checklist(TodoWrite):
    """The built-in tool, and a file of the session beside the transcript."""

    async def run(self, input: TodoWriteInput, context: ToolContext) -> ToolOutput:
        """Keep the list as before, then write it."""
        output = await super().run(input, context)
        await asyncio.to_thread(file_of(context).write_text, _markdown(input.todos), encoding="utf-8")
        return output


def file_of(context: ToolContext) -> Path:
    """Return the file of this session's list."""
    return context.session.results_dir / "checklist.md"


def _markdown(todos: Sequence[Todo]) -> str:
    return "".join(f"- [{BOXES[todo.status]}] {todo.content}\n" for todo in todos)


@hookimpl
def gaff_register_tools() -> Sequence[Tool[TodoWriteInput]]:
    """Contribute the tool, under the name of the one it replaces."""
    return [Checklist()]
