"""Runs commands in bash: the Bash tool.

Each command runs in a new bash, in a session of its own without a terminal. What it does is told to the
permission check by a strict reader; what that cannot read is asked about. A command that takes too long
goes on in the background, and nothing a command started outlives the session.
Source: code.claude.com/docs/en/tools-reference, "Bash tool behavior".
"""

from __future__ import annotations

import asyncio
import errno
import os
import re
import secrets
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from pydantic import BaseModel, Field

from gaff.hooks import (
    Action,
    Notice,
    Session,
    Tool,
    ToolContext,
    ToolError,
    ToolOutput,
    hookimpl,
    is_object,
)
from gaff.plugins.builtin.sandbox._settings import sandbox_settings

from ._actions import Situation, actions_of, moves_about
from ._environment import Limits, command_environ, command_line, find_bash
from ._exit_codes import meaning_of
from ._output import Output
from ._process import ShellProcess
from ._processes import SESSIONS
from ._progress import Progress
from ._reader import read_commands
from ._results import announcement, ended, in_background, timed_out
from ._tasks import TASKS, ShellTask
from ._words import Refused

#: Seconds an interrupted command has before it is killed.
_INTERRUPT_GRACE: Final = 0.05
_REMINDED: Final = 2_000
_LONGEST_PATH: Final = 8_192
_GIT: Final = re.compile(r"\bgit\b")
_COMPOUND: Final = re.compile(r"[|&;\n]")

_DESCRIPTION: Final = """\
Run a command in bash and return what it prints. Each command runs in a new shell: the working directory \
carries over to the next one while it stays inside the project, variables and functions do not. There is no \
terminal and nothing to type into, so pass options that keep programs from asking.

- Quote paths that hold spaces. Prefer absolute paths to `cd`.
- To read, search or edit files use the tools made for it (Read, Grep, Glob, Edit, Write), not cat, grep, find or sed.
- Join commands that depend on each other with `&&`; send independent ones as separate calls.
- `timeout` is in milliseconds (120000 unless given, at most 600000). A command that takes longer goes on in the background.
- With `run_in_background` the call returns at once with a task id; you are told when the command ends. \
Do not add `&` then.
- Commit, push or change git settings only when asked to."""


class BashInput(BaseModel):
    """The documented parameters."""

    command: str = Field(description="The command to run.")
    timeout: int | None = Field(None, description="Milliseconds the command may take, at most 600000.")
    description: str | None = Field(None, description="What the command does, in five to ten words.")
    run_in_background: bool | None = Field(None, description="Run the command in the background.")
    dangerouslyDisableSandbox: bool | None = Field(
        None, description="Run the command without a sandbox, where one is in use."
    )


class Bash(Tool[BashInput]):
    """The Bash tool."""

    name = "Bash"
    summary = "Run a command in bash."
    description = _DESCRIPTION
    input_model = BashInput
    deadline = None

    def actions(self, input: BashInput, context: ToolContext) -> Sequence[Action]:
        """Say what the command would do: every simple command, and the files it surely touches."""
        if not input.command.strip():
            raise ToolError("The command is empty.")
        return actions_of(input.command, _situation(context.session))

    def is_read_only(self, input: BashInput, context: ToolContext) -> bool:
        """Whether the command changes nothing, not even the directory of the next one."""
        if input.run_in_background or not input.command.strip():
            return False
        situation = _situation(context.session)
        actions = actions_of(input.command, situation)
        looks = all(action.read_only or action.kind == "read" for action in actions)
        return bool(actions) and looks and not moves_about(input.command, situation)

    async def run(self, input: BashInput, context: ToolContext) -> ToolOutput:
        """Run it."""
        limits = Limits.of(context.session.environ)
        if input.run_in_background and not limits.background:
            raise ToolError(
                "Background tasks are turned off (CLAUDE_CODE_DISABLE_BACKGROUND_TASKS). "
                "Call Bash again without run_in_background."
            )
        return await _Run(input, context, limits).run()


