"""What plugins may see and do: the session and the kernel.

These are protocols: the kernel's own classes satisfy them, and so may a test's.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self, TextIO, TypeVar

from .values import Json, JsonObject

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from .commands import Command
    from .compaction import Compaction
    from .events import Event, EventContext
    from .interface import Answer, Question, Renderer
    from .messages import Message, PromptOrigin, ToolCall, Usage
    from .models import Model
    from .permissions import Decision, Judged, PermissionMode, PermissionUpdate
    from .sessions import SessionStore
    from .settings import Setting
    from .state import State
    from .stream import SessionEvent, TurnResult
    from .timings import Timing
    from .tools import Tool, ToolOutcome

Value = TypeVar("Value")


class Settings(Protocol):
    """The merged settings of all levels. Arrays are joined, objects merged, scalars from the highest level."""

    def get(self, *path: str) -> Json:
        """Return the merged value at ``path`` (``get("permissions", "defaultMode")``), or ``None``."""
        ...

    def by_level(self, *path: str) -> Sequence[SettingValue]:
        """Return each level's own value at ``path``, highest level first, levels without one left out.

        Without a path it is all that the level says.
        """
        ...

    @property
    def problems(self) -> Sequence[SettingsProblem]:
        """Files that could not be used, highest level first."""
        ...


class SettingsProblem(Protocol):
    """A settings file that could not be used."""

    @property
    def path(self) -> str: ...
    @property
    def message(self) -> str: ...


class SettingValue(Protocol):
    """A value and the level it comes from."""

    @property
    def level(self) -> str:
        """``managed``, ``command line``, ``local``, ``project`` or ``user``."""
        ...

    @property
    def path(self) -> str:
        """The file, or how the command line said it."""
        ...

    @property
    def base(self) -> Path:
        """The folder that ``/path`` patterns of this level start from."""
        ...

    @property
    def value(self) -> Json: ...

    @property
    def trusted(self) -> bool:
        """False for a project's files in a folder the user has not trusted: only their denials and asks count."""
        ...


class Options(Protocol):
    """The command line, as the options that plugins registered."""

    def text(self, name: str) -> str | None:
        """Return the value of an option that takes one; ``None`` where it was not given."""
        ...

    def texts(self, name: str) -> Sequence[str]:
        """Return all values of an option that may be repeated."""
        ...

    def flag(self, name: str) -> bool:
        """Return whether an option without a value was given."""
        ...

    @property
    def prompt(self) -> str | None:
        """The words after the options, joined: the first prompt."""
        ...


