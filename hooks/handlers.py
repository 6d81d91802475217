"""Kinds of hook handler as plugins: what runs where settings say ``"type": "command"``.

A handler in full::

    class Note(HookHandler):
        name = "note"
        summary = "append a line to a file"
        fields = {"file": "string"}
        required = ("file",)

        async def run(self, run: HookRun) -> HookResult:
            with Path(run.text("file")).open("a") as file:
                file.write(f"{run.event}\\n")
            return HookResult()

Contribute it by ``gaff_register_hook_handlers``, and ``{"type": "note", "file": "log.txt"}`` works in every
settings file, on every event. Source: code.claude.com/docs/en/hooks.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal, TypeAlias

from .values import Json, JsonObject, text_at

if TYPE_CHECKING:
    from .session import Kernel, Session

FieldType: TypeAlias = Literal["string", "boolean", "number", "array", "object"]


@dataclass(frozen=True)
class HookSource:
    """Where a handler was configured."""

    #: As lists of hooks call it: ``User Settings``, ``Project Settings``, ``Plugin Hooks`` ...
    label: str
    #: ``managed``, ``command line``, ``local``, ``project``, ``user``, ``plugin`` or ``session``.
    level: str
    #: The file, or how the command line said it.
    path: str
    #: The folder that relative paths of the entry start from.
    base: Path
    trusted: bool = True
    #: What placeholders stand for besides ``CLAUDE_PROJECT_DIR``; handlers' processes get it as variables.
    variables: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True)
class HookRun:
    """One firing of one handler."""

    #: The documented name of the event.
    event: str
    #: The documented object, as command hooks read it on stdin.
    payload: JsonObject
    #: The same as JSON text.
    stdin: bytes
    #: The handler's entry in the settings.
    config: JsonObject
    source: HookSource
    #: Seconds it may take; the caller sees to it by cancelling.
    timeout: float
    kernel: Kernel
    cwd: Path
    make_environ: Callable[[], Mapping[str, str]]
    #: ``None`` where the handler is only tried out.
    session: Session | None = None

    @cached_property
    def environ(self) -> Mapping[str, str]:
        """The environment for child processes, complete."""
        return self.make_environ()

    def text(self, key: str) -> str:
        """Return the string at ``key`` of the entry, empty where there is none."""
        return text_at(self.config, key)


@dataclass(frozen=True, kw_only=True)
class HookResult:
    """How a handler ended.

    Either it speaks as commands do, by ``exit_code``, ``stdout`` and ``stderr``, or by ``output``, the
    documented JSON object, or by ``refusal``, a judge's reason. ``failure`` says that it did not work.
    """

    exit_code: int = 0
    stdout: str = ""
    stderr: str = ""
    output: JsonObject | None = None
    #: Why the judge says no; ``None`` where it agrees.
    refusal: str | None = None
    #: Whether a refusal also ends the turn, where the event knows both.
    ends_turn: bool = False
    #: Why the handler did not do its work: it could not be started, the server said 500 ...
    failure: str | None = None


class HookHandler(ABC):
    """A kind of handler. One instance serves all sessions."""

    #: The value of ``type`` in settings.
    name: ClassVar[str]
    summary: ClassVar[str]
    #: The fields of an entry beside the common ones, and what each must be.
    fields: ClassVar[Mapping[str, FieldType]] = {}
    required: ClassVar[tuple[str, ...]] = ()
    #: Seconds a run may take where neither the entry nor the event says otherwise.
    timeout: ClassVar[float] = 600.0
    #: Whether events with a shorter default (``UserPromptSubmit``: 30 s) shorten it.
    is_quick: ClassVar[bool] = True
    #: Events it cannot run on.
    unsupported: ClassVar[frozenset[str]] = frozenset()

    def check(self, config: JsonObject, source: HookSource, kernel: Kernel) -> str | None:
        """Return why an entry with the right fields cannot be used all the same; ``None`` where it can."""
        return None

    def title(self, config: JsonObject) -> str:
        """Return what tells this entry from others, for lists: the command, the address."""
        return next((str(config[key]) for key in self.required if key in config), self.name)

    def waits(self, config: JsonObject) -> bool:
        """Whether the event waits for the handler; where not, it runs beside the turns and decides nothing."""
        return True

    @abstractmethod
    async def run(self, run: HookRun) -> HookResult:
        """Do it. Cancelled when its time is over: leave nothing behind.

        What is raised counts as a failure of this one firing.
        """


def is_of_type(value: Json, wanted: FieldType) -> bool:
    """Whether a value of an entry is what its field must be."""
    if wanted == "number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    kinds: Mapping[FieldType, type] = {"string": str, "boolean": bool, "array": list, "object": dict}
    return isinstance(value, kinds[wanted])
