"""What the tests of configured hooks share: a session with hooks in the user's settings."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gaff.hooks import Json, JsonObject, Notice
from gaff.testing import Shell, Workspace, call, say
from gaff.testing.replies import Reply

PYTHON = sys.executable


def command(text: str, **fields: Json) -> JsonObject:
    """Return a command handler's entry."""
    return {"type": "command", "command": text, **fields}


def group(*handlers: JsonObject, matcher: str | None = None) -> JsonObject:
    """Return a matcher group."""
    return {"hooks": list(handlers)} | ({} if matcher is None else {"matcher": matcher})


@dataclass
class Hooked:
    """A session whose user has hooks."""

    shell: Shell
    workspace: Workspace

    def configure(self, hooks: JsonObject, **settings: Json) -> None:
        """Write the user's settings: these hooks, and nothing to ask about."""
        self.workspace.settings(
            {"hooks": hooks, "permissions": {"allow": ["Bash", "Read", "Edit"]}, **settings}
        )

    def on(self, event: str, *handlers: JsonObject, matcher: str | None = None, **settings: Json) -> None:
        """Configure the handlers of one event."""
        self.configure({event: [group(*handlers, matcher=matcher)]}, **settings)

    def script(self, name: str, text: str) -> Path:
        """Write an executable file outside of the project."""
        path = self.workspace.folder / name
        path.write_text(text, encoding="utf-8")
        path.chmod(0o755)
        return path

    def python(self, text: str, name: str = "hook.py") -> str:
        """Write a Python script and return the command that runs it."""
        return f"{PYTHON} {self.script(name, text)}"

    async def call(self, tool: str, *last: Reply | str, **input: Any) -> str:
        """Have the model make one call and say done; return what it read of the result."""
        self.shell.add(call(tool, input), *(last or (say("done"),)))
        await self.shell.submit("go")
        return str(self.shell.outcomes[-1].output.content)

    @property
    def notices(self) -> Sequence[str]:
        """What the user was told."""
        return [event.text for event in self.shell.events if isinstance(event, Notice)]

    @property
    def read(self) -> str:
        """All that the model was sent."""
        return json.dumps([message.to_json() for message in self.shell.messages])

    @property
    def log(self) -> list[dict[str, Any]]:
        """The log of firings."""
        path = self.workspace.gaff_home / "hooks.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


@pytest.fixture
def hooked(shell: Shell, workspace: Workspace) -> Hooked:
    """A session in which the model may read, edit and run."""
    workspace.write("note.txt", "a note\n")
    return Hooked(shell, workspace)


async def until(condition: Callable[[], bool]) -> None:
    """Wait until something holds that nobody tells of."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.005)


async def until_exists(path: Path) -> None:
    """Wait until there is a file."""
    await until(path.exists)


async def until_gone(pid: int) -> None:
    """Wait until a process has ended."""

    def gone() -> bool:
        try:
            return ") Z" in Path(f"/proc/{pid}/stat").read_text()
        except FileNotFoundError:
            return True

    await until(gone)
