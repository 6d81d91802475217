"""What runs beside the turns of a session."""

from __future__ import annotations

import asyncio

from .watchdog import PLUGIN


class Work:
    """Something that runs beside the turns."""

    def __init__(self, task: asyncio.Task[None]) -> None:
        self._task = task
        #: The plugin that started it.
        self.plugin = PLUGIN.get()

    @property
    def name(self) -> str:
        """What it is called in lists."""
        return self._task.get_name()

    @property
    def done(self) -> bool:
        """Whether it has ended."""
        return self._task.done()

    def cancel(self) -> None:
        """End it."""
        self._task.cancel()
