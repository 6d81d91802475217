"""What the tests of the shell tools share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from gaff.hooks import ToolOutput
from gaff.testing.replies import call, say
from gaff.testing.shell import Shell


@pytest.fixture
def use(shell: Shell) -> Callable[..., Awaitable[ToolOutput]]:
    """Let the model call a tool and the user agree; return what came of it."""

    async def use(tool: str, **input: str | int | bool) -> ToolOutput:
        shell.add(call(tool, input), say("ok"))
        shell.allow()
        await shell.submit("go")
        return shell.outcomes[-1].output

    return use
