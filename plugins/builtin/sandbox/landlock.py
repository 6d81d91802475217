"""Confines commands by Landlock and seccomp: no program to install, and next to no cost.

The kernel keeps a command from writing outside, from other processes and from the network. What Landlock
cannot express, a protected file inside a writable folder, is put back once the command has ended. There is
no list of hosts: the network is off, or open where every host is allowed.
"""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Final

from gaff.hooks import Confined, Sandbox, SandboxCommand, SandboxPolicy, hookimpl

from ._guard import Guard
from ._rules import LEAST_VERSION, READ_DIR, READ_FILE, READING, WRITE_FILE, RuleSet, everything_but, version
from ._seccomp import families_for, filter_thread, syscall_filter
from ._system import drop_capabilities, forbid_new_privileges, machine

#: Devices that everything uses and nothing is kept in.
_DEVICES: Final = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty")
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

    @asynccontextmanager
    async def confine(self, command: SandboxCommand, policy: SandboxPolicy) -> AsyncGenerator[Confined]:
        guard = Guard(policy.protected if policy.guards_files else (), policy.writable)
        rules = _rules(policy)
        confined = Confined(command.argv, dict(command.environ), restrict=_restriction(rules, policy))
        try:
            yield confined
        finally:
            rules.close()
            confined.notes += guard.put_back()


def _rules(policy: SandboxPolicy) -> RuleSet:
    if not policy.guards_files and policy.hidden:
        policy = replace(policy, guards_files=True, writable=("/",))
    rules = RuleSet(files=policy.guards_files, network=policy.network != "open")
    for path in everything_but(policy.hidden):
        rules.allow(path, READING)
    if policy.hidden:
        rules.allow("/", READ_DIR)
    writing = rules.writing
    for path in policy.writable:
        rules.allow(path, writing)
    # What is hidden around them does not hide them: the longer path holds.
    for path in (*policy.shown, *policy.writable):
        if any(path.startswith(f"{hidden}/") for hidden in policy.hidden):
            for part in _readable(path, policy.hidden):
                rules.allow(part, READING)
    rules.allow(_SHARED_MEMORY, writing | READING)
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
    program = syscall_filter(families_for(internet=internet, unix=policy.all_unix_sockets))

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
