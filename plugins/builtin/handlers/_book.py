"""All hooks in force in a session: read once for each reading of the settings, with what became of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from gaff.hooks import (
    Json,
    JsonObject,
    Kernel,
    Session,
    Settings,
    SettingValue,
    StateKey,
    is_object,
    list_at,
)

if TYPE_CHECKING:
    from gaff.hooks import HookHandler, HookSource

    from ._entries import Entry
    from ._reading import Listed

#: Failures in a row after which a handler is no longer run.
SUSPEND_AFTER: Final = 5
_LABELS: Final = {
    "managed": "Managed Settings",
    "command line": "Command Line",
    "local": "Local Settings",
    "project": "Project Settings",
    "user": "User Settings",
}


class Book:
    """The hooks of a session."""

    def __init__(self) -> None:
        #: The settings that were read.
        self.settings: Settings | None = None
        #: Hooks that did not come from a settings file: of a plugin folder, a skill, a sub-agent.
        self.extras: list[tuple[Json, HookSource]] = []
        #: Plugin folders to read beside those that the command line names.
        self.folders: Sequence[str] = ()
        self.active: Mapping[str, Sequence[Entry]] = {}
        self.listed: Sequence[Listed] = ()
        #: Lines for the user about what is wrong with the configuration.
        self.problems: Sequence[str] = ()
        #: Files whose hooks are left out because the folder is not trusted.
        self.held_back: Sequence[str] = ()
        #: Failures in a row by entry, and entries that are no longer run with the reason.
        self.failures: dict[str, int] = {}
        self.suspended: dict[str, str] = {}
        #: How often an entry ended with 1 and said nothing.
        self.wordless: dict[str, int] = {}
        #: Entries that were to run once and did.
        self.spent: set[str] = set()

    def read(self, kernel: Kernel) -> None:
        """Read the hooks of all sources, unless nothing changed since."""
        if self.settings is kernel.settings:
            return
        self.settings = kernel.settings
        self._read(kernel)

    def add(self, extra: tuple[Json, HookSource], kernel: Kernel) -> None:
        """Take in hooks of a plugin folder, a skill or a sub-agent; added twice, they run once."""
        if extra not in self.extras:
            self.extras.append(extra)
            self._read(kernel)

    def remove(self, extra: tuple[Json, HookSource], kernel: Kernel) -> None:
        """Let such hooks go."""
        if extra in self.extras:
            self.extras.remove(extra)
            self._read(kernel)

    def _read(self, kernel: Kernel) -> None:
        levels = [level for level in kernel.settings.by_level() if is_object(level.value)]
        brought, problems = self._brought(kernel)
        extras = (*self.extras, *brought)
        if not extras and not problems and not any("hooks" in values_of(level) for level in levels):
            self.active, self.listed, self.problems, self.held_back = {}, (), (), ()
            return
        from ._reading import read_all

        read_all(self, kernel, levels, extras)
        self.problems = (*problems, *self.problems)

    def _brought(self, kernel: Kernel) -> tuple[Sequence[tuple[Json, HookSource]], Sequence[str]]:
        """Return the hooks of plugin folders, and what is wrong with these."""
        named = (
            self.folders
            or kernel.options.texts("plugin-dir")
            or kernel.environ.get("CLAUDE_CODE_PLUGIN_DIRS")
        )
        if not named and not kernel.settings.by_level("enabledPlugins"):
            return (), ()
        from .plugin_folders import folder_hooks

        return folder_hooks(kernel, self.folders)

    def fail(self, entry: Entry) -> bool:
        """Count a failure; return whether the handler is suspended by it."""
        self.failures[entry.key] = self.failures.get(entry.key, 0) + 1
        if self.failures[entry.key] < SUSPEND_AFTER or entry.blocks_on_failure:
            return False
        self.suspended[entry.key] = f"failed {SUSPEND_AFTER} times in a row"
        return True

    def count_wordless(self, entry: Entry) -> int:
        """Count a run that ended with 1 and no word; return how many there were. It breaks a row of failures."""
        self.failures.pop(entry.key, None)
        self.wordless[entry.key] = self.wordless.get(entry.key, 0) + 1
        return self.wordless[entry.key]


BOOK: Final = StateKey(Book)


def book_of(session: Session) -> Book:
    """Return the session's hooks, read anew where the settings changed."""
    book = session.state[BOOK]
    if book.settings is not session.settings:
        book.read(session.kernel)
    return book


def values_of(level: SettingValue) -> JsonObject:
    """Return all that a settings file says."""
    return level.value if is_object(level.value) else {}


def label(level: str) -> str:
    """Return what lists call a level."""
    return _LABELS.get(level, level)


def switched_off(levels: Sequence[SettingValue]) -> str:
    """Return ``all``, ``managed only`` or nothing: which hooks the switches leave.

    ``disableAllHooks`` holds as the highest level says; only managed settings switch managed hooks off. What
    an untrusted folder says does not count: it might switch off what guards the user.
    """
    if any(
        level.level == "managed" and values_of(level).get("allowManagedHooksOnly") is True for level in levels
    ):
        return "allowManagedHooksOnly"
    for level in levels:
        said = values_of(level).get("disableAllHooks")
        if isinstance(said, bool) and level.trusted:
            where = "managed settings" if level.level == "managed" else level.path
            return f"disableAllHooks in {where}" if said else ""
    return ""


def merged_list(kernel: Kernel, key: str) -> tuple[str, ...] | None:
    """Return the strings of a list of all levels that count; ``None`` where no level has it."""
    values = kernel.settings.by_level(key)
    if not values:
        return None
    lists = (list_at({key: value.value}, key) for value in values if value.trusted)
    return tuple(item for items in lists for item in items if isinstance(item, str))


def handler_for(kernel: Kernel, kind: str) -> HookHandler | None:
    """Return the handler of a type; ``None`` where no plugin offers it."""
    from gaff.hooks import HookHandler, PluginError

    for one in kernel.contributed("gaff_register_hook_handlers"):
        if one.name == kind:
            try:
                found = kernel.load(one)
            except PluginError:
                return None
            return found if isinstance(found, HookHandler) else None
    return None
