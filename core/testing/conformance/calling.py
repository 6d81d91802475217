"""Calls a plugin's functions the way the shell does, and measures what that does to the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Generator
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import Final, cast

from gaff.hooks import ToolOutput, ToolRun

#: Milliseconds a function may hold up the event loop.
BLOCKING_MS: Final = 50.0
#: Attempts before holding up the loop is the plugin's fault: the first may import something.
_ATTEMPTS: Final = 3
_BEAT: Final = 0.002


@dataclass
class Called:
    """How a call went."""

    value: object = None
    #: What it raised; ``None`` where it returned.
    fault: BaseException | None = None
    #: Whether it did not end in time, and was cancelled.
    late: bool = False
    #: The longest it held up the loop, in milliseconds.
    held_ms: float = 0.0


async def call(function: Callable[..., object], *arguments: object, limit: float) -> Called:
    """Call a plain or async function; what holds up the loop is tried again, so that a busy machine passes."""
    called = await _call(function, *arguments, limit=limit)
    for _ in range(_ATTEMPTS - 1):
        if called.held_ms <= BLOCKING_MS or called.late or called.fault is not None:
            break
        again = await _call(function, *arguments, limit=limit)
        called = again if again.held_ms < called.held_ms else called
    return called


async def _call(function: Callable[..., object], *arguments: object, limit: float) -> Called:
    with _pulse() as pulse:
        called = Called()
        began = perf_counter()
        try:
            called.value = function(*arguments)
            called.held_ms = (perf_counter() - began) * 1000
            if called.value is not None and hasattr(called.value, "__await__"):
                async with asyncio.timeout(limit):
                    called.value = await cast("Awaitable[object]", called.value)
            manager = _manager(called.value)
            if manager is not None:
                async with asyncio.timeout(limit):
                    await _inside(manager, arguments)
        except TimeoutError as fault:
            called.late = perf_counter() - began >= limit
            called.fault = None if called.late else fault
        # The isolation boundary: code of strangers may raise anything, sys.exit() included.
        except (Exception, SystemExit) as fault:
            called.fault = fault
    called.held_ms = max(called.held_ms, pulse.longest_ms)
    return called


def _manager(value: object) -> AbstractAsyncContextManager[None] | None:
    found = isinstance(value, AbstractAsyncContextManager)
    return cast("AbstractAsyncContextManager[None]", value) if found else None


async def _inside(manager: AbstractAsyncContextManager[None], arguments: tuple[object, ...]) -> None:
    """Enter a wrapper, give the run an output as a tool would, and leave it."""
    async with manager:
        for one in arguments:
            if isinstance(one, ToolRun) and one.output is None:
                one.output = ToolOutput("hello\n")


class _Pulse:
    """Beats in the event loop; a beat that comes late was held up."""

    def __init__(self) -> None:
        self.longest_ms = 0.0
        self._last = perf_counter()
        self._beat_soon()

    def _beat_soon(self) -> None:
        self._handle = asyncio.get_running_loop().call_later(_BEAT, self._beat)

    def _beat(self) -> None:
        self._measure()
        self._beat_soon()

    def _measure(self) -> None:
        now = perf_counter()
        self.longest_ms = max(self.longest_ms, (now - self._last - _BEAT) * 1000)
        self._last = now

    def end(self) -> None:
        """Stop; a beat that is overdue counts."""
        self._measure()
        self._handle.cancel()


@contextmanager
def _pulse() -> Generator[_Pulse]:
    pulse = _Pulse()
    try:
        yield pulse
    finally:
        pulse.end()
