"""The TodoWrite tool."""

from __future__ import annotations

from gaff.hooks import Json, JsonObject
from gaff.plugins.builtin.tasks.todo_write import TODOS
from gaff.testing.replies import call, say
from gaff.testing.shell import Shell


def todo(content: str, status: str) -> JsonObject:
    return {"content": content, "status": status, "activeForm": f"{content}ing"}


async def write(shell: Shell, todos: Json) -> None:
    """Let the model send this list."""
    shell.add(call("TodoWrite", {"todos": todos}), say("ok"))
    await shell.submit("go")


async def test_the_list_is_kept_and_replaced(shell: Shell) -> None:
    """The result has the list before and after; the session keeps the newest."""
    first, second = [todo("Read", "in_progress"), todo("Test", "pending")], [todo("Read", "completed")]
    await write(shell, first)
    await write(shell, second)
    assert shell.outcomes[0].output.response == {"oldTodos": [], "newTodos": first}
    assert shell.outcomes[1].output.response == {"oldTodos": first, "newTodos": second}
    assert shell.session.state[TODOS].to_json() == second
    assert shell.outcomes[1].output.content == "The checklist is updated: 1 of 1 done."


async def test_it_asks_for_no_permission(shell: Shell) -> None:
    """Nothing but the list changes."""
    await write(shell, [todo("Read", "pending")])
    assert shell.questions == []


async def test_an_unknown_status_is_an_error(shell: Shell) -> None:
    """The model is told what is wrong, and the list stays."""
    await write(shell, [todo("Read", "done")])
    assert shell.outcomes[0].is_error
    assert shell.session.state[TODOS].todos == ()
