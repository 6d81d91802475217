"""Runs a face or a subcommand to its end, whatever plugins have left running or written.

Standard output belongs to the face alone. And the end is an end: tasks and threads that do not stop are
named, and the process leaves without them.
"""

from __future__ import annotations

import asyncio
import atexit
import io
import os
import sys
import threading
from collections.abc import Coroutine, Generator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final, TextIO, cast

from .leftovers import LEDGER, end_processes, end_tasks, wait_for
from .watchdog import PLUGIN

if TYPE_CHECKING:
    from gaff.hooks.interface import Frontend

    from .kernel import Kernel

#: What does not end, or might not: the process must not wait for it.
LEFT: Final[list[str]] = []
#: Characters of an unfinished line that are kept.
_LONGEST: Final = 10_000
#: Seconds that threads, and what is left for the interpreter's end, have after the face has ended.
_GRACE: Final = 2.0


def serve(kernel: Kernel, face: Frontend) -> int:
    """Run a face until the user leaves, and return the exit code."""
    with _streams(kernel):
        return run(kernel, face.run(kernel))


def run(kernel: Kernel, work: Coroutine[Any, Any, int]) -> int:
    """Run this to its end, then end all else, and return the exit code."""
    threading.excepthook = kernel.thread_failed
    runner = asyncio.Runner()
    loop = runner.get_loop()
    loop.set_exception_handler(lambda _, context: _task_failed(kernel, context))
    LEDGER.watch_tasks(loop)
    try:
        return runner.run(work)
    finally:
        left = loop.run_until_complete(_end_all(kernel))
        _tell_threads(kernel)
        strangers = _strangers(kernel)
        whose = f" (plugins in use: {', '.join(strangers)})" if strangers else ""
        threads = [f"thread {one.name} still runs{whose}" for one in _threads_left(loop)]
        for line in kernel.untold:
            print(f"gaff: {line}", file=sys.__stderr__)
        LEFT.extend([*left, *threads])
        for line in LEFT:
            print(f"gaff: {line}; left without it", file=sys.__stderr__)
        if not LEFT:
            runner.close()
        if strangers:
            _end_functions(kernel, strangers)


async def _end_all(kernel: Kernel) -> list[str]:
    """End the tasks and processes that are left; tell which plugins left them, return those that do not end."""
    current = asyncio.current_task()
    tasks = [task for task in asyncio.all_tasks() if task is not current]
    for task in tasks:
        owner = LEDGER.owner(task)
        if owner and not kernel.plugins.is_built_in(owner):
            kernel.health.tell(f"plugin {owner} left a task running: {task.get_name()}")
    lines = await end_tasks(tasks)
    generators = asyncio.create_task(
        asyncio.get_running_loop().shutdown_asyncgens(), name="of async generators"
    )
    lines += await wait_for([generators])
    for owner in LEDGER.owners_of_processes():
        if not kernel.plugins.is_built_in(owner):
            left = LEDGER.processes(owner)
            named = ", ".join(str(cast("object", process.args)) for process in left)
            kernel.health.tell(f"plugin {owner} left a process running: {named}")
            lines += await end_processes(left)
    return lines


def _threads_left(loop: asyncio.AbstractEventLoop) -> list[threading.Thread]:
    """Return the threads that would keep the process from ending, after a while."""
    executor: Any = getattr(loop, "_default_executor", None)  # it has no public name
    if executor is not None:
        executor.shutdown(wait=False, cancel_futures=True)
    left = [one for one in threading.enumerate() if not one.daemon and one is not threading.current_thread()]
    for thread in left:
        thread.join(_GRACE / len(left))
    return [one for one in left if one.is_alive()]


def _strangers(kernel: Kernel) -> list[str]:
    """Return the plugins from outside whose code runs in this process."""
    return [one.name for one in kernel.reports if one.import_ms is not None and one.source != "built-in"]


