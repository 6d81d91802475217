"""Confines commands by bubblewrap: a view of the files of their own, no network but by host name.

Everything is read-only but the writable folders, processes and sockets of the machine are not there, and a
filter of system calls is the second wall. Needs the program ``bwrap`` and user namespaces (Linux).
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Final

from gaff.hooks import Confined, Sandbox, SandboxCommand, SandboxPolicy, hookimpl

from ._guard import Guard
from ._mounted import refuse_others
from ._mounts import Mounts, mounts_of
from ._namespace import ADDRESS, HELPER
from ._placeholders import placeholders
from ._proxy import Proxy, proxied
from ._seccomp import families_for, syscall_filter
from ._system import machine
from ._waiting import readable, writable

_PLACES: Final = ("/usr/bin", "/usr/local/bin", "/bin", "/run/current-system/sw/bin", "/run/wrappers/bin")
_LONGEST_INFO: Final = 4096
#: A file of the view that nobody needs, and what fills the pipe it is read from.
_WAITING: Final = "/dev/.gaff"
_FILLING: Final = bytes(4096)
#: Seconds the program may take until it tells which process it made.
_PATIENCE: Final = 10.0


class Bubblewrap(Sandbox):
    """The sandbox."""

    name = "bubblewrap"
    summary = "bubblewrap and seccomp: files, processes, and network by host name"
    rank = 100
    masks = True

    def missing(self, policy: SandboxPolicy) -> str:
        if sys.platform != "linux" or machine() is None:
            return "it is for Linux on x86-64 and ARM64"
        if find_program(policy) is None:
            return "bwrap is not installed: install the package bubblewrap, or set sandbox.bwrapPath"
        return ""

    @asynccontextmanager
    async def confine(self, command: SandboxCommand, policy: SandboxPolicy) -> AsyncGenerator[Confined]:
        program = find_program(policy)
        if program is None:
            raise FileNotFoundError("bwrap is not installed")
        mounts = mounts_of(policy, command.environ)
        guard = Guard(mounts.guarded)
        confined = Confined([], dict(command.environ))
        handed, proxy = _Handed(), Proxy(policy)
        try:
            with placeholders(mounts.placeholders):
                words = (program, *_arguments(policy, mounts, handed), "--chdir", command.cwd, "--")
                confined.argv = (*words, *command.argv)
                listens = policy.network == "filtered"
                if listens:
                    confined.environ = proxied(confined.environ, *ADDRESS)
                confined.started = _Setup(handed, mounts, proxy if listens else None).finish
                confined.pass_fds = tuple(handed.descriptors)
                yield confined
        finally:
            handed.close()
            await proxy.close()
            confined.notes += guard.put_back()


def find_program(policy: SandboxPolicy) -> str | None:
    """Return the program: the one the user named, else that of the system, never one a project brings."""
    if policy.program is not None:
        return policy.program if os.access(policy.program, os.X_OK) else None
    return shutil.which("bwrap", path=os.pathsep.join(_PLACES))


class _Handed:
    """Descriptors that the program is handed, and our ends of the pipes among them."""

    def __init__(self) -> None:
        self.descriptors: list[int] = []
        #: Where the program tells of the process it made, and where it is told to go on.
        self.information: int | None = None
        self.go: int | None = None

    def content(self, data: bytes) -> str:
        """Hand down bytes to be read."""
        descriptor = os.memfd_create("gaff-sandbox")
        self.descriptors.append(descriptor)
        os.write(descriptor, data)
        os.lseek(descriptor, 0, os.SEEK_SET)
        return str(descriptor)

    def pipes(self, *, tells: bool) -> Sequence[str]:
        """Hand down where to tell of the process, and what it must have read before it can go on.

        Where it ``tells``, reading is the sign that all that was to be mounted before is.
        """
        self.information, telling = os.pipe()
        waiting, self.go = os.pipe()
        self.descriptors += (telling, waiting)
        if not tells:
            return ("--info-fd", str(telling), "--block-fd", str(waiting))
        os.set_blocking(self.go, False)
        with suppress(BlockingIOError):
            while os.write(self.go, _FILLING):
                pass
        return ("--info-fd", str(telling), "--file", str(waiting), _WAITING)

    def given(self) -> None:
        """Close here what the program has now, so that the end of a pipe is noticed."""
        while self.descriptors:
            os.close(self.descriptors.pop())

    def close(self) -> None:
        """Close all that is left."""
        self.given()
        self.let_go()
        if self.information is not None:
            os.close(self.information)
            self.information = None

    def let_go(self) -> None:
        """Let the program come to the end of what it reads, and with it to the command."""
        if self.go is not None:
            os.close(self.go)
            self.go = None


def _arguments(policy: SandboxPolicy, mounts: Mounts, handed: _Handed) -> Sequence[str]:
    sockets = policy.all_unix_sockets or bool(policy.unix_sockets)
    program = syscall_filter(families_for(internet=True, unix=sockets))
    arguments = ["--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"]
    if policy.network != "open":
        arguments.append("--unshare-net")
    if not policy.weaker:
        arguments.append("--disable-userns")
    arguments += ("--new-session", "--die-with-parent", "--cap-drop", "ALL", *mounts.arguments)
    arguments += handed.pipes(tells=mounts.guards)
    return [*arguments, "--seccomp", handed.content(program)]


@dataclass(frozen=True)
class _Setup:
    """Looks at what was set up for a command that was started and waits, and opens the proxy in its network."""

    handed: _Handed
    mounts: Mounts
    proxy: Proxy | None

    async def finish(self) -> None:
        """Let the command go on, if all is as it must be.

        Raises:
            OSError: it is not.
        """
        information, go = self.handed.information, self.handed.go
        if information is None or go is None:
            return
        self.handed.given()
        async with asyncio.timeout(_PATIENCE):
            child = _child(await _told(information))
            try:
                async with asyncio.TaskGroup() as group:
                    if self.proxy is not None:
                        group.create_task(self._listen(self.proxy, child), name="sandbox listener")
                    if self.mounts.guards:
                        await writable(go)
                        _look_at(child, self.mounts)
            except BaseExceptionGroup as faults:
                raise faults.exceptions[0] from None
        self.handed.let_go()

    async def _listen(self, proxy: Proxy, child: int) -> None:
        network = os.open(f"/proc/{child}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        try:
            listener = await HELPER.listener(network)
        finally:
            os.close(network)
        proxy.serve(listener)


def _look_at(process: int, mounts: Mounts) -> None:
    try:
        refuse_others(process, mounts.arguments)
    except OSError as fault:
        if fault.errno is None:  # they differ
            raise
        raise OSError("bwrap ended before the command began: something was moved or replaced") from fault


async def _told(descriptor: int) -> bytes:
    """Read what the program tells of itself, up to the closing brace."""
    told = b""
    while b"}" not in told:
        await readable(descriptor)
        data = os.read(descriptor, _LONGEST_INFO)
        if not data:
            raise OSError("bwrap ended before the command began")
        told += data
    return told


def _child(told: bytes) -> int:
    facts: Mapping[str, int] = json.loads(told)
    return int(facts["child-pid"])


@hookimpl
def gaff_register_sandboxes() -> Sequence[Sandbox]:
    """Contribute the sandbox."""
    return (Bubblewrap(),)
