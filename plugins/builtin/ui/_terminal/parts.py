"""What other plugins add to the REPL: status items, completers and keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from gaff.hooks import Completer, Kernel, PluginError, Session, StatusItem

from .escape import clean


class Parts:
    """The parts of all plugins; one that fails is left out and named once."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._failed: set[str] = set()
        #: What there is to tell the user; emptied by whoever tells it.
        self.problems: list[str] = []
        #: What completes the user's typing.
        self.completers = cast("Sequence[Completer]", self._load("gaff_register_completers"))
        items = cast("Sequence[StatusItem]", self._load("gaff_register_status_items"))
        self._items = sorted(items, key=lambda item: item.order)

    def _load(self, hook: str) -> Sequence[object]:
        found: list[object] = []
        for contributed in self._kernel.contributed(hook):
            try:
                found.append(self._kernel.load(contributed))
            except PluginError as fault:
                self.problems.append(str(fault))
        return found

    def status(self, session: Session) -> str:
        """Return the status line as of now."""
        parts = [self._status(item, session) for item in self._items if item.name not in self._failed]
        return " · ".join(part for part in parts if part)

    def _status(self, item: StatusItem, session: Session) -> str:
        try:
            return clean(item.text(session)).replace("\n", " ")
        except Exception as fault:  # isolation boundary: one item must not blank the line
            self._failed.add(item.name)
            self.problems.append(f"status item {item.name} failed and is left out: {fault}")
            return ""
