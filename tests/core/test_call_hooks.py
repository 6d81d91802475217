"""What the hooks around one call are told of it."""

from __future__ import annotations

import pytest

from gaff.hooks import Decision, JsonObject, ToolFeedback, Vote, events, hookimpl
from gaff.hooks.values import object_at
from gaff.testing.replies import call, calls, say
from gaff.testing.shell import Shell


class Recorder:
    """Keeps the inputs that each event tells, by call; denies what it is told to."""

    def __init__(self, changed: JsonObject | None = None, denied: str = "") -> None:
        self.changed = changed
        self.denied = denied
        self.before: list[JsonObject] = []
        self.after: list[JsonObject] = []
        self.batch: list[JsonObject] = []

    @hookimpl
    def gaff_pre_tool_use(self, event: events.PreToolUse) -> Decision | None:
        self.before.append(event.tool_input)
        if self.denied and self.denied in str(event.tool_input):
            return Decision("deny", "not this one")
        return None if self.changed is None else Decision(updated_input=self.changed)

    @hookimpl
    def gaff_post_tool_use(self, event: events.PostToolUse, feedback: ToolFeedback) -> None:
        self.after.append(event.tool_input)

    @hookimpl
    def gaff_post_tool_batch(self, event: events.PostToolBatch) -> None:
        self.batch += [object_at(one, "tool_input") for one in event.tool_calls]


async def test_a_batch_tells_the_inputs_that_its_calls_told(shell: Shell) -> None:
    """Paths are absolute in all three events, for calls that ran and for those that were denied."""
    recorder = Recorder(denied="b.txt")
    shell.plugin(recorder, "recorder")
    shell.workspace.write("a.txt", "a")
    shell.add(calls(("Read", {"file_path": "a.txt"}), ("Read", {"file_path": "b.txt"})), say("ok"))

    await shell.submit("go")

    assert recorder.batch == recorder.before
    assert [recorder.before[0]] == recorder.after == [{"file_path": str(shell.workspace.project / "a.txt")}]


async def test_a_batch_tells_an_input_that_a_hook_changed(shell: Shell) -> None:
    """What ran is what is told, not what the model wrote."""
    recorder = Recorder(changed={"file_path": "b.txt"})
    shell.plugin(recorder, "recorder")
    shell.workspace.write("b.txt", "b")
    shell.add(call("Read", {"file_path": "a.txt"}), say("ok"))

    await shell.submit("go")

    assert recorder.batch == recorder.after == [{"file_path": str(shell.workspace.project / "b.txt")}]


async def test_a_batch_tells_a_call_that_is_no_call_as_it_was_written(shell: Shell) -> None:
    """There is no tool to make anything of the input."""
    recorder = Recorder()
    shell.plugin(recorder, "recorder")
    shell.add(call("NoSuchTool", {"file_path": "a.txt"}), say("ok"))

    await shell.submit("go")

    assert recorder.batch == [{"file_path": "a.txt"}]


class Adviser:
    """Says something to the model before each call; denies none."""

    @hookimpl
    def gaff_pre_tool_use(self, event: events.PreToolUse) -> Decision:
        return Decision(additional_context="the house rule")


class Denier:
    """Denies every action, or fails over it."""

    def __init__(self, *, fails: bool) -> None:
        self.fails = fails

    @hookimpl
    def gaff_check_permission(self, event: events.PermissionCheck) -> Vote:
        if self.fails:
            raise RuntimeError("the policy broke")
        return Vote("deny", "by a rule")


@pytest.mark.parametrize("by", ["rule", "failing policy", "user's reason", "user", "nobody", "mode"])
async def test_what_a_hook_adds_reaches_the_model_however_the_call_is_denied(shell: Shell, by: str) -> None:
    """By a rule, by the user with a reason or without one, or since nobody can be asked."""
    shell.plugin(Adviser(), "adviser")
    if by in ("rule", "failing policy"):
        shell.plugin(Denier(fails=by != "rule"), "denier")
    if by == "mode":
        shell.options("--permission-mode", "dontAsk")
    if by.startswith("user"):
        shell.deny("use another file" if by == "user's reason" else "")
    shell.add(call("Write", {"file_path": "a.txt", "content": ""}), say("ok"))

    await shell.submit("go")

    assert shell.outcomes[0].status == "denied"
    assert "the house rule" in shell.messages[2].text


class Ends:
    """Ends the turn where the user would be asked."""

    @hookimpl
    def gaff_permission_request(self, event: events.PermissionRequest) -> Decision:
        return Decision(stop=True, stop_reason="enough for today")


async def test_a_permission_hook_can_end_the_turn(shell: Shell) -> None:
    """The call is denied, and the reason is the hook's own."""
    shell.plugin(Ends(), "ends")
    shell.add(call("Write", {"file_path": "a.txt", "content": ""}), say("never said"))

    result = await shell.submit("go")

    assert (result.terminal_reason, result.text) == ("aborted_tools", "enough for today")
    assert not (shell.workspace.project / "a.txt").exists()
