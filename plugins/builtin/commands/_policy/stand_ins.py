"""Tools that are not here: judged by what the public contract says they take, else by their name alone."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, ValidationError

from gaff.hooks import (
    Action,
    ActionKind,
    Json,
    JsonObject,
    Kernel,
    Tool,
    ToolContext,
    ToolError,
    ToolOutput,
    text_at,
)

#: Former names of tools.
_RENAMED: Final = {
    "Task": "Agent",
    "KillShell": "TaskStop",
    "KillBash": "TaskStop",
    "BashOutput": "TaskOutput",
    "SlashCommand": "Skill",
    "NotebookRead": "Read",
}
#: The parameter that says what such a tool is about, and what it does to that.
_SHAPES: Final[Mapping[str, tuple[str, ActionKind]]] = {
    "WebFetch": ("url", "fetch"),
    "NotebookEdit": ("notebook_path", "write"),
    "MultiEdit": ("file_path", "write"),
    "Write": ("file_path", "write"),
    "Edit": ("file_path", "write"),
    "Read": ("file_path", "read"),
    "Grep": ("path", "read"),
    "Glob": ("path", "read"),
    "LS": ("path", "read"),
}
#: Tools whose ``command`` is judged as the Bash tool's is.
_SHELLS: Final = frozenset({"Monitor"})
#: Tools whose ``command`` nobody can read where they are not here.
_OTHER_SHELLS: Final = frozenset({"Bash", "PowerShell"})
#: What is put in for parameters that a case leaves out, as many kinds as it takes.
_FILLERS: Final[tuple[Json, ...]] = ("", 0, (), {}, False)


class AnyInput(BaseModel):
    """Whatever a case gives."""

    model_config = ConfigDict(extra="allow")


class StandIn(Tool[AnyInput]):
    """A tool of which only the name, and for some a parameter, is known."""

    name = "StandIn"
    summary = "Stands in for a tool that is not there."
    input_model = AnyInput

    def __init__(self, name: str, shell: Tool[Any] | None) -> None:
        self.name = name  # type: ignore[misc]
        self._shell = shell

    def actions(self, input: AnyInput, context: ToolContext) -> Sequence[Action]:
        """Say what the call would do, as far as its name and its parameters tell."""
        given = input.model_dump()
        if self.name in _SHELLS and self._shell is not None:
            return self._shell.actions(self._shell.input_model(command=text_at(given, "command")), context)
        if self.name in _OTHER_SHELLS:
            why = f"{self.name} commands cannot be read here"
            return (Action("run", text_at(given, "command"), understood=False, why=why),)
        parameter, kind = _SHAPES.get(self.name, ("", "use"))
        if kind == "use":
            return (Action("use", self.name),)
        target = text_at(given, parameter)
        return (Action("fetch", target) if kind == "fetch" else _on_file(kind, target, context),)

    def hook_input(self, input: AnyInput, context: ToolContext) -> JsonObject:
        """Return the input as it was given."""
        return input.model_dump()

    async def run(self, input: AnyInput, context: ToolContext) -> ToolOutput:
        """Refuse: this is for judging only."""
        raise ToolError(f"There is no tool {self.name}.")


def _on_file(kind: ActionKind, path: str, context: ToolContext) -> Action:
    target = os.path.normpath(os.path.join(context.cwd, os.path.expanduser(path)))
    return Action(kind, target, resolved=os.path.realpath(target))


class Tools:
    """The tools of this shell, and stand-ins for all others."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._known: dict[str, Tool[Any]] = {}

    def named(self, name: str) -> Tool[Any]:
        """Return the tool of this or, for a former name, today's name."""
        if name not in self._known:
            tool = self._kernel.tool(name) or self._kernel.tool(_RENAMED.get(name, name))
            shell = self._kernel.tool("Bash")
            self._known[name] = tool or StandIn(_RENAMED.get(name, name), shell)
        return self._known[name]


def completed(tool: Tool[Any], given: JsonObject) -> JsonObject:
    """Return an input with what is missing filled in, so that a case need only say what matters."""
    found = dict(given)
    missing: set[str] = set()
    for filler in _FILLERS:
        try:
            tool.input_model.model_validate(found)
        except ValidationError as fault:
            faults = [(str(error["loc"][0]), error["type"]) for error in fault.errors() if error["loc"]]
            missing |= {name for name, kind in faults if kind == "missing" and name not in found}
            found |= {name: filler for name, _ in faults if name in missing}
        else:
            break
    return found
