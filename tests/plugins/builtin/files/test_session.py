"""The file tools in a real session: judged, run, told to the model, known again after a resume."""

from __future__ import annotations

from pathlib import Path

import pytest

from gaff.hooks import JsonObject, PermissionQuestion, content_text
from gaff.testing import Shell, call, calls, say


def told(shell: Shell) -> list[str]:
    """Return what the model reads of each result, in the order the calls ended in."""
    return [content_text(outcome.output.content) for outcome in shell.outcomes]


async def test_reads_edits_and_searches(shell: Shell) -> None:
    """One turn through all the tools; edits are allowed by the mode."""
    path = shell.workspace.write("a.txt", "one\n")
    shell.options("--permission-mode", "acceptEdits")
    shell.add(
        call("Read", {"file_path": "a.txt"}),
        call("Edit", {"file_path": "a.txt", "old_string": "one", "new_string": "two"}),
        calls(call("Grep", {"pattern": "two"}), call("Glob", {"pattern": "*.txt"})),
        say("done"),
    )
    await shell.submit("go")
    first, second, *others = told(shell)
    assert first == "     1\tone"
    assert second == f"Edited {path}, line 1."
    assert others == ["a.txt", "a.txt"]
    assert path.read_text() == "two\n"


@pytest.mark.parametrize("old", ["one", ""])
async def test_an_edit_is_asked_for(shell: Shell, old: str) -> None:
    """Without a rule or mode the user is asked, and no means no."""
    path = shell.workspace.write("a.txt", "one\n")
    asked: JsonObject = {"file_path": "a.txt", "old_string": old, "new_string": "two"}
    shell.add(call("Read", {"file_path": "a.txt"}), call("Edit", asked), say("done"))
    shell.deny()
    await shell.submit("go")
    assert len(shell.user.questions) == 1
    assert path.read_text() == "one\n"


async def test_a_resumed_session_still_knows_its_files(shell: Shell) -> None:
    """What was read before the resume need not be read again to be edited."""
    path = shell.workspace.write("a.txt", "one\n")
    shell.options("--permission-mode", "acceptEdits")
    shell.add(call("Read", {"file_path": "a.txt"}), say("read"))
    await shell.submit("read it")
    await shell.reopen()
    shell.add(call("Edit", {"file_path": "a.txt", "old_string": "one", "new_string": "two"}), say("done"))
    await shell.submit("edit it")
    assert path.read_text() == "two\n"


async def test_reading_outside_asks_for_the_folder(shell: Shell, tmp_path: Path) -> None:
    """A file outside is asked for, with a rule for its folder to be saved."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/a.txt").write_text("one\n")
    shell.add(call("Read", {"file_path": str(tmp_path / "outside/a.txt")}), say("done"))
    shell.allow()
    await shell.submit("go")
    assert told(shell) == ["     1\tone"]
    (question,) = shell.user.questions
    assert isinstance(question, PermissionQuestion)
    rules = [str(rule) for update in question.suggestions for rule in update.rules]
    assert rules == [f"Read(/{tmp_path}/outside/**)"]
