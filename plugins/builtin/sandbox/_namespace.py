"""Listening inside the network of a sandbox, with the help of a process that can enter it."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

from ._waiting import readable

#: Where commands find the proxy, in a network of their own.
ADDRESS: Final = ("127.0.0.1", 3128)

_SCRIPT: Final = str(Path(__file__).with_name("_namespace_helper.py"))
#: Beyond the descriptors that a process starts with, so that it is not one that is handed down already.
_CONTROL: Final = 100
#: Seconds a listener may take: the first one waits for an interpreter to start.
_PATIENCE: Final = 10.0
_LONGEST: Final = 16


class NamespaceHelper:
    """The process that enters, started when first needed, and shared by the sessions that use it."""

    def __init__(self) -> None:
        #: What it is started with: any Python 3 will do.
        self.interpreter = sys.executable
        self._users: set[str] = set()
        self._process: int | None = None
        self._control: socket.socket | None = None
        self._turns = asyncio.Lock()

    def use(self, session_id: str) -> None:
        """Keep it for this session, and start it, so that the first command need not wait."""
        self._users.add(session_id)
        self._start()

    def release(self, session_id: str) -> None:
        """End it where no session needs it any more."""
        self._users.discard(session_id)
        if not self._users:
            self.close()
            self._turns = asyncio.Lock()  # the next session may have another event loop

    def close(self) -> None:
        """End it."""
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.kill(self._process, signal.SIGKILL)
            os.waitpid(self._process, 0)
            self._process = None

    def _start(self) -> socket.socket:
        if self._control is not None:
            return self._control
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            words = (self.interpreter, "-I", "-S", _SCRIPT, str(_CONTROL), ADDRESS[0], str(ADDRESS[1]))
            actions = [(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_RDWR, 0) for number in (0, 1, 2)]
            handing = (os.POSIX_SPAWN_DUP2, theirs.fileno(), _CONTROL)
            # A session of its own: Ctrl-C at the terminal is not for it.
            self._process = os.posix_spawn(
                self.interpreter, words, {"PATH": os.defpath}, file_actions=[*actions, handing], setsid=True
            )
        ours.setblocking(False)
        self._control = ours
        return ours

    async def listener(self, network: int) -> socket.socket:
        """Return a listener at ``ADDRESS`` in the network of this descriptor.

        Raises:
            OSError: the network cannot be entered.
        """
        async with self._turns:
            try:
                async with asyncio.timeout(_PATIENCE):
                    answer, descriptors = await _exchange(self._start(), network)
            except BaseException:
                self.close()  # an answer that comes late must not be taken for that to the next question
                raise
        if not descriptors:
            number = int(answer or b"0")
            raise OSError(number, os.strerror(number) if number else "the helper has ended")
        listener = socket.socket(fileno=descriptors[0])
        listener.setblocking(False)
        return listener


async def _exchange(control: socket.socket, network: int) -> tuple[bytes, list[int]]:
    socket.send_fds(control, [b"?"], [network])
    await readable(control.fileno())
    answer, descriptors, _, _ = socket.recv_fds(control, _LONGEST, 1)
    return answer, descriptors


HELPER: Final = NamespaceHelper()
