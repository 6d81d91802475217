"""The replacement in a real session."""

from __future__ import annotations

from gaff.testing.replies import call, say
from gaff.testing.shell import Shell

pytest_plugins = ["gaff.testing.pytest_plugin"]

TODOS = [
    {"content": "Look", "status": "completed", "activeForm": "Looking"},
    {"content": "Leap", "status": "pending", "activeForm": "Leaping"},
]


async def test_the_list_is_kept_and_written(shell: Shell) -> None:
    """The model sees the tool it knows; the file holds what it said."""
    shell.add(call("TodoWrite", {"todos": TODOS}), say("ok"))

    await shell.submit("go")

    assert shell.outcomes[0].output.content == "The checklist is updated: 1 of 2 done."
    file = shell.session.results_dir / "checklist.md"
    assert file.read_text(encoding="utf-8") == "- [x] Look\n- [ ] Leap\n"


async def test_the_built_in_plugin_gives_way(shell: Shell) -> None:
    """It is listed as replaced, and by whom."""
    await shell.start()

    (report,) = [one for one in shell.kernel.reports if one.name == "tasks.todo_write"]

    assert (report.state, report.reason) == ("replaced", "replaced by checklist")
