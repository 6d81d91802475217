"""The files of a new plugin. ``$name`` is the plugin's, ``$module`` its module's, ``$tool`` its tool's."""

from __future__ import annotations

from typing import Final

MODULE: Final = '''"""$summary"""

from __future__ import annotations

from collections.abc import Sequence

from gaff.hooks import Decision, Tool, ToolContext, ToolOutput, events, hookimpl
from pydantic import BaseModel, Field


class Input(BaseModel):
    """What the model passes. Descriptions go to the model."""

    text: str = Field(description="The text to count.")


class $tool(Tool[Input]):
    """A tool: something the model can call."""

    name = "$tool"
    summary = "Count the words and characters of a text."
    input_model = Input
    #: It changes nothing, so nobody is asked before it runs.
    read_only = True

    async def run(self, input: Input, context: ToolContext) -> ToolOutput:
        """Count. Raise ToolError where it cannot be done: the model reads the message."""
        words, characters = len(input.text.split()), len(input.text)
        return ToolOutput(f"{words} words, {characters} characters", {"words": words, "characters": characters})


@hookimpl
def gaff_register_tools() -> Sequence[Tool[Input]]:
    """Contribute the tool."""
    return [$tool()]


@hookimpl
def gaff_pre_tool_use(event: events.PreToolUse) -> Decision | None:
    """A hook: keep the model from writing lock files by hand. None says nothing of all other calls."""
    path = str(event.tool_input.get("file_path", ""))
    if event.tool_name in ("Write", "Edit") and path.endswith(".lock"):
        return Decision("deny", "lock files are written by their package manager; run that instead")
    return None
'''

TEST: Final = '''"""The plugin in a real session; only the model is scripted."""

from __future__ import annotations

from gaff.testing import Shell, call, say
from gaff.testing.conformance import assert_conforms

import $module

pytest_plugins = ["gaff.testing.pytest_plugin"]


async def test_the_tool_counts(shell: Shell) -> None:
    """The model calls the tool and reads what it returns; nobody is asked."""
    shell.plugin($module)
    shell.add(call("$tool", {"text": "one two three"}), say("Three words."))

    await shell.submit("How many words?")

    assert shell.outcomes[0].output.content == "3 words, 13 characters"
    assert not shell.questions


async def test_the_hook_guards_lock_files(shell: Shell) -> None:
    """The call is denied, and the model is told why."""
    shell.plugin($module)
    shell.add(call("Write", {"file_path": "uv.lock", "content": ""}), say("Then not."))

    await shell.submit("Write the lock file.")

    assert shell.outcomes[0].status == "denied"
    assert "package manager" in str(shell.outcomes[0].output.content)


def test_it_conforms() -> None:
    """It keeps to the contract, is quick to import, and leaves nothing behind."""
    assert_conforms($module)
'''

PYPROJECT: Final = """[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"

[project]
name = "$distribution"
version = "0.1.0"
description = "$summary"
readme = "README.md"
requires-python = ">=3.11"
dependencies = ["gaff>=$version,<$next_version"]

[project.optional-dependencies]
test = ["pytest>=8", "pytest-asyncio>=1"]

# gaff finds the plugin by this: NAME = "MODULE".
[project.entry-points.gaff]
$name = "$module"

[tool.setuptools]
py-modules = ["$module"]

[tool.pytest.ini_options]
asyncio_mode = "auto"
asyncio_default_fixture_loop_scope = "function"
"""

README: Final = """# $distribution

$summary

A plugin for [gaff](https://pypi.org/project/gaff/), the agent shell whose kernel is hooks. All of it is in `$module.py`:
a tool that the model can call, and a hook that judges calls of other tools.

## Working on it

    python3 -m venv .venv && . .venv/bin/activate
    pip install -e ".[test]"         # gaff finds it from now on
    pytest                           # the tests, in real sessions with a scripted model
    gaff plugin check .              # does it keep to everything a good plugin keeps?
    gaff                             # try it: /plugin show $name, and /plugin reload $name after a change

Plugins run with your rights: install only what you trust.
"""
