"""A session small enough for the file tools, and a way to call them as the kernel does."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, cast

import pytest

from gaff.hooks import Json, JsonObject, Message, Session, State, Tool, ToolCall, ToolContext, ToolOutput
from gaff.plugins.builtin.files import edit, glob, grep, ls, read, write

TOOLS: Mapping[str, Tool[Any]] = {
    tool.name: tool for module in (read, write, edit, glob, grep, ls) for tool in module.gaff_register_tools()
}


@dataclass
class FakeSession:
    """What the file tools ask of a session."""

    cwd: Path
    scratch_dir: Path
    state: State = field(default_factory=State)
    environ: dict[str, str] = field(default_factory=lambda: {"PATH": os.environ["PATH"], "HOME": "/nowhere"})
    messages: list[Message] = field(default_factory=list[Message])
    hidden: set[str] = field(default_factory=set[str])

    async def visible(self, paths: Sequence[str]) -> Sequence[str]:
        """Leave out the paths that are hidden."""
        return [path for path in paths if path not in self.hidden]

    @property
    def project_dir(self) -> Path:
        """The project is where the session starts."""
        return self.cwd

    @property
    def directories(self) -> tuple[Path, ...]:
        """No directories are added."""
        return (self.cwd,)


class Files:
    """A folder, a session in it, and the tools."""

    def __init__(self, folder: Path, scratch: Path) -> None:
        self.folder = folder
        self.session = FakeSession(folder, scratch)
        self._ids = count(1)

    def context(self, name: str, parameters: Mapping[str, Json]) -> ToolContext:
        """Return the context of a new call."""
        call = ToolCall(f"call-{next(self._ids)}", name, parameters)
        return ToolContext(cast("Session", self.session), call)

    async def call(self, name: str, **parameters: Json) -> ToolOutput:
        """Validate, judge and run a call, as the kernel does."""
        tool = TOOLS[name]
        context = self.context(name, parameters)
        asked = tool.input_model.model_validate(parameters)
        tool.actions(asked, context)
        output = await tool.run(asked, context)
        self._remember(context.call, output)
        return output

    async def text(self, name: str, **parameters: Json) -> str:
        """Return what the model reads of a call's result."""
        output = await self.call(name, **parameters)
        assert isinstance(output.content, str)
        return output.content

    async def response(self, name: str, **parameters: Json) -> dict[str, Any]:
        """Return the structured result of a call."""
        output = await self.call(name, **parameters)
        return cast("dict[str, Any]", output.response)

    def write(self, name: str, content: str | bytes) -> Path:
        """Make a file in the folder."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def _remember(self, call: ToolCall, output: ToolOutput) -> None:
        asked: JsonObject = {"type": "tool_use", "id": call.id, "name": call.name, "input": call.input}
        content: Json = output.content if isinstance(output.content, str) else list(output.content)
        told: JsonObject = {"type": "tool_result", "tool_use_id": call.id, "content": content}
        self.session.messages += [Message("assistant", (asked,)), Message("user", (told,))]


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """A session in an empty folder."""
    for name in ("work", "scratch"):
        (tmp_path / name).mkdir()
    return Files(tmp_path.resolve() / "work", tmp_path / "scratch")


def names(paths: Sequence[str], folder: Path) -> list[str]:
    """Return paths relative to a folder."""
    return [os.path.relpath(path, folder) for path in paths]
