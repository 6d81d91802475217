"""Sandboxes as plugins: how commands are kept from what they must not touch.

A sandbox prepares a command: other words to start it with, descriptors to hand down, or a restriction that
binds the thread it is started on. Nothing runs between fork and exec. Which sandbox is used is decided by
trying: a command that must fail is run in each, the highest ``rank`` first.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Literal, TypeAlias

if TYPE_CHECKING:
    import asyncio

#: ``off``: nothing leaves; ``filtered``: by host name, as ``SandboxPolicy.connect`` says; ``open``: everything.
SandboxNetwork: TypeAlias = Literal["off", "filtered", "open"]


async def connect_nowhere(host: str, port: int) -> bool:
    """Allow no host: the default of ``SandboxPolicy.connect``."""
    return False


@dataclass(frozen=True)
class Crossing:
    """A connection out of a sandbox to a host that may be reached; the command waits for it to be carried.

    ``reader`` and ``writer`` lead to the command, ``outside_reader`` and ``outside_writer`` to the host.
    """

    host: str
    port: int
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    outside_reader: asyncio.StreamReader
    outside_writer: asyncio.StreamWriter
    #: The head of a plain HTTP request that was read already; empty for a tunnel.
    head: bytes = b""


@dataclass(frozen=True, kw_only=True)
class SandboxPolicy:
    """What a command may do. Paths are absolute, links followed; a path means all below it, too.

    Where it says nothing, everything may be read and nothing written.
    """

    #: What may be changed.
    writable: tuple[str, ...] = ()
    #: What stays as it is although it is below ``writable``: what is not there cannot be made. What
    #: of ``writable`` is below such a path can be changed all the same.
    protected: tuple[str, ...] = ()
    #: What cannot be read, and what below it can; of two that cover a path the longer one holds.
    hidden: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()
    #: Files in whose place another is read, by path; for sandboxes that say ``masks``.
    masked: Mapping[str, str] = field(default_factory=dict[str, str])
    #: The folder for temporary files, ``$TMPDIR``; one of ``writable``.
    temporary: str = ""
    #: False where files are left alone and only the network is guarded.
    guards_files: bool = True
    network: SandboxNetwork = "off"
    #: Asked for each host a command wants to reach over a ``filtered`` network; may ask the user.
    connect: Callable[[str, int], Awaitable[bool]] = connect_nowhere
    #: The ports of proxies on this machine, HTTP and SOCKS, that judge instead of ``connect``.
    proxy_port: int | None = None
    socks_port: int | None = None
    #: Carries connections to hosts that may be reached; ``None`` where they are passed on as they are.
    carry: Callable[[Crossing], Awaitable[None]] | None = None
    #: Sockets in the file system that may be connected to, or all.
    unix_sockets: tuple[str, ...] = ()
    all_unix_sockets: bool = False
    #: Whether a weaker isolation will do, as inside a container that forbids more.
    weaker: bool = False
    #: The program of the sandbox, where the user says which.
    program: str | None = None


@dataclass(frozen=True)
class SandboxCommand:
    """A command as it would be started without a sandbox."""

    argv: Sequence[str]
    environ: Mapping[str, str]
    cwd: str


@dataclass
class Confined:
    """How to start a command inside.

    The caller starts ``argv`` in a new session with ``environ`` and ``pass_fds``. Where there is a
    ``restrict``, it does so on a thread of its own that called it first: it binds that thread and whatever
    is started on it, for good. Otherwise it starts the command on a thread that outlives it. Then it
    awaits ``started``.
    """

    argv: Sequence[str]
    environ: Mapping[str, str]
    pass_fds: tuple[int, ...] = ()
    restrict: Callable[[], None] | None = None
    started: Callable[[], Awaitable[None]] | None = None
    #: What the model is to know once the command has ended, a line each: hosts refused, files put back.
    notes: list[str] = field(default_factory=list[str])


class Sandbox(ABC):
    """A way to confine commands. One instance serves all sessions."""

    name: ClassVar[str]
    summary: ClassVar[str]
    #: Sandboxes are tried from high to low; the first that holds is used.
    rank: ClassVar[int] = 0
    #: False for none at all: it is never tried, and commands in it need permission as without it.
    isolates: ClassVar[bool] = True

    #: Whether it honours ``SandboxPolicy.masked`` and ``carry``; otherwise what should be masked is hidden.
    masks: ClassVar[bool] = False

    @abstractmethod
    def missing(self, policy: SandboxPolicy) -> str:
        """Return why it cannot work here, as far as that is known without trying; empty where it may."""

    def limits(self) -> Sequence[str]:
        """Return what it does not stop on this machine, a few words each, for ``gaff doctor``."""
        return ()

    @abstractmethod
    def confine(
        self, command: SandboxCommand, policy: SandboxPolicy
    ) -> AbstractAsyncContextManager[Confined]:
        """Prepare a command. The context lasts until nothing of the command is left.

        Raises:
            OSError: it cannot be prepared; the command is not run.
        """
