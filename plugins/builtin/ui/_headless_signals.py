"""Signals to a headless run: the first Ctrl+C interrupts the turn, everything else ends the run."""

from __future__ import annotations

import asyncio
import signal
import threading
from types import FrameType, TracebackType
from typing import Any, Final, Self

from gaff.hooks.session import Session

_HEARD: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Signals:
    """Hears signals for the task that enters it. A signal the caller ignores stays ignored."""

    def __init__(self) -> None:
        #: The first signal that came.
        self.number: int | None = None
        #: The session to interrupt, once there is one.
        self.session: Session | None = None
        self._task: asyncio.Task[Any] | None = None
        self._before: dict[signal.Signals, Any] = {}

    @property
    def exit_code(self) -> int:
        """What shells expect of a program that a signal ended."""
        return 128 + (self.number or 0)

    def __enter__(self) -> Self:
        self._task = asyncio.current_task()
        if threading.current_thread() is threading.main_thread():
            loop = asyncio.get_running_loop()
            for number in _HEARD:
                before = signal.getsignal(number)
                if before is not signal.SIG_IGN:
                    self._before[number] = before
                    loop.add_signal_handler(number, self._hear, number)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        loop = asyncio.get_running_loop()
        for number, before in self._before.items():
            loop.remove_signal_handler(number)
            signal.signal(number, before)

    def _hear(self, number: int, frame: FrameType | None = None) -> None:
        first = self.number is None
        self.number = self.number or number
        if number == signal.SIGINT and first and self.session is not None and self.session.busy:
            self.session.interrupt()
        elif self._task is not None:
            self._task.cancel()
