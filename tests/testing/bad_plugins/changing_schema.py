"""Offers a tool whose description is another each time."""

from collections.abc import Sequence
from itertools import count

from pydantic import BaseModel

from gaff.hooks import Tool, ToolContext, ToolOutput, hookimpl

NUMBERS = count()


class Nothing(BaseModel):
    """No parameters."""


class Knock(Tool[Nothing]):
    """A tool."""

    name = "Knock"
    summary = "Knock."
    input_model = Nothing

    def __init__(self) -> None:
        self.description = f"Knock {next(NUMBERS)} times."  # type: ignore[misc]  # pyright: ignore

    async def run(self, input: Nothing, context: ToolContext) -> ToolOutput:
        """Knock."""
        return ToolOutput("knock")


@hookimpl
def gaff_register_tools() -> Sequence[Tool[Nothing]]:
    """Offer it."""
    return [Knock()]
