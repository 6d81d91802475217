"""Keeps the model's checklist: the TodoWrite tool.

Source: code.claude.com/docs/en/agent-sdk/typescript, "TodoWrite".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

from pydantic import BaseModel, Field

from gaff.hooks import Action, Json, JsonObject, StateKey, Tool, ToolContext, ToolOutput, hookimpl


class Todo(BaseModel):
    """One step of the work."""

    content: str = Field(min_length=1, description="What is to be done: Run the tests.")
    status: Literal["pending", "in_progress", "completed"]
    activeForm: str = Field(min_length=1, description="The same as something under way: Running the tests.")


class TodoWriteInput(BaseModel):
    """The documented parameters."""

    todos: list[Todo] = Field(description="The whole list as it is to be from now on.")


class TodoList:
    """The checklist of a session."""

    def __init__(self) -> None:
        self.todos: tuple[Todo, ...] = ()

    def to_json(self) -> Sequence[JsonObject]:
        """Return the list in the documented shape."""
        return [todo.model_dump() for todo in self.todos]


#: ``session.state[TODOS].todos`` is the checklist of the session.
TODOS: Final = StateKey(TodoList)

_DESCRIPTION: Final = """\
Keep a checklist of the work at hand, which the user sees. Use it for work of three steps or more; not for a \
single plain step or a question.

Send the whole list each time. Keep exactly one step in_progress while you work, mark it completed as soon as \
it is done (not when tests fail or it is half done), and drop steps that no longer matter."""


class TodoWrite(Tool[TodoWriteInput]):
    """The TodoWrite tool."""

    name = "TodoWrite"
    summary = "Keep a checklist of the work at hand."
    description = _DESCRIPTION
    input_model = TodoWriteInput

    def actions(self, input: TodoWriteInput, context: ToolContext) -> Sequence[Action]:
        """Needs no permission: nothing but the list changes."""
        return (Action("use", self.name, read_only=True),)

    async def run(self, input: TodoWriteInput, context: ToolContext) -> ToolOutput:
        """Replace the list."""
        kept = context.session.state[TODOS]
        old = kept.to_json()
        kept.todos = tuple(input.todos)
        response: dict[str, Json] = {"oldTodos": old, "newTodos": kept.to_json()}
        done = sum(todo.status == "completed" for todo in kept.todos)
        return ToolOutput(f"The checklist is updated: {done} of {len(kept.todos)} done.", response)


@hookimpl
def gaff_register_tools() -> Sequence[Tool[TodoWriteInput]]:
    return (TodoWrite(),)
