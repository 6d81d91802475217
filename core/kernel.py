"""The kernel: settings, options and plugins, and the sessions opened on them."""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TextIO, TypeVar, cast
from uuid import UUID, uuid4

from gaff.hooks.errors import PluginError, SessionError, UsageError
from gaff.hooks.permissions import PERMISSION_MODES, Judged, PermissionMode
from gaff.hooks.session import Contributed, Reloaded
from gaff.hooks.settings import Option, Setting
from gaff.hooks.values import Json, JsonObject, object_at, text_at

from . import __version__
from .dispatcher import Dispatcher, Failure
from .facade import Hooks
from .health import Health
from .leftovers import LEDGER
from .options import KERNEL_OPTIONS, ParsedOptions
from .plugin import Contribution, Report
from .registry import Plugins
from .settings import MergedSettings, Value
from .trust import trust, without_trust
from .watchdog import WATCHDOG, HeldUp

if TYPE_CHECKING:
    from gaff.hooks.commands import Command
    from gaff.hooks.interface import Renderer
    from gaff.hooks.messages import ToolCall
    from gaff.hooks.models import Model, ModelProvider
    from gaff.hooks.session import Session as AnySession
    from gaff.hooks.sessions import SessionStore, SessionSummary
    from gaff.hooks.timings import Timing
    from gaff.hooks.tools import Tool

    from .session import Session


Returned = TypeVar("Returned")

_UNTRUSTED: Final = (
    "this folder is not trusted, which leaves out its {what}; "
    "look at its .gaff and .claude folders, then say /trust, or start with --trust"
)


