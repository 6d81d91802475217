"""What other plugins add to the REPL: status items, completers and keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from gaff.hooks import (
    Completer,
    Contributed,
    JsonObject,
    Kernel,
    PluginError,
    Renderer,
    Session,
    StatusItem,
    ToolCall,
    ToolOutcome,
)

from .escape import clean


class _WatchedRenderer(Renderer):
    """A plugin's renderer, broken off where it holds up the shell."""

    tools = ()

    def __init__(self, kernel: Kernel, renderer: Renderer) -> None:
        self._kernel = kernel
        self._plugin = kernel.plugin_of("gaff_register_renderers", renderer.name)
        self._renderer = renderer

    def call(self, call: ToolCall, input: JsonObject, width: int) -> str:
        return self._kernel.call(self._plugin, self._renderer.call, call, input, width)

    def result(self, outcome: ToolOutcome, width: int, full: bool) -> str:
        return self._kernel.call(self._plugin, self._renderer.result, outcome, width, full)


def watched_renderer(kernel: Kernel, tool: str) -> Renderer | None:
    """Return what draws the calls of a tool."""
    found = kernel.renderer(tool)
    return None if found is None else _WatchedRenderer(kernel, found)


class Parts:
    """The parts of all plugins; one that fails is left out and named once."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._failed: set[str] = set()
        #: What there is to tell the user; emptied by whoever tells it.
        self.problems: list[str] = []
        self._loaded: dict[str, tuple[Sequence[Contributed], Sequence[object]]] = {}

    @property
    def completers(self) -> Sequence[Completer]:
        """What completes the user's typing."""
        return cast("Sequence[Completer]", self._current("gaff_register_completers"))

    def _current(self, hook: str) -> Sequence[object]:
        """Return the records as of now: a plugin that was reloaded may have others."""
        contributed = self._kernel.contributed(hook)
        known = self._loaded.get(hook)
        if known is None or known[0] is not contributed:
            known = self._loaded[hook] = (contributed, self._load(contributed))
            self._failed.clear()
        return known[1]

    def _load(self, contributed: Sequence[Contributed]) -> Sequence[object]:
        found: list[object] = []
        for one in contributed:
            try:
                found.append(self._kernel.load(one))
            except PluginError as fault:
                self.problems.append(str(fault))
        return found

    def status(self, session: Session) -> str:
        """Return the status line as of now."""
        items = cast("Sequence[StatusItem]", self._current("gaff_register_status_items"))
        shown = [item for item in sorted(items, key=lambda item: item.order) if item.name not in self._failed]
        parts = [self._status(item, session) for item in shown]
        return " · ".join(part for part in parts if part)

    def _status(self, item: StatusItem, session: Session) -> str:
        try:
            plugin = self._kernel.plugin_of("gaff_register_status_items", item.name)
            return clean(self._kernel.call(plugin, item.text, session)).replace("\n", " ")
        except Exception as fault:  # isolation boundary: one item must not blank the line
            self._failed.add(item.name)
            self.problems.append(f"status item {item.name} failed and is left out: {fault}")
            return ""
