"""Conversations with large results, and a strategy that makes them small, for tests of compaction."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from pydantic import BaseModel

from gaff.hooks import (
    CompactionPlan,
    CompactionStrategy,
    ConversationSnapshot,
    Decision,
    JsonObject,
    SessionStartAnswer,
    Tool,
    ToolContext,
    ToolOutput,
    Vote,
    compaction_note,
    events,
    hookimpl,
)
from gaff.testing.replies import call, say
from gaff.testing.shell import Shell

#: Characters of a result: about 2,500 tokens.
FAT = 10_000


class Fetch(BaseModel):
    """What to fetch."""

    name: str


class Fat:
    """A tool with large results, and a strategy that drops the older messages."""

    def __init__(self) -> None:
        self.asked: list[ConversationSnapshot] = []
        self.plan: CompactionPlan | None = None
        self.events: list[events.PreCompact | events.PostCompact | events.SessionStart] = []
        self.decision: Decision | None = None
        #: What the strategy waits for.
        self.gate: asyncio.Event | None = None
        self.planning = asyncio.Event()
        #: What a SessionStart hook tells the model.
        self.reminder: str | None = None

    @hookimpl
    def gaff_register_tools(self) -> Sequence[Tool[Fetch]]:
        class FetchTool(Tool[Fetch]):
            name = "Fetch"
            summary = "Fetch a lot."
            input_model = Fetch
            read_only = True

            async def run(self, input: Fetch, context: ToolContext) -> ToolOutput:
                return ToolOutput(f"{input.name}:{'x' * FAT}", None)

        return (FetchTool(),)

    @hookimpl
    def gaff_check_permission(self) -> Vote:
        return Vote("allow", "a test allows all")

    @hookimpl
    def gaff_register_compaction_strategies(self) -> Sequence[CompactionStrategy]:
        fat = self

        class DropOlder(CompactionStrategy):
            name = "drop_older"
            summary = "drops the older messages"

            async def plan(
                self, snapshot: ConversationSnapshot, wanted: int, focus: str
            ) -> CompactionPlan | None:
                fat.asked.append(snapshot)
                fat.planning.set()
                await (fat.gate.wait() if fat.gate else asyncio.sleep(0))
                return fat.plan or dropping(snapshot)

        return (DropOlder(),)

    @hookimpl
    def gaff_pre_compact(self, event: events.PreCompact) -> Decision | None:
        self.events.append(event)
        return self.decision

    @hookimpl
    def gaff_post_compact(self, event: events.PostCompact) -> None:
        self.events.append(event)

    @hookimpl
    def gaff_session_start(self, event: events.SessionStart) -> SessionStartAnswer | None:
        self.events.append(event)
        return SessionStartAnswer(additional_context=self.reminder)


def dropping(snapshot: ConversationSnapshot) -> CompactionPlan:
    """Return a plan that leaves a note of the older messages."""
    note = compaction_note("older messages were dropped")
    return CompactionPlan(messages=(note,), saves=snapshot.saving([note]), drops="all that is old")


async def fill(shell: Shell, turns: int = 8) -> None:
    """Run so many turns, each with one large result."""
    for number in range(turns):
        shell.add(call("Fetch", {"name": f"n{number}"}), say(f"done {number}"))
        await shell.submit(f"fetch {number}")


def boundaries(shell: Shell) -> list[JsonObject]:
    return [entry for entry in shell.transcript if entry.get("subtype") == "compact_boundary"]


def texts(shell: Shell) -> list[str]:
    return [message.text for message in shell.messages]
