"""Tools as plugins: what the model can call.

A tool in full::

    class Input(BaseModel):
        text: str = Field(description="What to turn round.")

    class Reverse(Tool[Input]):
        name = "Reverse"
        summary = "Turn a text round."
        input_model = Input
        read_only = True

        async def run(self, input: Input, context: ToolContext) -> ToolOutput:
            return ToolOutput(input.text[::-1])
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from .values import Json, JsonObject

if TYPE_CHECKING:
    from pydantic import BaseModel

    from .messages import ToolCall
    from .permissions import Action
    from .session import Session

InputT = TypeVar("InputT", bound="BaseModel")


@dataclass(frozen=True)
class ToolOutput:
    """What a tool gives back.

    ``content`` is what the model reads: text, or content blocks (text and images). ``response`` is
    the structured result that hooks get as ``tool_response`` and renderers draw from; a tool with a
    documented result shape gives exactly that. ``is_error`` marks a result that is a failure, such
    as a command that ended with an error, without being an exception.
    """

    content: str | Sequence[JsonObject]
    response: Json = None
    is_error: bool = False


@dataclass(frozen=True)
class ToolContext:
    """Where a call runs: the session, and the call itself."""

    session: Session
    call: ToolCall

    @property
    def cwd(self) -> Path:
        """The session's current directory."""
        return self.session.cwd

    def resolve(self, path: str) -> Path:
        """Return the absolute path a tool input means: ``~`` expanded, relative ones below ``cwd``.

        Symlinks and ``..`` are left as they are: the permission check resolves and judges both.
        """
        expanded = Path(path).expanduser()
        return expanded if expanded.is_absolute() else self.cwd / expanded

    def progress(self, text: str) -> None:
        """Show the user how a long call is getting on; ``text`` is what is new."""
        from .stream import ToolProgress

        self.session.publish(ToolProgress(self.call, text))


class Tool(ABC, Generic[InputT]):
    """Something the model can call. One instance serves all sessions: keep state in ``session.state``."""

    #: As the model calls it and permission rules name it.
    name: ClassVar[str]
    #: One line, for lists and tool search.
    summary: ClassVar[str]
    #: What the model reads; the summary where empty.
    description: ClassVar[str] = ""
    #: The parameters. Field descriptions go to the model.
    input_model: ClassVar[type[BaseModel]]
    #: Whether calls never change anything: such calls run side by side and need no permission.
    #: Where it depends on the input, leave this false and override ``is_read_only``.
    read_only: ClassVar[bool] = False
    #: Whether the tool is listed in every request; the others are found by tool search.
    always: ClassVar[bool] = True
    #: Seconds a call may take before it is cancelled; ``None`` where the tool sees to it itself.
    deadline: ClassVar[float | None] = 600.0

    @abstractmethod
    async def run(self, input: InputT, context: ToolContext) -> ToolOutput:
        """Do it.

        Raises:
            ToolError: it could not be done; the message tells the model what to do next.
        """

    def is_read_only(self, input: InputT, context: ToolContext) -> bool:
        """Whether this call changes nothing, so that it may run beside others."""
        return self.read_only

    def actions(self, input: InputT, context: ToolContext) -> Sequence[Action]:
        """Say what the call would do, for the permission check: files it reads or writes, commands it runs.

        Each action is judged alone and the strictest verdict holds for the call. The default is the
        bare use of the tool. Must be pure and quick; raise ``ToolError`` where the input makes no sense.
        """
        from .permissions import Action

        return (Action("use", self.name),)

    def hook_input(self, input: InputT, context: ToolContext) -> JsonObject:
        """Return the input as hooks and permission rules see it; paths absolute."""
        return input.model_dump(by_alias=True, exclude_unset=True)

    @property
    def schema(self) -> JsonObject:
        """The JSON schema of the input, as the Messages API takes it."""
        schema = dict(self.input_model.model_json_schema(by_alias=True))
        schema.pop("title", None)
        schema.pop("description", None)
        return schema


@dataclass(frozen=True)
class ToolOutcome:
    """How one call ended, for hooks, faces and the transcript."""

    call: ToolCall
    output: ToolOutput
    #: Milliseconds the tool ran, permission and hooks apart; ``None`` where it never ran.
    duration_ms: int | None = None
    #: Denied, interrupted, invalid, failed, or done.
    status: str = "done"
    #: Text that hooks add beside the result.
    notes: tuple[str, ...] = ()

    @property
    def is_error(self) -> bool:
        """Whether the model is told that the call failed."""
        return self.output.is_error or self.status != "done"


@dataclass
class ToolRun:
    """A call about to run, as ``gaff_tool_call`` wrappers see it.

    A wrapper that sets ``output`` before its ``yield`` spares the run; one that sets it after
    replaces the result. Exceptions of the tool pass through the wrappers.
    """

    context: ToolContext
    tool_name: str
    input: JsonObject
    output: ToolOutput | None = None
    annotations: dict[str, Json] = field(default_factory=dict[str, Json])
