"""What faces are made of: frontends, questions, renderers, and the small parts of a prompt."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from .messages import ToolCall
from .permissions import Action, PermissionUpdate, Scope, Verdict
from .session import Kernel, Options, Session
from .tools import ToolOutcome
from .values import JsonObject


@dataclass(frozen=True)
class Choice:
    """One answer a question offers."""

    label: str
    value: str
    description: str = ""


@dataclass(frozen=True, kw_only=True)
class Question:
    """Something to ask the user."""

    title: str
    text: str = ""
    choices: tuple[Choice, ...] = ()
    #: Whether words of the user's own are welcome beside the choices.
    free_text: bool = False


@dataclass(frozen=True, kw_only=True)
class PermissionQuestion(Question):
    """Whether a call may run. ``suggestions`` are what an answer may save, narrowest first."""

    call: ToolCall
    input: JsonObject
    #: The actions that need the user's word, each with the verdict that says so.
    actions: tuple[tuple[Action, Verdict], ...] = ()
    suggestions: tuple[PermissionUpdate, ...] = ()


@dataclass(frozen=True)
class Answer:
    """What the user answered: the value of a choice, and words of their own."""

    value: str
    text: str = ""


@dataclass(frozen=True)
class PermissionAnswer(Answer):
    """The answer to a ``PermissionQuestion``; ``value`` is ``allow`` or ``deny``.

    A deny with ``text`` is a reason the model goes on with; one without ends the turn.
    """

    scope: Scope = "once"
    updates: tuple[PermissionUpdate, ...] = ()
    updated_input: JsonObject | None = None


class Frontend(ABC):
    """A face of gaff: the REPL, headless runs, a protocol."""

    name: ClassVar[str]
    summary: ClassVar[str]
    #: Frontends are asked from high to low whether the command line means them.
    rank: ClassVar[int] = 0
    #: Whether a person sits at it.
    interactive: ClassVar[bool] = True

    @abstractmethod
    def wants(self, options: Options, interactive: bool) -> bool:
        """Whether this command line means this face; ``interactive``: stdin and stdout are a terminal."""

    @abstractmethod
    async def run(self, kernel: Kernel) -> int:
        """Serve until the user leaves, and return the exit code."""


class Renderer(ABC):
    """Draws the calls of some tools, as text with ANSI colours; control sequences of the content removed."""

    #: The tools it draws; ``*`` for all that no other renderer draws.
    tools: ClassVar[tuple[str, ...]]

    @abstractmethod
    def call(self, call: ToolCall, input: JsonObject, width: int) -> str:
        """Return the line or lines that say what the call does."""

    @abstractmethod
    def result(self, outcome: ToolOutcome, width: int, full: bool) -> str:
        """Return what to show of the result: a summary, or all of it where ``full``."""

    @property
    def name(self) -> str:
        """The name in lists."""
        return " ".join(self.tools)


@dataclass(frozen=True)
class StatusItem:
    """A part of the status line: ``text`` returns it for the session as it is now, empty to leave it out."""

    name: str
    text: Callable[[Session], str]
    #: Items are drawn from low to high.
    order: int = 50


@dataclass(frozen=True)
class Completion:
    """One completion: ``text`` replaces the last ``length`` characters before the cursor."""

    text: str
    length: int
    display: str = ""
    meta: str = ""


class Completer(ABC):
    """Completes what the user types; called in a worker thread."""

    name: ClassVar[str]

    @abstractmethod
    def complete(self, before: str, session: Session) -> Sequence[Completion]:
        """Return the completions for the text before the cursor; none where it is not for this completer."""


@dataclass(frozen=True)
class KeyBinding:
    """A key of the prompt. ``keys`` as prompt_toolkit names them: ``("c-x", "c-e")``."""

    name: str
    keys: tuple[str, ...]
    summary: str
    action: Callable[[PromptControl], None]


class PromptControl(ABC):
    """What a key binding may do at the prompt."""

    session: Session

    @abstractmethod
    def text(self) -> str:
        """Return what stands in the prompt."""

    @abstractmethod
    def set_text(self, text: str) -> None:
        """Replace what stands in the prompt."""

    @abstractmethod
    def submit(self) -> None:
        """Send it."""

    @abstractmethod
    def show(self, markdown: str) -> None:
        """Print something above the prompt."""