class _Run:
    """One call."""

    def __init__(self, input: BashInput, context: ToolContext, limits: Limits) -> None:
        self._input = input
        self._session: Session = context.session
        self._limits = limits
        self._progress = Progress(context.progress)
        self._notices: list[str] = []
        self._task = self._new_task()

    def _new_task(self) -> ShellTask:
        task_id = f"b{secrets.token_hex(4)}"
        output = Output(lambda: self._session.results_dir / f"{task_id}.txt", self._limits.output)
        process = ShellProcess(self._receive, f"{self._session.id}/{task_id}")
        task = ShellTask(task_id, self._input.command, self._input.description or "", output, process)
        task.announce = self._announce
        return task

    def _receive(self, data: bytes) -> None:
        self._task.output.add(data)
        self._task.watch_size()
        self._progress.add(data)

    def _announce(self, task: ShellTask) -> None:
        self._session.remind(announcement(task))
        self._session.publish(Notice("info", f"Background task {task.id} {task.status}: {task.title}"))

    async def run(self) -> ToolOutput:
        await self._leave_missing_directory()
        await self._confine()
        if self._input.run_in_background:
            await self._start(None)
            return self._go_on_in_background(None)
        confinement = self._task.confinement
        folder = self._session.scratch_dir if confinement is None else Path(confinement.temporary)
        told = folder / f"{self._task.id}.cwd"
        try:
            await self._start(told)
            return await self._wait(told)
        finally:
            self._progress.close()
            told.unlink(missing_ok=True)

    async def _confine(self) -> None:
        """Have the command confined, where the user has turned the sandbox on."""
        if not sandbox_settings(self._session).enabled:
            return
        from gaff.plugins.builtin.sandbox._confinement import confinement_for

        self._task.confinement = await confinement_for(
            self._session, self._task.command, wants_out=self._input.dangerouslyDisableSandbox is True
        )

    async def _start(self, told: Path | None) -> None:
        task, session = self._task, self._session
        environ = command_environ(session, task.id)
        argv = command_line(find_bash(session), task.command, environ, told)
        try:
            await task.process.start(argv, session.cwd, environ, task.confinement)
        except (OSError, ValueError) as error:
            if isinstance(error, OSError) and error.errno == errno.E2BIG:
                raise ToolError(
                    "The command is too long for the system; put it into a script file."
                ) from None
            raise ToolError(f"The command could not be started: {error}") from error
        SESSIONS.add(session.id)
        session.start(task.supervise(), task.title)

    async def _wait(self, told: Path) -> ToolOutput:
        task, timeout = self._task, self._timeout
        try:
            async with asyncio.timeout(timeout):
                await task.finished.wait()
        except TimeoutError:
            if self._limits.background and _may_go_on(task.command):
                return self._go_on_in_background(timeout)
            await task.stop()
            return timed_out(task, timeout, self._notices)
        except asyncio.CancelledError:
            await task.stop(_INTERRUPT_GRACE)
            self._keep_output()
            raise
        await self._follow_directory(told)
        await self._leave_sandbox()
        return self._result()

    async def _leave_sandbox(self) -> None:
        """Let the sandbox go, unless something still runs in it, and tell what it may have stopped."""
        task, confinement = self._task, self._task.confinement
        if confinement is None:
            return
        if not task.process.lingers:
            await confinement.leave()
        self._notices += confinement.report(task.output.tail(_REMINDED), failed=bool(task.exit_code))

    @property
    def _timeout(self) -> float:
        asked = self._input.timeout
        seconds = asked / 1000 if asked is not None and asked > 0 else self._limits.timeout
        return min(seconds, self._limits.longest_timeout)

    def _result(self) -> ToolOutput:
        task = self._task
        if task.overflowed:
            self._notices.append("The command was stopped: it printed more than 5 GB.")
        if task.output.fault:
            self._notices.append(f"Note: {task.output.fault}.")
        if task.process.lingers:
            self._keep_lingering()
        meaning = meaning_of(task.exit_code or 0, task.command)
        output = ended(task, self._limits.output, meaning, self._notices)
        return self._marked(output)

    def _marked(self, output: ToolOutput) -> ToolOutput:
        """Say in the result that the command ran outside of a sandbox that is on."""
        outside = self._input.dangerouslyDisableSandbox is True and self._task.confinement is None
        if not outside or not sandbox_settings(self._session).enabled or not is_object(output.response):
            return output
        return replace(output, response={**output.response, "dangerouslyDisableSandbox": True})

    def _keep_lingering(self) -> None:
        """Tell of what the command left running; it can be stopped as a task and ends with the session."""
        task = self._task
        self._session.state[TASKS].add(task)
        self._notices.append(
            f"Something the command started still runs, as task {task.id}; its output goes to {task.output.keep()}."
        )

    def _go_on_in_background(self, timeout: float | None) -> ToolOutput:
        self._progress.close()
        self._task.output.keep()
        self._session.state[TASKS].add(self._task)
        return in_background(self._task, timeout, self._notices)

    def _keep_output(self) -> None:
        """What an interrupted command printed so far reaches the model with the next request."""
        if self._task.output.size:
            text = self._task.output.tail(_REMINDED).strip()
            self._session.remind(f"Before it was interrupted, the Bash command printed (its end):\n{text}")

    async def _leave_missing_directory(self) -> None:
        session = self._session
        if session.cwd.is_dir():
            return
        if not session.project_dir.is_dir():
            raise ToolError(f"The project folder {session.project_dir} is gone; nothing can run there.")
        await session.change_directory(session.project_dir)
        self._tell_reset()

    async def _follow_directory(self, told: Path) -> None:
        """Let the session follow the command to where it ended, while that is inside the project."""
        session = self._session
        ended_in = _directory_in(told)
        if ended_in is None or ended_in == session.cwd.resolve():
            return
        inside = any(ended_in.is_relative_to(folder) for folder in session.directories)
        if inside and self._limits.keeps_directory:
            await session.change_directory(ended_in)
        else:
            self._tell_reset()

    def _tell_reset(self) -> None:
        self._notices.append(f"Shell cwd was reset to {self._session.cwd}")


def _directory_in(told: Path) -> Path | None:
    """Return the directory that the shell wrote down, ``None`` where it did not: its trap was taken over."""
    try:
        # What the command put in its place must neither be followed nor waited for.
        descriptor = os.open(told, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, encoding="utf-8", errors="surrogateescape") as file:
            written = Path(file.read(_LONGEST_PATH).rstrip("\n"))
    except OSError:
        return None
    return written if written.is_absolute() and written.is_dir() else None


def _situation(session: Session) -> Situation:
    return Situation(session.cwd, session.project_dir, session.environ)


def _may_go_on(command: str) -> bool:
    """Whether a command that takes too long goes on in the background; the others are stopped."""
    if _GIT.search(command) or command.split(None, 1)[0] == "sleep":
        return False
    try:
        read_commands(command, "/", None)
    except Refused:
        return not _COMPOUND.search(command.strip())
    return True


@hookimpl
def gaff_register_tools() -> Sequence[Tool[BashInput]]:
    return (Bash(),)