class Session(Protocol):
    """One conversation and everything that belongs to it."""

    @property
    def id(self) -> str: ...
    @property
    def project_dir(self) -> Path:
        """The project; the boundary of the working directories, never moved."""
        ...

    @property
    def start_dir(self) -> Path:
        """The current directory at the start, from which relative patterns of allow rules are taken."""
        ...

    @property
    def cwd(self) -> Path:
        """The current directory; change it with ``change_directory``."""
        ...

    @property
    def directories(self) -> tuple[Path, ...]:
        """The working directories: the project's and the added ones, resolved."""
        ...

    @property
    def home(self) -> Path:
        """Where gaff keeps the user's settings and sessions."""
        ...

    @property
    def scratch_dir(self) -> Path:
        """A private folder of this session for files that need not last, mode 0700, made when first asked for."""
        ...

    @property
    def results_dir(self) -> Path:
        """A private folder beside the transcript for output too long to show, made when first asked for."""
        ...

    @property
    def environ(self) -> Mapping[str, str]:
        """The environment for child processes: the user's, with ``env`` settings, without provider keys."""
        ...

    @property
    def mode(self) -> PermissionMode: ...
    @property
    def model(self) -> Model: ...
    @property
    def messages(self) -> Sequence[Message]:
        """The conversation as the next request will send it."""
        ...

    @property
    def deferred(self) -> ToolCall | None:
        """The call that a hook put off; the next turn begins with it."""
        ...

    @property
    def usage(self) -> Usage:
        """All tokens of this session so far."""
        ...

    @property
    def cost_usd(self) -> float: ...
    @property
    def context_tokens(self) -> int:
        """Tokens the last request and its answer occupied; 0 before the first."""
        ...

    @property
    def compaction(self) -> Compaction:
        """Makes the conversation smaller, shows what that would do, and takes it back."""
        ...

    def count(self, usage: Usage, model: Model) -> float:
        """Count the tokens of a plugin's own request to a model; return what they cost in US dollars."""
        ...

    @property
    def settings(self) -> Settings: ...
    @property
    def options(self) -> Options: ...
    @property
    def kernel(self) -> Kernel: ...
    @property
    def state(self) -> State: ...
    @property
    def transcript_path(self) -> Path: ...
    @property
    def busy(self) -> bool:
        """Whether a turn is running."""
        ...

    @property
    def event_context(self) -> EventContext:
        """The fields that all events of this session share, as of now."""
        ...

    async def submit(
        self, prompt: str | Sequence[JsonObject], *, origin: PromptOrigin = "human"
    ) -> TurnResult:
        """Run a turn on this prompt and return how it ended; ``origin`` says whose words it is.

        An empty sequence goes on with the ``deferred`` call alone.

        Raises:
            SessionError: another turn is running, or the transcript cannot be written.
        """
        ...

    async def expand(self, command: str, arguments: str, prompt: str) -> str:
        """Ask the hooks whether a command the user typed may become this prompt; return it with what they add.

        Raises:
            UsageError: a hook refused; the message says why.
        """
        ...

    async def run_call(self, call: ToolCall, *, typed: bool = False) -> ToolOutcome:
        """Run a tool call outside of a turn, through hooks and permission check like any call of the model.

        ``typed`` is a call the user typed: hooks may stop it, and nobody is asked whether it may run.
        """
        ...

    async def announce(self, event: Event) -> Decision | None:
        """Fire a documented event that a plugin found out about: a changed file, a task, a notification.

        The hooks' warnings are shown and their contexts reach the model. Returns what they decided where
        the event is a gate and somebody answered.
        """
        ...

    def queue(self, prompt: str, *, origin: PromptOrigin = "human") -> None:
        """Hand in a prompt while a turn runs: it joins the turn after the tool calls under way, or follows it."""
        ...

    def take_back(self) -> str | None:
        """Take the user's newest queued prompt back; ``None`` where there is none."""
        ...

    def interrupt(self) -> None:
        """Stop the running turn; what is finished is kept. Does nothing when idle."""
        ...

    def remind(self, text: str) -> None:
        """Tell the model something with the next request; it goes into the user turn, never the system prompt."""
        ...

    def publish(self, event: SessionEvent) -> None:
        """Tell the faces."""
        ...

    def subscribe(self, *kinds: type[SessionEvent]) -> Subscription:
        """Listen from now on to events of these kinds; without any, to all but the raw ``ModelStreamed``."""
        ...

    async def ask(self, question: Question) -> Answer | None:
        """Ask the user; ``None`` where nobody can be asked."""
        ...

    def start(self, work: Coroutine[Any, Any, None], name: str) -> BackgroundTask:
        """Run something beside the turns; it is cancelled when the session ends."""
        ...

    async def change_directory(self, path: Path) -> None:
        """Move the session; ``CwdChanged`` fires."""
        ...

    def set_mode(self, mode: PermissionMode) -> None: ...

    async def set_model(self, name: str) -> None:
        """Use this model (``provider:name``, a name or an alias) from the next request on.

        Raises:
            UsageError: there is no such model, or a hook refused the switch.
        """
        ...

    def add_directory(self, path: Path) -> None:
        """Make a folder one more working directory."""
        ...

    async def update_permissions(self, updates: Sequence[PermissionUpdate]) -> None:
        """Apply permission updates through the plugins that keep rules."""
        ...

    async def visible(self, paths: Sequence[str]) -> Sequence[str]:
        """Leave out the absolute paths that some plugin hides from the model: what a search must not show."""
        ...

    watched: set[str]
    """Files that hooks want to be told about when they change: absolute paths."""

    variables: dict[str, str]
    """What plugins add to ``environ``."""

    effort: str | None
    """The level of effort the model works at, for hooks and commands; ``None`` where it knows none."""

    end_reason: str
    """What ``SessionEnd`` will tell: clear, resume, logout, prompt_input_exit or other."""

    def record(self, entry: JsonObject) -> None:
        """Append an entry of a plugin's own to the transcript; ``type`` names it, ``sessionId`` is added."""
        ...


