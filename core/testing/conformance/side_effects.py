"""Sees what code does beside returning a value: files, sockets, processes, threads, and changes of the process."""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
import threading
import warnings
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any, Final

from gaff.hooks.values import is_object

_WRITING: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND

#: What each audit event means. Source: docs.python.org/3/library/audit_events.html.
_EVENTS: Final[Mapping[str, str]] = {
    "os.mkdir": "makes the folder {0}",
    "os.remove": "removes {0}",
    "os.rmdir": "removes {0}",
    "os.rename": "renames {0}",
    "os.link": "links {0}",
    "os.symlink": "links {0}",
    "os.truncate": "truncates {0}",
    "os.chmod": "changes the mode of {0}",
    "os.chdir": "changes the current folder to {0}",
    "os.kill": "sends a signal to process {0}",
    "os.system": "runs the command {0}",
    "os.exec": "runs {0}",
    "os.posix_spawn": "starts the process {0}",
    "os.fork": "forks",
    "subprocess.Popen": "starts the process {0}",
    "socket.__new__": "opens a socket",
    "socket.getaddrinfo": "looks up {0} in the network",
    "sqlite3.connect": "opens the database {0}",
    "_thread.start_new_thread": "starts a thread",
    "_thread.start_joinable_thread": "starts a thread",
    "sys.addaudithook": "adds an audit hook",
    "sys.setprofile": "sets a profiler",
    "sys.settrace": "sets a tracer",
    "webbrowser.open": "opens a browser",
}


@dataclass
class Effects:
    """What happened, a few words each: what a plugin must not do, and what libraries do when they are imported."""

    faults: list[str] = field(default_factory=list[str])
    notes: list[str] = field(default_factory=list[str])


class Observer:
    """Hears of everything the interpreter audits. An audit hook cannot be taken away, so there is one a process."""

    def __init__(self) -> None:
        self._seen: list[str] = []
        self._watching = False
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self._watching:
            return
        if event == "open":
            self._opened(arguments)
        elif event in _EVENTS:
            self._seen.append(_EVENTS[event].format(*(_shown(one) for one in arguments)))

    def _opened(self, arguments: tuple[Any, ...]) -> None:
        path, _, flags = arguments
        if isinstance(flags, int) and flags & _WRITING and not isinstance(path, int):
            name = os.fsdecode(path)
            if name != os.devnull and "__pycache__" not in name:
                self._seen.append(f"writes the file {name}")

    @contextmanager
    def watch(self) -> Generator[Effects]:
        """Collect what happens meanwhile."""
        found = Effects()
        before, ran = State(), threads()
        self._seen.clear()
        self._watching = True
        try:
            yield found
        finally:
            self._watching = False
            started = ["starts a thread"] if threads() - ran else []
            found.faults += dict.fromkeys([*self._seen, *started, *before.changes()])
            found.notes += before.minor_changes()


def _shown(value: object) -> str:
    return os.fsdecode(value) if isinstance(value, bytes) else str(value)


class State:
    """What all code of a process shares, as it was when this was made."""

    def __init__(self) -> None:
        self._values = dict(_values())
        self._minor = dict(_minor_values())
        self._functions = dict(_functions())

    def changes(self) -> Sequence[str]:
        """Return what is different now, a few words each."""
        found = [
            f"changes {name}{_difference(self._values[name], value)}"
            for name, value in _values()
            if self._values[name] != value
        ]
        now = dict(_functions())
        patched = [name for name, value in self._functions.items() if now.get(name, value) is not value]
        return [*found, *(f"replaces {name}" for name in patched)]

    def minor_changes(self) -> Sequence[str]:
        """Return what is different now of what libraries change when they are imported."""
        return [f"changes {name}" for name, value in _minor_values() if self._minor[name] != value]


def _minor_values() -> Iterator[tuple[str, object]]:
    """Yield what libraries change when they are imported, whoever imports them."""
    yield "sys.meta_path", tuple(map(id, sys.meta_path))
    yield "the warning filters", tuple(map(str, warnings.filters))


