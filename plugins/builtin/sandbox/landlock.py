"""Confines commands by Landlock and seccomp: no program to install, and next to no cost.

The kernel keeps a command from writing outside, from other processes and from the network. What Landlock
cannot express, a protected file inside a writable folder, is put back once the command has ended. There is
no list of hosts: the network is off, or open where every host is allowed.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Final

from gaff.hooks import Confined, Decision, Sandbox, SandboxCommand, SandboxPolicy, hookimpl
from gaff.hooks.events import ConfigChange

from ._grants import is_inside
from ._guard import Guard
from ._rules import LEAST_VERSION, READ_DIR, READ_FILE, READING, WRITE_FILE, RuleSet, everything_but, version
from ._seccomp import families_for, filter_thread, syscall_filter
from ._system import drop_capabilities, forbid_new_privileges, machine
from ._whereabouts import Whereabouts

#: Devices that everything uses and nothing is kept in.
_DEVICES: Final = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty")
#: Where the others are: terminals, from which what is typed can be read, disks, and what belongs to the machine.
_ALL_DEVICES: Final = "/dev"
#: What it does not stop, whatever the version, and up to a version.
_ALWAYS: Final = ("mode and times of files outside", "changes of protected files, until they are put back")
_LATER: Final = {6: "signals to other processes (Linux 6.12)"}
#: Seconds between two looks at what must stay as it is.
_INTERVAL: Final = 1.0
_MOST_NOTES: Final = 20
#: Where locks between processes are made.
_SHARED_MEMORY: Final = "/dev/shm"


class Landlock(Sandbox):
    """The sandbox."""

    name = "landlock"
    summary = "Landlock and seccomp: writes and network; no list of hosts"
    rank = 50

    def missing(self, policy: SandboxPolicy) -> str:
        if machine() is None:
            return "it is for Linux on x86-64 and ARM64"
        found = version()
        if found < LEAST_VERSION:
            return f"the kernel offers Landlock {found or 'not at all'}; version {LEAST_VERSION} is needed (Linux 6.2)"
        return ""

    def limits(self) -> Sequence[str]:
        return [*_ALWAYS, *(text for least, text in _LATER.items() if version() < least)]

    @asynccontextmanager
    async def confine(self, command: SandboxCommand, policy: SandboxPolicy) -> AsyncGenerator[Confined]:
        for other in _WATCHED:
            other.put_back()  # what it moved must not be taken for what the next one may read
        watched = _Watched(policy)
        rules = _rules(policy)
        confined = Confined(command.argv, dict(command.environ), restrict=_restriction(rules, policy))
        confined.notes = watched.notes
        watching = asyncio.create_task(watched.watch(), name="sandbox watch")
        _WATCHED.add(watched)
        try:
            yield confined
        finally:
            watching.cancel()
            rules.close()
            watched.put_back()
            _WATCHED.discard(watched)


class _Watched:
    """What a command could change and must not, until nothing of the command is left."""

    def __init__(self, policy: SandboxPolicy) -> None:
        guards = policy.guards_files
        self.notes: list[str] = []
        self.protected = policy.protected if guards else ()
        self._guard = Guard(self.protected, policy.writable)
        self._whereabouts = Whereabouts(policy.hidden if guards else (), policy.writable)

    def put_back(self) -> None:
        """Put back what was changed so far, and note it."""
        found = [*self._whereabouts.put_back(), *self._guard.put_back()]
        room = max(0, _MOST_NOTES - len(self.notes))
        self.notes += found[:room]
        if len(found) > room > 0:
            self.notes.append(f"and {len(found) - room} more")

    async def watch(self) -> None:
        """Put back now and then: a command may run for long."""
        while True:
            await asyncio.sleep(_INTERVAL)
            self.put_back()


#: Of the commands that run.
_WATCHED: Final[set[_Watched]] = set()


@hookimpl
def gaff_config_change(event: ConfigChange) -> Decision | None:
    """Leave settings as they are that a running command may have changed: they are put back."""
    path = event.file_path or ""
    if any(is_inside(path, watched.protected) for watched in _WATCHED):
        return Decision("deny", "a command that could change these settings is running")
    return None


def _rules(policy: SandboxPolicy) -> RuleSet:
    if not policy.guards_files and policy.hidden:
        policy = replace(policy, guards_files=True, writable=("/",))
    rules = RuleSet(files=policy.guards_files, network=policy.network != "open", changeable=policy.writable)
    for path in everything_but((*policy.hidden, _ALL_DEVICES)):
        rules.allow(path, READING)
    rules.allow("/", READ_DIR)
    writing = rules.writing
    for path in policy.writable:
        rules.allow(path, writing)
    # What is hidden around them does not hide them: the longer path holds.
    for path in (*policy.shown, *policy.writable):
        if any(path.startswith(f"{hidden}/") for hidden in policy.hidden):
            for part in _readable(path, policy.hidden):
                rules.allow(part, READING)
    rules.allow(os.path.realpath(_SHARED_MEMORY), writing | READING)
    for path in _DEVICES:
        rules.allow(path, READ_FILE | WRITE_FILE)
    return rules


def _readable(path: str, hidden: Sequence[str]) -> Sequence[str]:
    """Return what of a path may be read: all of it, unless something below it is hidden."""
    inside = [one for one in hidden if one.startswith(f"{path}/")]
    if not inside:
        return (path,)
    return [part for part in everything_but(inside) if part.startswith(f"{path}/")]


def _restriction(rules: RuleSet, policy: SandboxPolicy) -> Callable[[], None]:
    internet = policy.network == "open"
    program = syscall_filter(
        families_for(internet=internet, unix=policy.all_unix_sockets), keeps_attributes=policy.guards_files
    )

    def restrict() -> None:
        forbid_new_privileges()
        drop_capabilities()
        rules.restrict_thread()
        filter_thread(program)

    return restrict


@hookimpl
def gaff_register_sandboxes() -> Sequence[Sandbox]:
    """Contribute the sandbox."""
    return (Landlock(),) if os.name == "posix" else ()
