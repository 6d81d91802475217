"""gaff why and /why: the trail of a call, and what would have happened without each who had a say."""

from __future__ import annotations

import json

import pytest

from gaff.hooks import Decision, Vote, hookimpl
from gaff.hooks.events import PermissionCheck, PreToolUse
from gaff.testing.messages_server import FakeMessagesServer
from gaff.testing.replies import call, say
from gaff.testing.shell import Shell
from gaff.testing.workspace import Workspace


class Guard:
    """Denies every Write at the hook."""

    @hookimpl
    def gaff_pre_tool_use(self, event: PreToolUse) -> Decision | None:
        return Decision("deny", "not on Fridays") if event.tool_name == "Write" else None


class Policy:
    """Has the user asked about everything."""

    @hookimpl
    def gaff_check_permission(self, event: PermissionCheck) -> Vote | None:
        return Vote("ask", "better ask")


async def why(shell: Shell, arguments: str = "") -> str:
    """Return what /why says."""
    command = shell.session.kernel.command("why")
    assert command is not None
    return (await command.run(arguments, shell.session)).text


async def write(shell: Shell, name: str = "a.txt") -> None:
    """Have the model write a file."""
    shell.add(call("Write", {"file_path": name, "content": "x"}), say("done"))
    await shell.submit("write")


async def test_a_hook_that_denied(shell: Shell) -> None:
    """Its name, its reason and its time are told, and that nobody after it was asked."""
    shell.plugin(Guard(), "guard")
    await write(shell)

    told = await why(shell)

    assert "Write" in told.splitlines()[1]
    assert ": denied" in told.splitlines()[1]
    assert any(line.split()[:2] == ["guard", "deny"] and "ms)" in line for line in told.splitlines())
    assert "Without guard it would have gone on to the policies, which were not asked." in told


async def test_what_each_policy_meant(shell: Shell) -> None:
    """The rule that allowed and the policy that asked both show; without the one the other would have decided."""
    shell.plugin(Policy(), "policy")
    shell.options("--allowedTools", "Write", "Edit")
    shell.allow()
    await write(shell)

    told = await why(shell)

    assert ": allowed" in told.splitlines()[1]
    assert "Policies on write" in told
    assert any(line.split()[:2] == ["permissions.rules", "allow"] for line in told.splitlines())
    assert any(line.split()[:2] == ["policy", "ask"] for line in told.splitlines())
    assert "Without the user's answer it would have been asked about." in told
    assert "asked and silent:" in told


async def test_a_denial_tells_what_the_others_said(shell: Shell) -> None:
    """Policies are all asked, so the trail tells what a denial kept from happening."""
    shell.options("--disallowedTools", "Edit(a.txt)")
    shell.options("--permission-mode", "acceptEdits")
    await write(shell)

    assert "Without permissions.rules it would have been allowed." in await why(shell)


async def test_a_call_is_found_by_its_id(shell: Shell) -> None:
    """Also by the beginning of it; the last one is told without."""
    shell.plugin(Guard(), "guard")
    await write(shell, "one.txt")
    await write(shell, "two.txt")
    first = shell.session.messages[1].content[0]["id"]

    assert "one.txt" in await why(shell, str(first))
    assert "two.txt" in await why(shell)
    with pytest.raises(Exception, match="no call toolu_nope was decided here"):
        await why(shell, "toolu_nope")


def test_sessions_of_before(workspace: Workspace, messages_server: FakeMessagesServer) -> None:
    """The subcommand explains from the transcript, in another process; lists, and prints JSON."""
    messages_server.add(call("Write", {"file_path": "a.txt", "content": "x"}), say("done"))
    workspace.run("-p", "write")

    told = workspace.run("why")
    listed = workspace.run("why", "--list")
    call_id = listed.stdout.split()[0]
    found = json.loads(workspace.run("why", call_id, "--json").stdout)

    assert "nobody voted, so it is asked" in told.stdout
    assert "At a terminal you would have been asked." in told.stdout
    assert listed.stdout.split()[1:3] == ["deny", "Write"]
    assert (found["call_id"], found["behavior"], found["deciders"]) == (call_id, "deny", {"nobody": "ask"})


def test_nothing_to_explain(workspace: Workspace) -> None:
    """A folder without sessions, and a call nobody knows, are one line."""
    done = workspace.run("why", "toolu_1")

    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "gaff: no call toolu_1 was decided in the sessions of this folder; --session ID names another"
    ]
