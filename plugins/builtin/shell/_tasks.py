"""The commands of a session that run, or ran, in the background."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from gaff.hooks import Json, JsonObject, StateKey, ToolError

from ._output import Output
from ._process import ShellProcess

if TYPE_CHECKING:
    from gaff.plugins.builtin.sandbox._confinement import Confinement

TaskStatus: TypeAlias = Literal["running", "completed", "failed", "killed"]

#: Commands that print more than this are ended. Source: code.claude.com/docs/en/tools-reference.
_MOST_BYTES: Final = 5 * 1024**3
#: Seconds between asking and killing, when stopped by hand or by the end of the session.
STOP_GRACE: Final = 0.3


@dataclass(eq=False)
class ShellTask:
    """A command, from its start until nothing of it is left."""

    id: str
    command: str
    description: str
    output: Output
    process: ShellProcess
    #: What confines it, where something does.
    confinement: Confinement | None = None
    status: TaskStatus = "running"
    exit_code: int | None = None
    #: Whether the model was told of it as a background task.
    background: bool = False
    #: Whether it was ended because it printed too much.
    overflowed: bool = False
    #: Set once the shell has ended and its output is in.
    finished: asyncio.Event = field(default_factory=asyncio.Event)
    #: Whether nothing of it is left.
    over: bool = False
    #: Told when a background task ends by itself.
    announce: Callable[[ShellTask], None] | None = None

    @property
    def title(self) -> str:
        """A line for lists."""
        return self.description or self.command.split("\n", 1)[0][:80]

    async def supervise(self) -> None:
        """See the command through, whatever it leaves running included; cancelled, end it all."""
        try:
            self._ended(await self.process.ended())
            await self.process.gone()
        finally:
            await self._clean_up()

    def _ended(self, code: int) -> None:
        self.exit_code = code
        if self.status == "running":
            self.status = "completed" if code == 0 else "failed"
            if self.background and self.announce is not None:
                self.announce(self)
        self.finished.set()

    async def _clean_up(self) -> None:
        try:
            await self.process.stop(STOP_GRACE)
        finally:
            if self.status == "running":
                self.status = "killed"
            self.process.close()
            self.output.close()
            if self.confinement is not None:
                await self.confinement.leave()
            self.over = True
            self.finished.set()

    async def stop(self, grace: float = STOP_GRACE) -> None:
        """End it: asked first, killed after ``grace`` seconds."""
        if self.status == "running":
            self.status = "killed"
        await self.process.stop(grace)

    def watch_size(self) -> None:
        """End the command if it has printed too much."""
        if self.output.size > _MOST_BYTES and not self.overflowed:
            self.overflowed = True
            self.process.kill()

    def to_json(self) -> JsonObject:
        """Return the task's facts, for lists."""
        facts: dict[str, Json] = {"id": self.id, "type": "local_bash", "status": self.status}
        facts |= {"description": self.title, "command": self.command, "exitCode": self.exit_code}
        return {**facts, "outputFile": str(self.output.path) if self.output.path else None}


class ShellTasks:
    """The background commands of a session, oldest first."""

    def __init__(self) -> None:
        self._tasks: dict[str, ShellTask] = {}

    def add(self, task: ShellTask) -> None:
        """Keep a task that the model is told of."""
        task.background = True
        self._tasks[task.id] = task

    @property
    def all(self) -> tuple[ShellTask, ...]:
        """All of them, running or not."""
        return tuple(self._tasks.values())

    def find(self, task_id: str) -> ShellTask:
        """Return the task of this id.

        Raises:
            ToolError: there is none.
        """
        task = self._tasks.get(task_id)
        if task is None:
            known = ", ".join(self._tasks) or "none"
            raise ToolError(f"There is no background task {task_id!r}. Tasks of this session: {known}.")
        return task


#: ``session.state[TASKS]`` are the background commands of the session.
TASKS: Final = StateKey(ShellTasks)