def _end_functions(kernel: Kernel, strangers: list[str]) -> None:
    """Run what is left for the interpreter's end, as long as that takes no longer than it may.

    The rest of that end is left out: finalizers of plugins from outside could keep it from ending.
    """
    # The function has a name that is not public, and is what the interpreter itself would call.
    last = threading.Thread(target=atexit._run_exitfuncs, name="exit functions", daemon=True)  # pyright: ignore[reportPrivateUsage]
    last.start()
    last.join(_GRACE)
    if last.is_alive():
        frame = sys._current_frames().get(last.ident or 0)  # pyright: ignore[reportPrivateUsage] - see above
        owner = kernel.plugins.owner_of_frames(frame) or " or ".join(strangers)
        print(
            f"gaff: plugin {owner} left an exit function that does not end; left without it",
            file=sys.__stderr__,
        )
    LEFT.append(f"the interpreter's end, after {', '.join(strangers)}")


def _tell_threads(kernel: Kernel) -> None:
    """Tell which plugins left threads running."""
    frames = sys._current_frames()  # pyright: ignore[reportPrivateUsage] - documented in sys
    for thread in threading.enumerate():
        owner = kernel.plugins.owner_of_frames(frames.get(thread.ident or 0))
        if owner and thread is not threading.current_thread():
            kernel.health.tell(f"plugin {owner} left a thread running: {thread.name}")


def _task_failed(kernel: Kernel, context: dict[str, Any]) -> None:
    task, fault = context.get("task") or context.get("future"), context.get("exception")
    owner = LEDGER.owner(cast("Any", task)) if isinstance(task, asyncio.Task) else ""
    what = f"{type(fault).__name__}: {fault}" if fault is not None else str(context.get("message"))
    kernel.health.tell(f"plugin {owner}: a task failed: {what}" if owner else f"a task failed: {what}")


@contextmanager
def _streams(kernel: Kernel) -> Generator[None]:
    """Give the face standard output for itself; what others print is told in a line."""
    out, err = sys.stdout, sys.stderr
    face = _apart(kernel, out)
    kernel.stdout = face
    sys.stdout = _Prints(kernel, "standard output", err if face is not out else out)
    if kernel.interactive:
        sys.stderr = _Prints(kernel, "standard error", err)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = out, err
        if face is not None and face is not out:
            _rejoin(face)


def _apart(kernel: Kernel, out: TextIO | None) -> TextIO | None:
    """Return standard output under another number where a program reads it; what writes to 1 gets to 2."""
    if out is None or kernel.interactive:
        return out
    try:
        file = os.dup(out.fileno())
        os.dup2(2, 1)
    except (OSError, ValueError):  # one of them is closed, or is no file: as in a test
        return out
    return open(file, "w", encoding=out.encoding, errors=out.errors, closefd=True)


def _rejoin(face: TextIO) -> None:
    with suppress(OSError):  # nobody reads it any more
        face.flush()
    with suppress(OSError):
        os.dup2(face.fileno(), 1)
        face.close()


class _Prints(io.TextIOBase):
    """Takes what is printed past the face, and has it told under the plugin's name."""

    def __init__(self, kernel: Kernel, place: str, behind: TextIO | None) -> None:
        self._kernel = kernel
        self._place = place
        self._behind = behind
        self._unfinished = ""

    def write(self, text: str, /) -> int:
        *lines, self._unfinished = f"{self._unfinished}{text}"[-_LONGEST:].split("\n")
        self._tell(" ".join(" ".join(lines).split()))
        return len(text)

    def _tell(self, line: str) -> None:
        if line:
            owner = PLUGIN.get() or self._kernel.plugins.owner_of_frames(sys._getframe(2))  # pyright: ignore[reportPrivateUsage]
            who = f"plugin {owner}" if owner else "something"
            key = f"{owner} printed" if owner else line
            self._kernel.tell_later(f"{who} printed to {self._place}: {line[:200]}", key)

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        if self._behind is None:
            raise io.UnsupportedOperation("fileno")
        return self._behind.fileno()

    @property
    def buffer(self) -> _Bytes:
        """Takes bytes, as the buffer of a text file does."""
        return _Bytes(self)


class _Bytes(io.RawIOBase):
    def __init__(self, prints: _Prints) -> None:
        self._prints = prints

    def write(self, data: Any, /) -> int:
        self._prints.write(bytes(data).decode("utf-8", "replace"))
        return len(data)

    def writable(self) -> bool:
        return True
