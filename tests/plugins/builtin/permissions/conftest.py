"""A small house for the policies: a session of plain values, and the votes of all plugins of the family."""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import cast

import pytest

from gaff.hooks import (
    Action,
    Behavior,
    EventContext,
    Json,
    JsonObject,
    Notice,
    PermissionCheck,
    PermissionMode,
    PermissionRequest,
    Session,
    SessionEvent,
    State,
    ToolOutput,
    ToolRun,
    Vote,
    hookimpl,
    strictest,
)
from gaff.plugins.builtin import permissions
from gaff.testing import Reply, Shell, call, say


@dataclass(frozen=True)
class FakeValue:
    """A value of one settings level."""

    level: str
    path: str
    base: Path
    value: Json
    trusted: bool = True


@dataclass(frozen=True)
class FakeProblem:
    """A settings file that cannot be used."""

    path: str
    message: str


@dataclass(frozen=True)
class FakeSettings:
    """Settings of given levels, the highest first."""

    values: Sequence[FakeValue] = ()
    problems: Sequence[FakeProblem] = ()

    def get(self, *path: str) -> Json:
        """Return the highest level's value."""
        return next((value.value for value in self.by_level(*path)), None)

    def by_level(self, *path: str) -> Sequence[FakeValue]:
        """Return every level's own value."""
        found: list[FakeValue] = []
        for one in self.values:
            value = one.value
            for key in path:
                value = value.get(key) if isinstance(value, Mapping) else None
            if value is not None:
                found.append(FakeValue(one.level, one.path, one.base, value, one.trusted))
        return found


@dataclass(frozen=True)
class FakeOptions:
    """A command line."""

    values: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    prompt: str | None = None

    def text(self, name: str) -> str | None:
        """Return the value of an option."""
        return next(iter(self.values.get(name, ())), None)

    def texts(self, name: str) -> Sequence[str]:
        """Return the values of an option."""
        return self.values.get(name, ())

    def flag(self, name: str) -> bool:
        """Return whether the option was given."""
        return name in self.values


@dataclass(frozen=True)
class FakeTool:
    """A tool as the manifest knows it."""

    name: str


@dataclass(frozen=True)
class FakeKernel:
    """Knows some tools."""

    tools: Sequence[str] = ("Bash", "GitStatus")
    #: No plugin is loaded, so no classifier is there.
    reports: Sequence[object] = ()

    def contributed(self, hook: str) -> Sequence[FakeTool]:
        """Return the tools."""
        return [FakeTool(name) for name in self.tools]


@dataclass
class FakeSession:
    """A session of plain values."""

    project_dir: Path
    home: Path
    cwd: Path = Path()
    directories: tuple[Path, ...] = ()
    mode: PermissionMode = "default"
    settings: FakeSettings = field(default_factory=FakeSettings)
    options: FakeOptions = field(default_factory=FakeOptions)
    kernel: FakeKernel = field(default_factory=FakeKernel)
    state: State = field(default_factory=State)
    published: list[SessionEvent] = field(default_factory=list[SessionEvent])
    environ: Mapping[str, str] = field(default_factory=dict[str, str])

    def __post_init__(self) -> None:
        self.cwd = self.cwd if self.cwd != Path() else self.project_dir
        self.directories = (self.project_dir.resolve(), *self.directories)

    @property
    def start_dir(self) -> Path:
        """The current directory at the start."""
        return self.project_dir

    @property
    def results_dir(self) -> Path:
        """The session's own results."""
        return self.home / "results"

    @property
    def scratch_dir(self) -> Path:
        """The session's own scratch."""
        return self.home / "scratch"

    @property
    def event_context(self) -> EventContext:
        """The shared fields."""
        return EventContext(
            session_id="s", transcript_path="/t", cwd=str(self.cwd), permission_mode=self.mode
        )

    def publish(self, event: SessionEvent) -> None:
        """Keep what the faces would be told."""
        self.published.append(event)

    def set_mode(self, mode: PermissionMode) -> None:
        """Change the mode."""
        self.mode = mode

    def add_directory(self, path: Path) -> None:
        """Add a working directory."""
        self.directories = (*self.directories, path)


def plugins() -> list[ModuleType]:
    """Return every plugin of the family."""
    names = (
        info.name for info in pkgutil.iter_modules(permissions.__path__) if not info.name.startswith("_")
    )
    return [importlib.import_module(f"{permissions.__name__}.{name}") for name in names]


PLUGINS = plugins()


