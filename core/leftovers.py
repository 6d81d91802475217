"""Finds what a plugin has set going, so that it ends with the plugin: tasks, threads, processes."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping
from types import FrameType
from typing import Any, Final, cast
from weakref import WeakKeyDictionary

from .watchdog import PLUGIN

#: Seconds that what is ended has to end.
_GRACE: Final = 1.0


class Ledger:
    """Who set what going, noted as it happens. One for the process."""

    def __init__(self) -> None:
        self._tasks: WeakKeyDictionary[asyncio.Task[Any], str] = WeakKeyDictionary()
        self._processes: list[tuple[str, subprocess.Popen[Any]]] = []
        self._audits = False

    def watch_tasks(self, loop: asyncio.AbstractEventLoop) -> None:
        """Note the tasks made in this loop from now on."""
        if loop.get_task_factory() is None:
            loop.set_task_factory(cast("Any", self._make_task))  # its type differs from Python to Python

    def _make_task(
        self, loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, Any], **options: Any
    ) -> asyncio.Task[Any]:
        task = asyncio.Task(work, loop=loop, **options)
        plugin = PLUGIN.get()
        if plugin:
            self._tasks[task] = plugin
        return task

    def watch_processes(self) -> None:
        """Note the processes that are started from now on.

        The interpreter's audit hooks are the one place that sees them all; they cannot be taken off
        again, so they are set when the first plugin from outside is loaded.
        """
        if not self._audits:
            self._audits = True
            sys.addaudithook(self._audit)

    def _audit(self, event: str, arguments: tuple[object, ...]) -> None:
        if event != "subprocess.Popen":
            return
        plugin = PLUGIN.get()
        frame: FrameType | None = sys._getframe(1)  # pyright: ignore[reportPrivateUsage] - no other way up
        while plugin and frame is not None:
            starting: object = frame.f_locals.get("self")
            if isinstance(starting, subprocess.Popen):
                self._processes = [one for one in self._processes if one[1].returncode is None]
                self._processes.append((plugin, cast("Any", starting)))
                return
            frame = frame.f_back

    def owner(self, task: asyncio.Task[Any]) -> str:
        """Return the plugin whose code made a task; empty where none did."""
        return self._tasks.get(task, "")

    def tasks(self, plugin: str) -> list[asyncio.Task[Any]]:
        """Return the unfinished tasks a plugin made, the current one apart."""
        current = asyncio.current_task()
        return [
            task
            for task, owner in tuple(self._tasks.items())
            if owner == plugin and not task.done() and task is not current
        ]

    def processes(self, plugin: str) -> list[subprocess.Popen[Any]]:
        """Return the running processes a plugin started."""
        return [process for owner, process in self._running() if owner == plugin]

    def owners_of_processes(self) -> list[str]:
        """Return the plugins whose processes run."""
        return list(dict.fromkeys(owner for owner, _ in self._running()))

    def _running(self) -> list[tuple[str, subprocess.Popen[Any]]]:
        return [one for one in self._processes if one[1].poll() is None]


#: The ledger of this process.
LEDGER: Final = Ledger()


def threads_of(modules: Iterable[Mapping[str, object]]) -> Iterator[threading.Thread]:
    """Yield the threads that run code of these modules, given by their namespaces."""
    namespaces = {id(namespace) for namespace in modules}
    frames = sys._current_frames()  # pyright: ignore[reportPrivateUsage] - documented in sys
    for thread in threading.enumerate():
        frame = frames.get(thread.ident or 0)
        while frame is not None:
            if id(frame.f_globals) in namespaces:
                yield thread
                break
            frame = frame.f_back


async def end_tasks(tasks: list[asyncio.Task[Any]]) -> list[str]:
    """Cancel tasks; return a line for each that does not end."""
    for task in tasks:
        task.cancel()
    return await wait_for(tasks)


async def wait_for(tasks: list[asyncio.Task[Any]]) -> list[str]:
    """Give tasks some time; return a line for each that does not end."""
    if tasks:
        await asyncio.wait(tasks, timeout=_GRACE)
    return [f"task {task.get_name()} does not end" for task in tasks if not task.done()]


async def end_processes(processes: list[subprocess.Popen[Any]]) -> list[str]:
    """Terminate processes; return a line for each that does not end."""
    for process in processes:
        process.terminate()
    await _ended(lambda: all(process.poll() is not None for process in processes))
    return [f"process {process.pid} does not end" for process in processes if process.poll() is None]


async def end_threads(threads: Callable[[], Iterable[threading.Thread]]) -> list[str]:
    """Wait for threads to end; return a line for each that does not. No thread can be made to."""
    await _ended(lambda: not list(threads()))
    return [f"thread {thread.name} still runs" for thread in threads()]


async def _ended(done: Callable[[], bool]) -> bool:
    end = asyncio.get_running_loop().time() + _GRACE
    while not done():
        if asyncio.get_running_loop().time() >= end:
            return False
        await asyncio.sleep(0.01)
    return True
