"""Searches show nothing of what a rule keeps from being read."""

from __future__ import annotations

import pytest

from gaff.hooks import Vote, hookimpl
from gaff.hooks.messages import content_text
from gaff.testing.replies import call, say
from gaff.testing.shell import Shell


@pytest.mark.parametrize(
    ("tool", "given"),
    [
        ("Grep", {"pattern": "s3cret", "output_mode": "content"}),
        ("Grep", {"pattern": "s3cret"}),
        ("Glob", {"pattern": "**/*"}),
    ],
)
async def test_a_denied_file_is_not_found(shell: Shell, tool: str, given: dict[str, str]) -> None:
    """Neither name nor content of a denied file, nor of a link to it, reaches the model."""
    hidden = shell.workspace.write("keys.env", "s3cret")
    shell.workspace.write("open.txt", "s3cret too")
    (shell.workspace.project / "link.txt").symlink_to(hidden)
    shell.workspace.settings({"permissions": {"deny": ["Read(keys.env)"]}})
    shell.add(call(tool, given), say("ok"))

    await shell.submit("look")

    text = content_text(shell.outcomes[0].output.content)
    assert "open.txt" in text
    assert "keys.env" not in text
    assert "link.txt" not in text
    assert "keys.env" not in str(shell.outcomes[0].output.response)


async def test_a_broken_guard_hides_everything(shell: Shell) -> None:
    """Where a plugin that may hide files fails, nothing is shown."""

    class Broken:
        @hookimpl
        def gaff_hide_paths(self) -> frozenset[str]:
            raise ValueError("oops")

        @hookimpl
        def gaff_check_permission(self) -> Vote:
            return Vote("allow", "test")

    shell.workspace.write("open.txt", "text")
    shell.plugin(Broken(), "broken")
    shell.add(call("Glob", {"pattern": "*.txt"}), say("ok"))

    await shell.submit("look")

    assert "open.txt" not in content_text(shell.outcomes[0].output.content)
