"""Offers a tool that falls over the least input its schema allows."""

from collections.abc import Sequence

from pydantic import BaseModel

from gaff.hooks import Tool, ToolContext, ToolOutput, hookimpl


class Input(BaseModel):
    """A text."""

    text: str = ""


class Initial(Tool[Input]):
    """A tool."""

    name = "Initial"
    summary = "Return the first letter of a text."
    input_model = Input

    async def run(self, input: Input, context: ToolContext) -> ToolOutput:
        """Return it."""
        return ToolOutput(input.text[0])


@hookimpl
def gaff_register_tools() -> Sequence[Tool[Input]]:
    """Offer it."""
    return [Initial()]
