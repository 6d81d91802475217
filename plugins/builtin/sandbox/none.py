"""No sandbox: what is left where none of the others holds, so that it has a name and is told."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

from gaff.hooks import Confined, Sandbox, SandboxCommand, SandboxPolicy, hookimpl


class NoSandbox(Sandbox):
    """The sandbox that is none."""

    name = "none"
    summary = "no sandbox: every command needs permission"
    rank = -1000
    isolates = False

    def missing(self, policy: SandboxPolicy) -> str:
        return ""

    @asynccontextmanager
    async def confine(self, command: SandboxCommand, policy: SandboxPolicy) -> AsyncGenerator[Confined]:
        yield Confined(command.argv, command.environ)


@hookimpl
def gaff_register_sandboxes() -> Sequence[Sandbox]:
    """Contribute it."""
    return (NoSandbox(),)
