"""Offers a tool with a name that no model's server takes."""

from collections.abc import Sequence

from pydantic import BaseModel

from gaff.hooks import Tool, ToolContext, ToolOutput, hookimpl


class Nothing(BaseModel):
    """No parameters."""


class Knock(Tool[Nothing]):
    """A tool."""

    name = "Knock twice!"
    summary = "Knock."
    input_model = Nothing

    async def run(self, input: Nothing, context: ToolContext) -> ToolOutput:
        """Knock."""
        return ToolOutput("knock")


@hookimpl
def gaff_register_tools() -> Sequence[Tool[Nothing]]:
    """Offer it."""
    return [Knock()]
