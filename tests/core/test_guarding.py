"""A plugin that guards tool calls and cannot be used leaves nothing unguarded."""

from __future__ import annotations

import pytest

from gaff.testing import FakeMessagesServer, Workspace, call, say
from gaff.testing.pytest_plugin import RunGaff

GUARDS = {
    "syntax": "from gaff.hooks import hookimpl\n@hookimpl\ndef gaff_pre_tool_use(event):\n    return (\n",
    "import": "import nothing_of_the_kind\nasync def gaff_check_permission(event): ...\n",
    "method": "import nothing_of_the_kind\nclass Guard:\n    def gaff_check_permission(self, event): ...\n",
    "leaves": "raise SystemExit\ndef gaff_pre_tool_use(event): ...\n",
}


@pytest.mark.parametrize("warm", [False, True], ids=["cold", "warm"])
@pytest.mark.parametrize("source", GUARDS.values(), ids=list(GUARDS))
def test_no_call_passes_a_broken_guard(
    run_gaff: RunGaff, messages_server: FakeMessagesServer, workspace: Workspace, source: str, warm: bool
) -> None:
    """Also from a warm cache, and in the laxest of modes; the model is told why."""
    guard = workspace.folder / "guard.py"
    guard.write_text(source)
    if warm:
        run_gaff("plugin", "list", "--plugin", str(guard))
    messages_server.add(call("Write", {"file_path": "a.txt", "content": ""}), say("Then not."))
    done = run_gaff("-p", "go", "--plugin", str(guard), "--permission-mode", "acceptEdits")
    assert done.stdout == "Then not.\n"
    assert "it guards tool calls, so none is let through" in done.stderr
    assert not (workspace.project / "a.txt").exists()
    assert "--plugin no:guard" in str(messages_server.requests[-1])


def test_what_guards_nothing_is_left_out(
    run_gaff: RunGaff, messages_server: FakeMessagesServer, workspace: Workspace
) -> None:
    """As before: the rest goes on without it."""
    other = workspace.folder / "other.py"
    other.write_text("import nothing_of_the_kind\ndef gaff_session_start(event): ...\n")
    messages_server.add(call("Write", {"file_path": "a.txt", "content": ""}), say("Done."))
    done = run_gaff("-p", "go", "--plugin", str(other), "--permission-mode", "acceptEdits")
    assert "it is left out" in done.stderr
    assert (workspace.project / "a.txt").exists()


def test_a_broken_guard_may_be_left_out(
    run_gaff: RunGaff, messages_server: FakeMessagesServer, workspace: Workspace
) -> None:
    """By the user's own word."""
    guard = workspace.gaff_home / "plugins" / "guard.py"
    guard.parent.mkdir()
    guard.write_text(GUARDS["syntax"])
    messages_server.add(call("Write", {"file_path": "a.txt", "content": ""}), say("Done."))
    run_gaff("-p", "go", "--plugin", "no:guard", "--permission-mode", "acceptEdits")
    assert (workspace.project / "a.txt").exists()