class House:
    """A session with settings that a test writes down, and the gate over all plugins."""

    def __init__(self, root: Path) -> None:
        self.user = root / "user"
        self.project = root / "proj"
        self.levels: list[FakeValue] = []
        self.session = FakeSession(self.project, self.user / ".gaff")

    def settings(
        self,
        given: Mapping[str, Json] | None = None,
        *,
        level: str = "user",
        path: str = "",
        base: Path | None = None,
        trusted: bool = True,
        **permissions: Json,
    ) -> None:
        """Put one more level into force, with these permissions."""
        file = path or str(self.user / ".gaff" / "settings.json")
        values = {"permissions": {**(given or {}), **permissions}}
        self.levels.append(FakeValue(level, file, base or self.project, values, trusted))
        self.session.settings = FakeSettings(tuple(self.levels))

    def votes(
        self,
        action: Action,
        tool: str = "Bash",
        tool_input: JsonObject | None = None,
        *,
        read_only: bool = False,
    ) -> list[tuple[str, Vote]]:
        """Return every plugin's vote."""
        event = PermissionCheck(
            context=self.session.event_context,
            session=cast("Session", self.session),
            tool_name=tool,
            tool_input=tool_input or {},
            action=action,
            read_only=read_only,
        )
        asked = ((plugin.__name__.rpartition(".")[2], plugin) for plugin in PLUGINS)
        answered = (
            (name, plugin.gaff_check_permission(event))
            for name, plugin in asked
            if hasattr(plugin, "gaff_check_permission")
        )
        return [(name, vote) for name, vote in answered if vote is not None]

    def verdict(
        self,
        action: Action,
        tool: str = "Bash",
        tool_input: JsonObject | None = None,
        *,
        read_only: bool = False,
    ) -> Behavior:
        """Return the strictest vote, and what dontAsk mode makes of a question."""
        votes = self.votes(action, tool, tool_input, read_only=read_only)
        found = strictest(vote.behavior for _, vote in votes)
        if found == "ask":
            request = PermissionRequest(context=self.session.event_context, tool_name=tool, tool_input={})
            answers = (
                plugin.gaff_permission_request(request)
                for plugin in PLUGINS
                if hasattr(plugin, "gaff_permission_request")
            )
            return next((answer.behavior for answer in answers if answer), "ask")
        return found

    def run(self, command: str, **facts: object) -> Action:
        """Return the action of a simple command, split at spaces."""
        return run(command, **facts)

    def file(self, kind: str, path: str) -> Action:
        """Return a file action on a path, relative to the project."""
        target = os.path.join(self.project, os.path.expanduser(path))
        return Action(kind, target, os.path.realpath(target))  # type: ignore[arg-type]


def run(command: str, **facts: object) -> Action:
    """Return the ``run`` action of a simple command, its words split at spaces."""
    given: dict[str, object] = {"words": tuple(command.split()), **facts}
    return Action("run", command, **given)  # type: ignore[arg-type]


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    """Return a house in a temp folder, with a user of its own who is not root."""
    made = House(Path(os.path.realpath(tmp_path)))
    made.project.mkdir()
    made.session.home.mkdir(parents=True)
    monkeypatch.setenv("HOME", str(made.user))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    return made


class Spared:
    """Runs nothing: what passes the gate is said to be done."""

    @hookimpl
    @asynccontextmanager
    async def gaff_tool_call(self, run: ToolRun) -> AsyncGenerator[None]:
        """Put a result in place of every call."""
        run.output = ToolOutput("done")
        yield


@pytest.fixture
def auto(shell: Shell) -> Shell:
    """Return a session in auto mode in which no call is really run."""
    shell.options("--permission-mode", "auto")
    shell.plugin(Spared(), "spared")
    return shell


REVIEWER = "You review the tool calls"


def bash(command: str) -> Reply:
    """Return a model's call of Bash."""
    return call("Bash", {"command": command})


def write(path: str, content: str = "x") -> Reply:
    """Return a model's call of Write."""
    return call("Write", {"file_path": path, "content": content})


def verdict(answer: str, tier: str = "intent", reason: str = "because") -> Reply:
    """Return a reviewer's answer."""
    return say(json.dumps({"tier": tier, "verdict": answer, "reason": reason}))


def reviews(shell: Shell) -> list[JsonObject]:
    """Return the requests that went to the reviewer."""
    return [request for request in shell.requests if REVIEWER in str(request.get("system"))]


def told(shell: Shell) -> str:
    """Return everything the user was told."""
    return "\n".join(event.text for event in shell.events if isinstance(event, Notice))


def results(shell: Shell) -> list[str]:
    """Return how each call ended."""
    return [outcome.status for outcome in shell.outcomes]


def rulings(shell: Shell) -> list[JsonObject]:
    """Return what auto mode recorded."""
    return [entry for entry in shell.transcript if entry["type"] == "gaff-auto"]


def shown(request: JsonObject) -> str:
    """Return everything a request says, as text."""
    return json.dumps(request, default=list, ensure_ascii=False)