class Kernel:
    """What outlives a session."""

    version = __version__

    def __init__(
        self,
        *,
        home: Path,
        project_dir: Path,
        environ: Mapping[str, str],
        settings: MergedSettings,
        options: ParsedOptions,
        plugins: Plugins,
        trusted: bool = False,
        interactive: bool = False,
        subcommand: tuple[Contribution, Sequence[str]] | None = None,
        read_settings: Callable[[], MergedSettings] | None = None,
    ) -> None:
        self.home = home
        self.project_dir = project_dir
        self.environ = environ
        self.settings = settings
        self._read_settings = read_settings
        self.options = options
        self.plugins = plugins
        self.trusted = trusted
        self.interactive = interactive
        #: What was asked for in place of a conversation, and the words after it.
        self.subcommand = subcommand
        self.health = Health(plugins, self._told, self._plugin_failed)
        self.hooks = Hooks(Dispatcher(plugins.implementations, self.health))
        self._sessions: list[Session] = []
        # Lines from before there was a session to tell them in.
        self._untold: list[str] = []
        #: Standard output, for the face alone; ``None`` where it is closed. What others print is told.
        self.stdout: TextIO | None = sys.stdout
        self._loop: asyncio.AbstractEventLoop | None = None
        self._expected: set[str] = set()
        self._reloading = asyncio.Lock()

    # Contributions.

    def contributed(self, hook: str) -> Sequence[Contribution]:
        """Return what plugins contribute to this hook: imports nothing."""
        return self.plugins.contributed(hook)

    def load(self, contributed: Contributed) -> object:
        """Import the plugin and return the record itself."""
        return self.plugins.load(contributed)

    def _named(self, hook: str, name: str) -> object | None:
        found = next((one for one in self.contributed(hook) if one.name == name), None)
        return self.load(found) if found else None

    def call(self, plugin: str, function: Callable[..., Returned], *arguments: object) -> Returned:
        """Call a function of a plugin's record; what holds up the shell for too long is broken off.

        Raises:
            PluginError: it was broken off. Whatever else it raises comes through.
        """
        try:
            return WATCHDOG.call(plugin, function, *arguments)
        except HeldUp as fault:
            raise PluginError(plugin, str(fault)) from fault

    async def drive(self, plugin: str, work: Awaitable[Returned]) -> Returned:
        """Await what a function of a plugin's record returned, as ``call`` calls one.

        Raises:
            PluginError: it was broken off. Whatever else it raises comes through.
        """
        try:
            return await WATCHDOG.drive(plugin, work)
        except HeldUp as fault:
            raise PluginError(plugin, str(fault)) from fault

    def missing(self, hook: str, name: str) -> str:
        """Return which plugin that is not in use would contribute this, and why; empty where none would."""
        return self.plugins.missing(hook, name)

    def plugin_of(self, hook: str, name: str) -> str:
        """Return the plugin that contributes this record; empty where none does."""
        return next((one.plugin for one in self.contributed(hook) if one.name == name), "")

    def tool(self, name: str) -> Tool[Any] | None:
        """Return the tool of this name."""
        return cast("Tool[Any] | None", self._named("gaff_register_tools", name))

    def expect_tool(self, event: JsonObject) -> None:
        """Import the tool that a stream event names, in a thread, while the rest of the answer arrives."""
        block = object_at(event, "content_block")
        name = text_at(block, "name")
        if block.get("type") != "tool_use" or name in self._expected:
            return
        self._expected.add(name)
        if any(one.name == name for one in self.contributed("gaff_register_tools")):
            threading.Thread(target=self._import_tool, args=(name,), daemon=True).start()

    def _import_tool(self, name: str) -> None:
        with suppress(PluginError):  # told when the tool is called
            self.tool(name)

    async def judge(self, session: AnySession, call: ToolCall, tool: Tool[Any] | None = None) -> Judged:
        """Return how a call would be decided in a session; nothing is run and nobody is asked."""
        from gaff.hooks.tools import ToolContext

        from .gate import preview

        known = self.tool(call.name) if tool is None else tool
        if known is None:
            return Judged("deny", f"there is no tool {call.name}")
        return await preview(session, self.hooks, known, ToolContext(session, call))

    def command(self, name: str) -> Command | None:
        """Return the slash command of this name or alias."""
        for one in self.contributed("gaff_register_commands"):
            if name == one.name or name in cast("Sequence[str]", one.facts["aliases"]):
                return cast("Command", self.load(one))
        return None

    def renderer(self, tool_name: str) -> Renderer | None:
        """Return what draws the calls of this tool; the renderer for all where none is for it."""
        found = self.contributed("gaff_register_renderers")
        for wanted in (tool_name, "*"):
            for one in found:
                if wanted in cast("Sequence[str]", one.facts["tools"]):
                    return cast("Renderer", self.load(one))
        return None

    def session_store(self) -> SessionStore:
        """Return where transcripts are kept.

        Raises:
            UsageError: no plugin keeps any.
        """
        for one in self.contributed("gaff_register_session_stores"):
            store = cast("SessionStore", self.load(one))
            store.home = self.home
            return store
        raise UsageError("no plugin keeps sessions; enable sessions.jsonl")

    @property
    def known_settings(self) -> Sequence[Setting]:
        """Every settings key a plugin reads."""
        facts = (one.facts for one in self.contributed("gaff_register_settings"))
        return tuple(Setting(**cast("dict[str, Any]", fact)) for fact in facts)

    def trust(self) -> None:
        """Remember that the user trusts this folder.

        Raises:
            UsageError: it could not be remembered.
        """
        try:
            trust(self.home, self.project_dir)
        except (OSError, ValueError) as fault:
            raise UsageError(f"the trust in {self.project_dir} could not be kept: {fault}") from fault

    def reload_settings(self) -> None:
        """Read the settings files again; what was read from them at the start stays as it is."""
        if self._read_settings is not None:
            self.settings = self._read_settings()

    # Health.

    @property
    def reports(self) -> Sequence[Report]:
        """The state of every plugin."""
        return self.plugins.reports

    @property
    def notices(self) -> Sequence[str]:
        """What start-up has to tell the user."""
        problems = [problem.message for problem in self.settings.problems]
        asked = self.options.texts("setting-sources")
        unasked = self.options.flag("setting-sources") and not {"project", "local"} & {*asked}
        if not self.trusted and not unasked and (what := without_trust(self.settings, self.plugins.reports)):
            problems.append(_UNTRUSTED.format(what=what))
        self.plugins.find_conflicts()
        return [*problems, *self._setting_faults(), *self.plugins.notices, *self.health.lines]

    @property
    def timings(self) -> Mapping[str, Timing]:
        """What each plugin has cost in this process."""
        return self.health.timings

    def listens(self, hook: str) -> bool:
        """Whether any plugin implements this event hook."""
        return bool(self.plugins.implementations(hook))

    def register(self, plugin: object, name: str) -> None:
        """Register a plugin object from now on."""
        self.plugins.register(plugin, name)

    def unregister(self, name: str) -> None:
        """Let a registered plugin object go."""
        self.plugins.unregister(name)

    async def reload(self, name: str) -> Reloaded:
        """Load a plugin anew from its file; everything it contributes is exchanged at once.

        Raises:
            PluginError: there is no such plugin, or the new version cannot be used; the old one goes on.
        """
        from .reload import reload

        async with self._reloading:
            return await reload(self, name)

    def plugin_changed(self, name: str, changes: Sequence[str]) -> None:
        """Tell the open sessions of a plugin's new version."""
        self._expected.clear()
        for session in self._sessions:
            session.plugin_changed(name, tuple(changes))

    def forget_plugin(self, name: str, modules: frozenset[str]) -> None:
        """End what a plugin runs in the open sessions; its code is that of these modules."""
        for session in self._sessions:
            session.forget_plugin(name, modules)

    def _plugin_failed(self, failure: Failure, suspended: bool) -> None:
        if failure.hook != "gaff_plugin_failed" and self.listens("gaff_plugin_failed"):
            for session in self._sessions[-1:]:
                session.start(self._report(session, failure, suspended), "plugin failure report")

    async def _report(self, session: Session, failure: Failure, suspended: bool) -> None:
        from gaff.hooks.events import PluginFailed

        event = PluginFailed(
            context=session.event_context,
            plugin=failure.plugin,
            hook=failure.hook,
            reason=failure.reason,
            suspended=suspended,
        )
        await self.hooks.plugin_failed(event)

    def _told(self, line: str) -> None:
        self._untold.append(line)
        self._tell_sessions()

    def _tell_sessions(self) -> None:
        from gaff.hooks.stream import Notice

        if self._sessions:
            lines, self._untold = self._untold, []
            for session in self._sessions:
                for line in lines:
                    session.publish(Notice("warning", line))

    @property
    def untold(self) -> Sequence[str]:
        """What there was to tell when no session was open."""
        return tuple(self._untold)

    def tell_later(self, line: str, key: str = "") -> None:
        """Tell the user something once, from whichever thread."""
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            if self._loop is not None and not self._loop.is_closed():
                self._loop.call_soon_threadsafe(self.health.tell, line, key)
                return
        self.health.tell(line, key)

    def thread_failed(self, failed: threading.ExceptHookArgs) -> None:
        """Tell that a thread ended with an exception, as ``threading.excepthook`` does."""
        owner, trace = "", failed.exc_traceback
        while trace is not None and not owner:
            owner = self.plugins.owner_of(str(trace.tb_frame.f_globals.get("__name__", "")))
            trace = trace.tb_next
        name = failed.thread.name if failed.thread else "unknown"
        what = f"thread {name} ended: {failed.exc_type.__name__}: {failed.exc_value}"
        self.tell_later(f"plugin {owner}: {what}" if owner else what)

    def left_out(self, contributed: Contributed, fault: BaseException) -> None:
        """Tell that something a plugin contributed is not used, since its code failed."""
        self.health.tell(left_out(contributed, fault))

    # Models.

    def open_model(self, name: str | None) -> Model:
        """Return the model that ``provider:name``, ``name`` or an alias means.

        Raises:
            UsageError: there is none.
        """
        # A repository must not say what is used and where a key is sent, nor name a command that prints one.
        settings = self.settings.trusted()
        wanted = name or self.environ.get("ANTHROPIC_MODEL") or text_at(settings, "model")
        named, colon, rest = wanted.partition(":")
        for one in self._providers():
            if colon and one.name == named:
                return cast("ModelProvider", self.load(one)).open(rest, self.environ, settings)
        if colon and named.isidentifier():
            known = ", ".join(one.name for one in self._providers())
            raise UsageError(f"--model {wanted}: there is no provider {named}; there are {known}")
        for one in self._providers():
            provider = self._available(one, settings)
            if provider is not None:
                return provider.open(wanted, self.environ, settings)
        raise UsageError("no model is available; set ANTHROPIC_API_KEY, or enable the plugin models.offline")

    def _available(self, one: Contribution, settings: JsonObject) -> ModelProvider | None:
        try:
            provider = cast("ModelProvider", self.load(one))
            return provider if provider.is_available(self.environ, settings) else None
        except (Exception, SystemExit) as fault:  # isolation boundary: the next provider may do
            self.left_out(one, fault)
            return None

    def _providers(self) -> Sequence[Contribution]:
        """Return the providers, the one to ask first at the front."""
        rank = "rank" if self.interactive else "headless_rank"
        found = self.contributed("gaff_register_models")
        return sorted(found, key=lambda one: -cast("int", one.facts[rank]))

    # Sessions.

    @asynccontextmanager
    async def open_session(
        self,
        *,
        resume: str | None = None,
        fork: bool = False,
        session_id: str | None = None,
        source: str = "startup",
    ) -> AsyncGenerator[Session]:
        """Open a session: a new one, or the one with the id ``resume``.

        Raises:
            SessionError: there is no such session, or another process is writing it.
            UsageError: the model or another option cannot be used.
        """
        from .conversation import restore
        from .session import Session

        store = self.session_store()
        identity = _session_id(session_id)
        restored = None
        if resume is not None:
            found = self._find(store, resume)
            restored = await asyncio.to_thread(restore, store.read(found.id, self.project_dir))
            if lost := store.unreadable(found.id, self.project_dir):
                self.health.tell(f"{found.path}: {lost} lines could not be read and are left out")
            identity, source = (identity, "fork") if fork else (found.id, "resume")
        model = self.open_model(self.options.text("model") or (restored.model if restored else None))
        with closing(store.open(identity, self.project_dir, keep=self._keeps())) as writer, _unwrapped():
            self._loop = asyncio.get_running_loop()
            LEDGER.watch_tasks(self._loop)
            async with (
                asyncio.TaskGroup() as group,
                self._living(Session(self, identity, writer, model, group, restored)) as session,
            ):
                if fork and restored is not None:
                    session.conversation.copy(restored)
                await session.begin(source)
                yield session

    def _find(self, store: SessionStore, resume: str) -> SessionSummary:
        found = store.find(resume, self.project_dir)
        if found is None:
            raise SessionError(f"there is no session {resume}; see gaff --resume, or /resume")
        return found

    @asynccontextmanager
    async def _living(self, session: Session) -> AsyncGenerator[Session]:
        """Keep a session among the open ones, and end it properly."""
        self._sessions.append(session)
        self._tell_sessions()
        gc.freeze()
        gc.enable()
        try:
            yield session
        finally:
            try:
                await session.end()
            finally:
                session.release()
                self._sessions.remove(session)

    def _keeps(self) -> bool:
        """Whether transcripts are written. Source: code.claude.com/docs/en/env-vars."""
        if self.options.flag("no-session-persistence") or _is_true(
            self.environ, "CLAUDE_CODE_SKIP_PROMPT_HISTORY"
        ):
            return False
        nested = _is_true(self.environ, "CLAUDE_CODE_CHILD_SESSION")
        return not nested or _is_true(self.environ, "CLAUDE_CODE_FORCE_SESSION_PERSISTENCE")

    def start_mode(self, restored: PermissionMode | None) -> PermissionMode:
        """Return the permission mode a session starts in.

        Raises:
            UsageError: ``--permission-mode`` names none.
        """
        if self.options.flag("dangerously-skip-permissions"):
            return "bypassPermissions"
        given = self.options.text("permission-mode")
        if given is not None:
            mode = _mode(given)
            if mode is None:
                raise UsageError(f"--permission-mode: {_no_mode(given)}")
            return mode
        if restored is not None and restored not in ("plan", "bypassPermissions"):
            return restored
        for value in self._trusted("defaultMode"):
            mode = _mode(value.value)
            # What a repository brings along must not loosen the reins.
            lax = value.level in ("project", "local") and mode in ("auto", "bypassPermissions")
            if mode is not None and not lax:
                return mode
        return "default"

    def start_directories(self) -> tuple[Path, ...]:
        """Return the working directories a session starts with, resolved.

        Raises:
            UsageError: an added one is no folder.
        """
        folders = [self.project_dir]
        for given in self.options.texts("add-dir"):
            folder = Path(given).expanduser()
            if not folder.is_dir():
                raise UsageError(f"--add-dir {given}: there is no such folder")
            folders.append(folder)
        added = (_folders(value) or () for value in self._trusted("additionalDirectories"))
        resolved = [folder.resolve() for folder in folders]
        return tuple(dict.fromkeys([*resolved, *(folder for more in added for folder in more)]))

    def _trusted(self, key: str) -> Iterator[Value]:
        """Yield what the levels that count say of a permission setting, the highest first."""
        return (value for value in self.settings.by_level("permissions", key) if value.trusted)

    def _setting_faults(self) -> Iterator[str]:
        for value in self._trusted("defaultMode"):
            if _mode(value.value) is None:
                yield f"{value.path}: permissions.defaultMode: {_no_mode(value.value)}; it is passed over"
        for value in self._trusted("additionalDirectories"):
            if _folders(value) is None:
                yield f"{value.path}: permissions.additionalDirectories must be a list of folders; it is passed over"

    @property
    def known_options(self) -> Sequence[Option]:
        """Every command line option of the plugins."""
        return registered_options(self.plugins)


