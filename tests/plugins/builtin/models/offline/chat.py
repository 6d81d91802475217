"""A conversation with the offline model in which the test plays the tools."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from gaff.assemble import Assembly
from gaff.hooks import Json, JsonObject, Message, ModelRequest, ToolCall, text_block
from gaff.plugins.builtin.models.offline import OfflineProvider

#: The tools of a session, with the parameters that the plans ask about.
TOOLS: Final[tuple[JsonObject, ...]] = tuple(
    {"name": name, "input_schema": {"type": "object", "properties": {key: {} for key in properties}}}
    for name, properties in {
        "Read": ("file_path", "offset", "limit", "allow_large"),
        "Write": ("file_path", "content"),
        "Edit": ("file_path", "old_string", "new_string", "replace_all"),
        "Glob": ("pattern", "path"),
        "Grep": ("pattern", "path", "glob", "output_mode"),
        "Bash": ("command", "description", "timeout"),
    }.items()
)


@dataclass(frozen=True)
class Failed:
    """A result that is an error."""

    text: str


Played: TypeAlias = "str | Failed"
#: What the test's tools give for a call.
Tools: TypeAlias = Callable[[ToolCall], Played]


def nothing_runs(call: ToolCall) -> Played:
    """Fail every call, as where nobody can be asked."""
    return Failed(f"Permission to use {call.name} is needed and nobody can be asked (it asks).")


def numbered(text: str, first: int = 1) -> str:
    """Return a text as Read shows it."""
    return "\n".join(f"{number:6}\t{line}" for number, line in enumerate(text.split("\n"), first))


@dataclass
class Chat:
    """Talks with the model; the messages are kept as a session keeps them."""

    tools: Tools = nothing_runs
    known: Sequence[JsonObject] = TOOLS
    messages: list[Message] = field(default_factory=list[Message])
    #: Every call that was made, and the text of every answer.
    calls: list[ToolCall] = field(default_factory=list[ToolCall])
    texts: list[str] = field(default_factory=list[str])

    async def ask(self, prompt: str, *, most: int = 60) -> str:
        """Run a turn to its end and return the last text; more than ``most`` requests are a fault."""
        self.add(text_block(prompt))
        return await self.go_on(most)

    async def go_on(self, most: int = 60) -> str:
        """Ask the model and play its tools until it has nothing left to call."""
        for _ in range(most):
            calls = await self.step()
            if not calls:
                return self.texts[-1]
            self.add(*(self._result(call) for call in calls))
        raise AssertionError(f"the turn did not end within {most} requests")

    async def step(self) -> tuple[ToolCall, ...]:
        """Make one request, add its answer, and return the calls it asks for."""
        answer = Assembly(lambda identity: identity)
        request = ModelRequest((), tuple(self.known), tuple(self.messages), 8_000)
        async for event in OfflineProvider().open("", {}, {}).stream(request):
            answer.feed(event)
        assert answer.finished
        ends = ("tool_use",) if answer.calls else ("end_turn", "refusal")
        assert answer.stop_reason in ends
        message = Message("assistant", tuple(answer.content()))
        self.messages.append(message)
        self.calls += answer.calls
        self.texts.append(message.text)
        return answer.calls

    def add(self, *blocks: JsonObject) -> None:
        """Add to the conversation what comes from the user's side, joined as a session joins it."""
        last = self.messages[-1] if self.messages else None
        if last is not None and last.role == "user":
            self.messages[-1] = Message("user", (*last.content, *blocks))
        else:
            self.messages.append(Message("user", blocks))

    def made(self, name: str) -> list[JsonObject]:
        """Return the inputs of all calls of a tool."""
        return [call.input for call in self.calls if call.name == name]

    def _result(self, call: ToolCall) -> JsonObject:
        played = self.tools(call)
        text = played.text if isinstance(played, Failed) else played
        block: dict[str, Json] = {
            "type": "tool_result",
            "tool_use_id": call.id,
            "content": text or "(no output)",
        }
        return {**block, "is_error": True} if isinstance(played, Failed) else block
