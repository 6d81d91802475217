"""The handler in a real session, configured as its user would."""

from __future__ import annotations

import json

from gaff.testing.replies import call, say
from gaff.testing.shell import Shell

pytest_plugins = ["gaff.testing.pytest_plugin"]


async def test_every_call_is_a_line_of_the_file(shell: Shell) -> None:
    """A settings entry of the new type runs on the event it stands under."""
    entry = {"type": "append", "file": "log/audit.jsonl", "keep": ["tool_name", "tool_input"]}
    shell.workspace.settings({"hooks": {"PreToolUse": [{"matcher": "Bash", "hooks": [entry]}]}})
    shell.add(call("Bash", {"command": "echo hello"}), call("Glob", {"pattern": "*"}), say("ok"))

    await shell.submit("go")

    (line,) = map(json.loads, shell.workspace.read("log/audit.jsonl").splitlines())
    assert line.pop("time")
    assert line == {"event": "PreToolUse", "tool_name": "Bash", "tool_input": {"command": "echo hello"}}
