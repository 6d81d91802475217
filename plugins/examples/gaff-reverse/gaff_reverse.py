"""Turn texts round."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, Field

from gaff.hooks import Tool, ToolContext, ToolOutput, hookimpl


class Input(BaseModel):
    """What to turn round."""

    text: str = Field(description="The text.")


class Reverse(Tool[Input]):
    """The tool."""

    name = "Reverse"
    summary = "Turn a text round, character by character."
    input_model = Input
    read_only = True

    async def run(self, input: Input, context: ToolContext) -> ToolOutput:
        """Turn it round."""
        return ToolOutput(input.text[::-1])


@hookimpl
def gaff_register_tools() -> Sequence[Tool[Input]]:
    """Contribute the tool."""
    return [Reverse()]