def left_out(contributed: Contributed, fault: BaseException) -> str:
    """Return the line that tells why something a plugin contributed is not used."""
    reason = fault.reason if isinstance(fault, PluginError) else f"{type(fault).__name__}: {fault}"
    where = f"plugin {contributed.plugin} failed at {contributed.hook}"
    return " ".join(f"{where}: {reason}; {contributed.name} is left out".split())


@contextmanager
def _unwrapped() -> Generator[None]:
    """Raise a fault itself: a task group wraps what is raised inside it."""
    try:
        yield
    except BaseExceptionGroup as faults:
        raise faults.exceptions[0] from None


def registered_options(plugins: Plugins) -> tuple[Option, ...]:
    """Return the options that plugins registered; of two with one flag, that of the plugin that comes first."""
    taken = {flag: "the kernel" for option in KERNEL_OPTIONS for flag in option.flags}
    found: list[Option] = []
    for one in plugins.contributed("gaff_register_options"):
        facts = {key: value for key, value in one.facts.items() if key != "name"}
        facts |= {key: tuple(cast("Sequence[str]", facts[key])) for key in ("flags", "choices")}
        option = Option(**cast("dict[str, Any]", facts))
        clash = next((flag for flag in option.flags if flag in taken), None)
        if clash is None:
            taken |= dict.fromkeys(option.flags, one.plugin)
            found.append(option)
        else:
            notice = f"option {clash}: {taken[clash]} wins over {one.plugin}"
            plugins.notices += [notice] if notice not in plugins.notices else []
    return tuple(found)


def _is_true(environ: Mapping[str, str], name: str) -> bool:
    return environ.get(name, "").lower() in ("1", "true", "yes", "on")


def _session_id(given: str | None) -> str:
    if given is None:
        return str(uuid4())
    try:
        return str(UUID(given))
    except ValueError as fault:
        raise UsageError(f"--session-id {given}: must be a UUID") from fault


def _mode(name: Json) -> PermissionMode | None:
    wanted = "default" if name == "manual" else name
    return next((mode for mode in PERMISSION_MODES if mode == wanted), None)


def _no_mode(name: Json) -> str:
    return f"there is no permission mode {name}; there are {', '.join(PERMISSION_MODES)}"


def _folders(value: Value) -> Sequence[Path] | None:
    """Return the folders a level names, resolved; ``None`` where the value is no list of paths."""
    if not isinstance(value.value, list):
        return None
    try:
        return [(value.base / Path(cast("str", one)).expanduser()).resolve() for one in value.value]
    except (TypeError, ValueError, RuntimeError, OSError):  # a number, a null byte, an unknown user
        return None
