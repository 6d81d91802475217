"""Tools that tell when they run, for tests of the turn."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from pydantic import BaseModel

from gaff.hooks import Tool, ToolContext, ToolOutput, Vote, hookimpl
from gaff.hooks.values import text_at
from gaff.testing.shell import Shell


class Work(BaseModel):
    """What to work on."""

    name: str


class Bench:
    """Two tools that tell when they run: Look reads, Make changes. All is allowed."""

    def __init__(self) -> None:
        self.trace: list[str] = []
        self.running = 0
        self.most = 0
        self.gate: asyncio.Event | None = None
        #: Names whose work never ends.
        self.endless: set[str] = set()

    async def run(self, name: str) -> ToolOutput:
        self.trace.append(f"+{name}")
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            await (asyncio.Event().wait() if name in self.endless else asyncio.sleep(0))
            await (self.gate.wait() if self.gate else asyncio.sleep(0))
            return ToolOutput(f"did {name}", {"name": name})
        finally:
            self.running -= 1
            self.trace.append(f"-{name}")

    @hookimpl
    def gaff_register_tools(self) -> Sequence[Tool[Work]]:
        bench = self

        class Look(Tool[Work]):
            name = "Look"
            summary = "Look at something."
            input_model = Work
            read_only = True

            async def run(self, input: Work, context: ToolContext) -> ToolOutput:
                return await bench.run(input.name)

        class Make(Look):
            name = "Make"
            read_only = False

        return (Look(), Make())

    @hookimpl
    def gaff_check_permission(self) -> Vote:
        return Vote("allow", "the bench allows all")


def look(*names: str, tool: str = "Look") -> list[tuple[str, dict[str, str]]]:
    return [(tool, {"name": name}) for name in names]


def results(shell: Shell) -> list[str]:
    """Return the texts of all tool results of the conversation."""
    blocks = (block for message in shell.messages for block in message.content)
    return [text_at(block, "content") for block in blocks if block.get("type") == "tool_result"]
