"""Breaks off plugin code that holds up the shell, and knows whose code runs.

Everything runs in one event loop: a plain function that never returns, or a coroutine that never
awaits, would freeze the shell. A thread looks once in a while at what is being called; what takes too
long gets an exception. In the main thread that is done by a signal, which ends waiting system calls
as well; in other threads by the interpreter, between two byte codes.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Awaitable, Callable, Generator
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from time import perf_counter, sleep
from types import FrameType
from typing import Final, TypeVar, cast

from gaff.hooks.errors import GaffError

Value = TypeVar("Value")

#: The plugin whose code runs; tasks inherit it from who made them.
PLUGIN: Final[ContextVar[str]] = ContextVar("PLUGIN", default="")

#: Seconds a plugin may hold up the loop before it is told.
BLOCKING: Final = 0.05
#: Names the seconds that plugin code may hold up the loop, or take to be imported, before it is broken off.
LIMIT: Final = "GAFF_PLUGIN_SECONDS"
_DEFAULT_LIMIT: Final = 10.0
#: Seconds cancelled plugin code has to clean up.
_PATIENCE: Final = 2.0
#: Characters of a fault's text that are kept, where it is not written for the model.
_LONGEST: Final = 2_000
#: Ignored by default, used by nobody for anything else: harmless where no handler is.
_SIGNAL: Final = signal.SIGURG


class HeldUp(BaseException):
    """Plugin code held up the shell for too long. Not an ``Exception``: that code would catch it."""

    def __init__(self, seconds: float = 0.0) -> None:
        super().__init__(f"held up the shell for {seconds:g} s and was broken off; await what takes long")


class Escaped(Exception):
    """Plugin code raised what would have ended the shell, or what cannot be told as it is."""


@dataclass
class _Call:
    """A call of plugin code under way."""

    plugin: str
    started: float
    told: bool = field(default=False)


class Watchdog:
    """Watches over all plugin code of this process."""

    def __init__(self) -> None:
        self._calls: dict[int, _Call] = {}
        self._main = threading.main_thread().ident or 0
        self._thread: threading.Thread | None = None
        #: Seconds that imports took so far, which are nobody's slowness.
        self.imported = 0.0
        #: Told of code that cannot be broken off: the plugin, and the seconds so far.
        self.stuck: Callable[[str, float], None] = _say_stuck

    @property
    def limit(self) -> float:
        """Seconds that plugin code may hold up the loop."""
        given = os.environ.get(LIMIT, "")
        return float(given) if given.replace(".", "", 1).isdigit() else _DEFAULT_LIMIT

    def call(
        self,
        plugin: str,
        function: Callable[..., Value],
        *arguments: object,
        slow: Callable[[float], None] | None = None,
    ) -> Value:
        """Call a plugin's function; ``slow`` is told the milliseconds where it held up the shell noticeably.

        Raises:
            HeldUp: it took too long.
            Escaped: it raised what is no exception of its own. Any other that it raises.
        """
        thread, process = threading.get_ident(), os.getpid()
        before = self._calls.get(thread)
        mark = PLUGIN.set(plugin)
        started, imported = self._enter(thread, plugin), self.imported
        try:
            return function(*arguments)
        except StopIteration:  # how a coroutine ends
            raise
        except HeldUp:
            slow = None  # that it was broken off says it all
            raise
        except BaseException as fault:
            if _is_own(fault):
                raise Escaped(f"raised {_text(fault)}") from fault
            raise
        finally:
            if os.getpid() != process:  # a copy of the shell that plugin code made: one is enough
                os._exit(1)
            self._leave(thread, before)
            PLUGIN.reset(mark)
            held = perf_counter() - started - (self.imported - imported)
            if held > BLOCKING and slow is not None:
                slow(held * 1000)

    async def drive(
        self, plugin: str, work: Awaitable[Value], slow: Callable[[float], None] | None = None
    ) -> Value:
        """Await what a plugin's function returned; each step is watched like a call.

        Raises:
            HeldUp: a step took too long.
            Escaped: it raised what is no exception of its own. Any other that it raises.
        """
        mark = PLUGIN.set(plugin)
        try:
            return await _Driven(self, plugin, work, slow)
        finally:
            PLUGIN.reset(mark)

    def _enter(self, thread: int, plugin: str) -> float:
        if self._thread is None:
            self._begin()
        started = perf_counter()
        self._calls[thread] = _Call(plugin, started)
        return started

    def _leave(self, thread: int, before: _Call | None) -> None:
        if before is not None:
            before.started = (
                perf_counter()
            )  # its own time goes on; the time of who it called is not its fault
            self._calls[thread] = before
        else:
            self._calls.pop(thread, None)

    def _begin(self) -> None:
        if threading.get_ident() == self._main:
            signal.signal(_SIGNAL, self._on_signal)
        self._thread = threading.Thread(target=self._watch, name="plugin watchdog", daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while True:
            sleep(min(1.0, self.limit / 4))
            now = perf_counter()
            for thread, call in tuple(self._calls.items()):
                held = now - call.started
                if held > self.limit:
                    self._break_off(thread)
                if held > 4 * self.limit and not call.told:
                    call.told = True
                    self.stuck(call.plugin, held)

    def _break_off(self, thread: int) -> None:
        if thread == self._main:
            if signal.getsignal(_SIGNAL) == self._on_signal:
                signal.pthread_kill(thread, _SIGNAL)
            return
        import ctypes

        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(HeldUp))

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        call = self._calls.get(self._main)
        if call is not None and perf_counter() - call.started > self.limit:
            raise HeldUp(self.limit)


class _Driven(Awaitable[Value]):
    """An awaitable of a plugin, driven step by step under the watchdog.

    Once it is cancelled it has some time to clean up; code that swallows the cancellation is closed then.
    """

    def __init__(
        self,
        watchdog: Watchdog,
        plugin: str,
        work: Awaitable[Value],
        slow: Callable[[float], None] | None,
    ) -> None:
        self._watchdog = watchdog
        self._slow = slow
        self._plugin = plugin
        self._work = work
        self._patience: asyncio.TimerHandle | None = None
        self._over = False

    def __await__(self) -> Generator[object, object, Value]:
        steps = cast("Generator[object, object, Value]", self._work.__await__())
        try:
            return (yield from self._drive(steps))
        finally:
            if self._patience is not None:
                self._patience.cancel()

    def _drive(self, steps: Generator[object, object, Value]) -> Generator[object, object, Value]:
        call, plugin = self._watchdog.call, self._plugin
        step: Callable[[], object] = lambda: next(steps)
        while True:
            try:
                waits_for = call(plugin, step, slow=self._slow)
            except StopIteration as end:
                return cast("Value", end.value)
            try:
                value = yield waits_for
            except GeneratorExit:
                steps.close()
                raise
            except BaseException as thrown:  # a cancellation: the plugin's code is to see it
                self._be_patient(thrown, steps)
                step = _thrower(steps, thrown)
            else:
                step = _sender(steps, value)

    def _be_patient(self, thrown: BaseException, steps: Generator[object, object, object]) -> None:
        """Give cancelled code its time; raise the cancellation once that is over."""
        task = asyncio.current_task()
        if not isinstance(thrown, asyncio.CancelledError) or task is None:
            return
        if self._over:
            task.uncancel()  # it was this class that asked once more
            with suppress(RuntimeError):  # it ignores even that
                self._watchdog.call(self._plugin, steps.close)
            raise thrown
        if self._patience is None:
            self._patience = asyncio.get_running_loop().call_later(_PATIENCE, self._insist, task)

    def _insist(self, task: asyncio.Task[object]) -> None:
        self._over = True
        task.cancel()


def _sender(steps: Generator[object, object, object], value: object) -> Callable[[], object]:
    return lambda: steps.send(value)


def _thrower(steps: Generator[object, object, object], fault: BaseException) -> Callable[[], object]:
    return lambda: steps.throw(fault)


def _is_own(fault: BaseException) -> bool:
    """Whether a fault would do harm outside of the code that raised it.

    A cancellation and an interrupt are left alone where it was not the plugin that asked for them.
    """
    if isinstance(fault, asyncio.CancelledError):
        task = _task()
        return task is None or not task.cancelling()
    if isinstance(fault, KeyboardInterrupt):
        return _task() is not None and not _is_signal(fault)
    if not isinstance(fault, Exception | SystemExit):
        return True
    return not isinstance(fault, GaffError) and not _is_tellable(fault)


def _task() -> asyncio.Task[object] | None:
    try:
        return asyncio.current_task()
    except RuntimeError:  # no loop runs here
        return None


def _is_signal(fault: KeyboardInterrupt) -> bool:
    """Whether it is the user's: asyncio's own handler raises it, at the second in a row."""
    trace = fault.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is not None and trace.tb_frame.f_globals.get("__name__") == "asyncio.runners"


def _is_tellable(fault: BaseException) -> bool:
    try:
        return len(str(fault)) <= _LONGEST
    except Exception:  # isolation boundary: to put it into words is code of the plugin, too
        return False


def _text(fault: BaseException) -> str:
    name = type(fault).__name__
    try:
        return f"{name}: {str(fault)[:_LONGEST]}".removesuffix(": ")
    except Exception:  # isolation boundary: as above
        return f"{name}, which cannot be put into words"


def _say_stuck(plugin: str, seconds: float) -> None:
    advice = f"end gaff with kill -9 {os.getpid()}, and start it with --plugin no:{plugin}"
    print(
        f"\ngaff: plugin {plugin} has held up the shell for {seconds:.0f} s and cannot be stopped; {advice}",
        file=sys.__stderr__,
    )


#: The watchdog of this process.
WATCHDOG: Final = Watchdog()
