"""The policy in a real session."""

from __future__ import annotations

from gaff.testing.replies import call, say
from gaff.testing.shell import Shell

pytest_plugins = ["gaff.testing.pytest_plugin"]


async def test_a_guarded_word_is_denied_whatever_else_allows_it(shell: Shell) -> None:
    """A deny vote beats an allow rule; the reason names the setting."""
    shell.workspace.settings({"guard": {"words": ["prod-db"]}, "permissions": {"allow": ["Bash"]}})
    shell.add(call("Bash", {"command": "echo prod-db"}), call("Bash", {"command": "echo staging"}), say("ok"))

    await shell.submit("go")

    assert [outcome.status for outcome in shell.outcomes] == ["denied", "done"]
    assert "guard.words" in str(shell.outcomes[0].output.content)
