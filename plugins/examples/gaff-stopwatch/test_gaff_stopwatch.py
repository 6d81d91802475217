"""The wrapper in a real session."""

from __future__ import annotations

import pytest

from gaff.testing.replies import call, say
from gaff.testing.shell import Shell

pytest_plugins = ["gaff.testing.pytest_plugin"]


@pytest.mark.parametrize(("seconds", "told"), [(0, True), (60, False)])
async def test_slow_calls_are_told_from_quick_ones(shell: Shell, seconds: int, told: bool) -> None:
    """From the limit on the model reads the time beside the result, which is kept."""
    shell.workspace.settings({"stopwatch": {"seconds": seconds}})
    shell.add(call("Bash", {"command": "echo hello"}), say("ok"))

    await shell.submit("go")

    content = str(shell.outcomes[0].output.content)
    assert content.startswith("hello")
    assert ("[This took 0 s." in content) is told
