"""The hooks around tool calls, by the examples of docs/hooks.md in real sessions."""

from __future__ import annotations

from gaff.hooks import Decision, Notice, events, hookimpl
from gaff.testing import Shell, call, say

from .conftest import Example


def answer(shell: Shell, number: int = 0) -> str:
    """Return what the model was told of a call."""
    return str(shell.outcomes[number].output.content)


async def test_gaff_pre_tool_use(shell: Shell, example: Example) -> None:
    """A deny stops the call before anybody is asked, and the model reads why."""
    shell.plugin(example("gaff_pre_tool_use"))
    shell.add(call("Bash", {"command": "npm install"}), say("ok"))

    await shell.submit("go")

    assert shell.outcomes[0].status == "denied"
    assert "run pnpm install" in answer(shell)
    assert not shell.questions


async def test_gaff_check_permission(shell: Shell, example: Example) -> None:
    """A deny vote beats every mode and rule, for each tool and for the shell."""
    shell.plugin(example("gaff_check_permission"))
    shell.options("--permission-mode", "acceptEdits")
    shell.add(
        call("Write", {"file_path": "generated/a.py", "content": ""}),
        call("Bash", {"command": "echo > generated/b.py"}),
        call("Write", {"file_path": "a.py", "content": ""}),
        say("ok"),
    )

    await shell.submit("go")

    assert [one.status for one in shell.outcomes] == ["denied", "denied", "done"]
    assert "Change the templates and run make." in answer(shell)


async def test_gaff_hide_paths(shell: Shell, example: Example) -> None:
    """What it hides no search shows."""
    shell.plugin(example("gaff_hide_paths"))
    shell.workspace.write("key.pem", "secret")
    shell.workspace.write("key.txt", "public")
    shell.add(call("Glob", {"pattern": "key.*"}), say("ok"))

    await shell.submit("go")

    assert "key.txt" in answer(shell)
    assert "key.pem" not in answer(shell)


async def test_gaff_review_permission(shell: Shell, example: Example) -> None:
    """Its allow spares the user the question; of everything else the user is asked."""
    shell.plugin(example("gaff_review_permission"))
    shell.workspace.write("Makefile", "test:\n\t@echo tested\n")
    shell.deny("No.")
    shell.add(call("Bash", {"command": "make test"}), call("Bash", {"command": "make all"}), say("ok"))

    await shell.submit("go")

    assert [one.status for one in shell.outcomes] == ["done", "denied"]
    assert len(shell.questions) == 1


async def test_gaff_permission_request(shell: Shell, example: Example) -> None:
    """Its deny answers in the user's place."""
    shell.plugin(example("gaff_permission_request"))
    shell.workspace.write("AWAY", "")
    shell.add(call("Write", {"file_path": "a.txt", "content": ""}), say("ok"))

    await shell.submit("go")

    assert "the user is away" in answer(shell)
    assert not shell.questions


async def test_gaff_update_permissions(shell: Shell, example: Example) -> None:
    """It is told what the user granted for longer than once."""
    shell.plugin(example("gaff_update_permissions"))
    shell.allow(scope="session")
    shell.add(call("Write", {"file_path": "a.txt", "content": ""}), say("ok"))

    await shell.submit("go")

    granted = (shell.workspace.gaff_home / "granted.log").read_text()
    assert granted.startswith(shell.session.id)
    assert "acceptEdits" in granted


async def test_gaff_permission_denied(shell: Shell, example: Example) -> None:
    """What it answers reaches the model with the denial."""

    class Reviewer:
        @hookimpl
        def gaff_review_permission(self) -> Decision:
            return Decision("deny", "the network is off limits")

    shell.plugin(example("gaff_permission_denied"))
    shell.plugin(Reviewer())
    shell.add(call("Bash", {"command": "curl https://example.org"}), say("ok"))

    await shell.submit("go")

    assert "Use the mirror in the house instead." in answer(shell)
    assert "you may try this call again" in answer(shell)


async def test_gaff_tool_call(shell: Shell, example: Example) -> None:
    """It runs around the call."""
    shell.plugin(example("gaff_tool_call"))
    shell.add(call("Bash", {"command": "echo hello"}), say("ok"))

    await shell.submit("go")

    told = [event.text for event in shell.events if isinstance(event, Notice)]
    assert told[0].startswith("echo hello: 0.")


async def test_gaff_post_tool_use(shell: Shell, example: Example) -> None:
    """Its context reaches the model beside the result."""
    shell.plugin(example("gaff_post_tool_use"))
    shell.allow()
    shell.add(call("Write", {"file_path": "models.py", "content": "x = 1\n"}), say("ok"))

    await shell.submit("go")

    assert "Does this change need a migration?" in str(shell.requests[1]["messages"])


async def test_gaff_post_tool_use_failure(shell: Shell, example: Example) -> None:
    """Its context reaches the model beside the failure."""
    shell.plugin(example("gaff_post_tool_use_failure"))
    shell.allow()
    shell.add(call("Bash", {"command": "no-such-program --now"}), say("ok"))

    await shell.submit("go")

    assert shell.outcomes[0].is_error
    assert "Tools are installed by `nix develop`." in str(shell.requests[1]["messages"])


async def test_gaff_post_tool_batch(shell: Shell, example: Example) -> None:
    """A deny ends the turn after the calls: the model is not asked again."""
    shell.plugin(example("gaff_post_tool_batch"))
    shell.workspace.write("STOP", "")
    shell.add(call("Bash", {"command": "echo hello"}), say("never said"))

    result = await shell.submit("go")

    assert shell.outcomes[0].status == "done"
    assert len(shell.requests) == 1
    assert result.terminal_reason == "hook_stopped"


async def test_a_gate_that_fails_denies_under_its_name(shell: Shell) -> None:
    """What the page says of decide hooks: a failure counts as deny."""

    class Broken:
        @hookimpl
        def gaff_pre_tool_use(self, event: events.PreToolUse) -> None:
            raise KeyError(event.tool_name)

    shell.plugin(Broken(), "broken")
    shell.add(call("Bash", {"command": "echo hello"}), say("ok"))

    await shell.submit("go")

    assert shell.outcomes[0].status == "denied"
    assert "broken failed, which counts as deny" in answer(shell)