class BackgroundTask(Protocol):
    """Something that runs beside the turns."""

    @property
    def name(self) -> str: ...
    @property
    def done(self) -> bool: ...
    def cancel(self) -> None: ...


class Subscription(Protocol):
    """A face's ear. Use as a context manager, and iterate over it; it ends when the session closes."""

    def __enter__(self) -> Self: ...
    def __exit__(self, *exc: object) -> None: ...
    def __aiter__(self) -> Self: ...
    async def __anext__(self) -> SessionEvent: ...


class Contributed(Protocol):
    """What the manifest knows of a contributed record, the plugin not imported."""

    @property
    def plugin(self) -> str: ...
    @property
    def hook(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def facts(self) -> JsonObject:
        """The record's facts: for a tool ``summary``, ``description``, ``schema``, ``read_only``, ``always`` ..."""
        ...


class PluginReport(Protocol):
    """The state of one plugin, loaded or not."""

    @property
    def name(self) -> str: ...
    @property
    def state(self) -> str:
        """``active``, ``disabled``, ``replaced``, ``failed``, ``untrusted``, ``suspended`` or ``gone``."""
        ...

    @property
    def source(self) -> str:
        """``command line``, ``project``, ``user``, ``installed`` or ``built-in``."""
        ...

    @property
    def reason(self) -> str:
        """Why it is not active; empty where it is."""
        ...

    @property
    def conflicts(self) -> Sequence[str]:
        """What it contributes that gives way to another plugin's of the same name, a line each."""
        ...

    @property
    def path(self) -> str:
        """The file or module it is in."""
        ...

    @property
    def hooks(self) -> Sequence[str]: ...
    @property
    def summary(self) -> str:
        """The first line of what its author says of it."""
        ...

    @property
    def distribution(self) -> str:
        """The installed distribution it comes from and its version; empty where it is a file."""
        ...

    @property
    def generation(self) -> int:
        """How often it was loaded in this process; 0 where it was not yet."""
        ...

    @property
    def import_ms(self) -> float | None:
        """Milliseconds its import took; ``None`` where it was not imported yet."""
        ...


@dataclass(frozen=True)
class Reloaded:
    """How a reload went."""

    plugin: str
    #: Counts a plugin's loads in this process, from 1.
    generation: int
    #: What the old generation left behind that could not be taken away, a line each.
    left_behind: tuple[str, ...] = ()
    #: What is new, gone or changed for the user and the model, a line each.
    changes: tuple[str, ...] = ()


class Kernel(Protocol):
    """What outlives a session: settings, options, plugins and what they contribute."""

    @property
    def settings(self) -> Settings: ...
    @property
    def options(self) -> Options: ...
    @property
    def home(self) -> Path: ...
    @property
    def project_dir(self) -> Path: ...
    @property
    def environ(self) -> Mapping[str, str]:
        """The environment gaff was started with, ``env`` settings on top."""
        ...

    @property
    def version(self) -> str: ...

    @property
    def interactive(self) -> bool:
        """Whether a person sits at it."""
        ...

    @property
    def stdout(self) -> TextIO | None:
        """Standard output, for the face that runs and nobody else; ``None`` where it is closed.

        What is printed past it is told to the user under the plugin's name.
        """
        ...

    @property
    def trusted(self) -> bool:
        """Whether the user trusts this folder: its plugins, hooks, allow rules and variables count."""
        ...

    def trust(self) -> None:
        """Remember that the user trusts this folder; it counts from the next start.

        Raises:
            UsageError: it could not be remembered.
        """
        ...

    def contributed(self, hook: str) -> Sequence[Contributed]:
        """Return what plugins contribute to this hook, in order, from the manifest: imports nothing."""
        ...

    def load(self, contributed: Contributed) -> object:
        """Import the plugin and return the record itself.

        Raises:
            PluginError: the plugin cannot be imported or no longer offers the record.
        """
        ...

    def plugin_of(self, hook: str, name: str) -> str:
        """Return the plugin that contributes this record; empty where none does."""
        ...

    def call(self, plugin: str, function: Callable[..., Value], *arguments: object) -> Value:
        """Call a function of a plugin's record, as faces do; what holds up the shell for too long is broken off.

        Raises:
            PluginError: it was broken off. Whatever else it raises comes through.
        """
        ...

    async def drive(self, plugin: str, work: Awaitable[Value]) -> Value:
        """Await what a function of a plugin's record returned, as ``call`` calls one.

        Raises:
            PluginError: it was broken off. Whatever else it raises comes through.
        """
        ...

    def missing(self, hook: str, name: str) -> str:
        """Return which plugin that is not in use would contribute this, and why; empty where none would."""
        ...

    def tool(self, name: str) -> Tool[Any] | None:
        """Return the tool of this name."""
        ...

    def command(self, name: str) -> Command | None:
        """Return the slash command of this name or alias, given without the slash."""
        ...

    def renderer(self, tool_name: str) -> Renderer | None:
        """Return what draws the calls of this tool."""
        ...

    def open_model(self, name: str | None) -> Model:
        """Return the model ``provider:name``, ``name`` or an alias means; the best available for ``None``.

        Raises:
            UsageError: there is none.
        """
        ...

    def session_store(self) -> SessionStore: ...

    @property
    def known_settings(self) -> Sequence[Setting]: ...

    def reload_settings(self) -> None:
        """Read the settings files again, as after a change."""
        ...

    @property
    def reports(self) -> Sequence[PluginReport]: ...

    @property
    def notices(self) -> Sequence[str]:
        """What start-up has to tell the user: broken settings, plugins that did not load."""
        ...

    def open_session(
        self,
        *,
        resume: str | None = None,
        fork: bool = False,
        session_id: str | None = None,
        source: str = "startup",
    ) -> AbstractAsyncContextManager[Session]:
        """Open a session: a new one, or the one with the id ``resume``.

        ``fork`` continues it under a new id. ``source`` is that of ``SessionStart``.

        Raises:
            SessionError: there is no such session, or another process is writing it.
            UsageError: the model or another option cannot be used.
        """
        ...

    def register(self, plugin: object, name: str) -> None:
        """Register a plugin object from now on, as frontends do with their own hooks."""
        ...

    def unregister(self, name: str) -> None: ...

    async def judge(self, session: Session, call: ToolCall, tool: Tool[Any] | None = None) -> Judged:
        """Return how a call would be decided in a session: hooks and policies are asked as the gate asks them.

        Nothing is run or recorded, and nobody is asked. ``tool`` stands in for one that is not there.
        """
        ...

    async def reload(self, name: str) -> Reloaded:
        """Load a plugin anew from its file; everything it contributes is exchanged at once.

        Raises:
            PluginError: there is no such plugin, or the new version cannot be used; the old one goes on.
        """
        ...

    @property
    def timings(self) -> Mapping[str, Timing]:
        """What each plugin has cost in this process, by name."""
        ...
