"""How the plugins do: what fails, what is slow, what each costs; told to the user once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from gaff.hooks.timings import Timing
from gaff.hooks.values import JsonObject

from .dispatcher import Failure

if TYPE_CHECKING:
    from .registry import Plugins


class Health:
    """Hears of all calls of plugins. ``told`` is called with each new line for the user."""

    def __init__(
        self, plugins: Plugins, told: Callable[[str], None], report: Callable[[Failure, bool], None]
    ) -> None:
        self._before: dict[str, Timing] = {}
        self._since: dict[str, Timing] = {}
        #: The lines told so far.
        self.lines: list[str] = []
        self._plugins = plugins
        self._on_line = told
        self._on_failure = report
        self._told: set[str] = set()
        self._once_slow: set[str] = set()

    def failed(self, failure: Failure) -> None:
        """Tell of a failure, and suspend a plugin that fails again and again."""
        self.took(failure.plugin, failure.ms)
        suspended = self._plugins.failed(failure.plugin)
        self.tell(f"plugin {failure.plugin} failed at {failure.hook}: {failure.reason}")
        if suspended:
            self.tell(f"plugin {failure.plugin} is suspended: it failed again and again")
        self._on_failure(failure, suspended)

    def slow(self, failure: Failure) -> None:
        """Tell of a plugin that holds up the loop; of a built-in one only if it does so again.

        What comes with gaff imports libraries at the first call.
        """
        if self._plugins.is_built_in(failure.plugin) and failure.plugin not in self._once_slow:
            self._once_slow.add(failure.plugin)
            return
        line = f"plugin {failure.plugin} is slow: {failure.hook} {failure.reason}"
        self.tell(line, key=f"{failure.plugin} slow")

    def succeeded(self, plugin: str, ms: float) -> None:
        """Count a call that went well."""
        self.took(plugin, ms)
        self._plugins.succeeded(plugin)

    def took(self, plugin: str, ms: float) -> None:
        """Count the milliseconds of a call."""
        timing = self._since.get(plugin)
        if timing is None:
            timing = self._since[plugin] = Timing()
        timing.add(ms)

    def added(self, plugin: str, text: str) -> None:
        """Count text that a plugin put into the context, at about four characters a token."""
        self._since.setdefault(plugin, Timing()).tokens += -(-len(text) // 4)

    @property
    def timings(self) -> Mapping[str, Timing]:
        """What each plugin cost so far, by name."""
        self._merge()
        return self._before

    def turn_entry(self, turn_ms: int) -> JsonObject:
        """Return the transcript's entry on what plugins cost since the last one."""
        plugins = {name: timing.to_json() for name, timing in sorted(self._since.items())}
        self._merge()
        return {"type": "gaff-timings", "turnMs": turn_ms, "plugins": plugins}

    def _merge(self) -> None:
        for name, timing in self._since.items():
            self._before.setdefault(name, Timing()).merge(timing)
        self._since = {}

    def tell(self, line: str, key: str = "") -> None:
        """Tell the user something once."""
        if (key or line) not in self._told:
            self._told.add(key or line)
            self.lines.append(line)
            self._on_line(line)