def _values() -> Iterator[tuple[str, object]]:
    """Yield what a plugin must leave as it is, by name, as values that can be compared."""
    yield "os.environ", dict(os.environ)
    yield "sys.path", tuple(sys.path)
    yield "the current folder", _current_folder()
    yield (
        "a signal handler",
        {number.name: id(_handler(number)) for number in signal.valid_signals() if _named(number)},
    )
    yield "the umask", _umask()
    yield "the standard streams", tuple(id(stream) for stream in (sys.stdin, sys.stdout, sys.stderr))
    hooks = (sys.excepthook, sys.displayhook, sys.unraisablehook, threading.excepthook)
    yield "an exception hook", tuple(map(id, hooks))
    yield "the root logger", (logging.root.level, tuple(map(id, logging.root.handlers)))
    yield "the recursion limit", sys.getrecursionlimit()
    yield "the default timeout of sockets", socket.getdefaulttimeout()


def _named(number: object) -> bool:
    return isinstance(number, signal.Signals)


def _handler(number: Any) -> object:
    handler = signal.getsignal(number)
    # A bound method is a new object each time it is looked up.
    return getattr(handler, "__func__", handler)


def _current_folder() -> str:
    try:
        return str(Path.cwd())
    except OSError:
        return ""


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _difference(before: object, after: object) -> str:
    if not is_object(before) or not is_object(after):
        return ""
    keys = sorted(key for key in {*before, *after} if before.get(key) != after.get(key))
    return f": {', '.join(keys)}"


_FUNCTIONS: Final = (FunctionType, BuiltinFunctionType)


def _functions() -> Iterator[tuple[str, object]]:
    """Yield the functions and classes of the standard library and of gaff that are loaded, by full name."""
    modules: Mapping[str, object] = dict(sys.modules)  # some programs put other things there
    for module_name, module in modules.items():
        top = module_name.partition(".")[0]
        watched = top in sys.stdlib_module_names or module_name.startswith(("gaff.hooks", "gaff.testing"))
        if watched and isinstance(module, ModuleType):
            for name, value in tuple(vars(module).items()):
                if isinstance(value, (*_FUNCTIONS, type)):
                    yield f"{module_name}.{name}", value
                if isinstance(value, type) and value.__module__ == module_name:
                    yield from _methods(f"{module_name}.{name}", value)


def _methods(owner: str, kind: type) -> Iterator[tuple[str, object]]:
    for name, value in tuple(vars(kind).items()):
        if isinstance(value, _FUNCTIONS):
            yield f"{owner}.{name}", value


def threads() -> set[threading.Thread]:
    """Return the threads that run."""
    return {thread for thread in threading.enumerate() if thread.is_alive()}


def descendants(of: int) -> Mapping[int, str]:
    """Return the processes below one, by id, with the names of their programs; those that ended are left out."""
    children: dict[int, list[tuple[int, str]]] = {}
    for child, parent, name in _processes():
        children.setdefault(parent, []).append((child, name))
    found: dict[int, str] = {}
    waiting = [of]
    while waiting:
        for child, name in children.get(waiting.pop(), ()):
            found[child] = name
            waiting.append(child)
    return found


def _processes() -> Iterator[tuple[int, int, str]]:
    """Yield each living process, its parent, and the name of its program."""
    if not os.path.exists("/proc/self/stat"):
        yield from _listed_processes()
        return
    for entry in os.listdir("/proc"):
        with suppress(OSError):  # it has ended meanwhile
            if entry.isdigit():
                text = Path(f"/proc/{entry}/stat").read_text(encoding="utf-8", errors="replace")
                name, _, rest = text.partition("(")[2].rpartition(")")
                state, parent, *_ = rest.split()
                if state not in "ZX":
                    yield int(entry), int(parent), name


def _listed_processes() -> Iterator[tuple[int, int, str]]:
    import subprocess

    command = ["ps", "-A", "-o", "pid=,ppid=,stat=,comm="]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as listed:
        for line in listed.communicate()[0].splitlines():
            child, parent, state, name = line.split(None, 3)
            if int(child) != listed.pid and not state.startswith("Z"):
                yield int(child), int(parent), name.strip()
