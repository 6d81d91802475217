"""One command in the sandbox: from before its start until nothing of it is left."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from gaff.hooks import Confined, Notice, Sandbox, SandboxCommand, SandboxPolicy, Session

from ._choice import Choice, choose
from ._commands import belongs_inside
from ._domains import Hosts
from ._masks import masked_files, masked_variables
from ._policy import policy_of, temporary_folder
from ._settings import sandbox_settings
from ._violations import report, signs_in


async def confinement_for(session: Session, command: str, *, wants_out: bool) -> Confinement | None:
    """Return what confines a command of this session; ``None`` where it runs as it is."""
    if not sandbox_settings(session).enabled or not belongs_inside(session, command, wants_out=wants_out):
        return None
    choice = await choose(session)
    if not choice.isolates:
        return None
    hosts = Hosts(session, command)
    try:
        files = masked_files(session, masks=choice.masks)
    except OSError as fault:
        return Confinement(session, choice, command, hosts, fault)
    # Now and then the working directories are looked through, which may take a while.
    policy = await asyncio.to_thread(policy_of, session, hosts.judge, files)
    return Confinement(session, choice, command, hosts, policy)


class Confinement:
    """Confines one command. A task of its own holds the sandbox, since it may outlive the call."""

    def __init__(
        self,
        session: Session,
        choice: Choice,
        command: str,
        hosts: Hosts,
        policy: SandboxPolicy | OSError,
    ) -> None:
        self._session = session
        self._choice = choice
        self._command = command
        self._hosts = hosts
        self._policy = policy
        self._confined: Confined | None = None
        self._entered = asyncio.Event()
        self._leaving = asyncio.Event()
        self._left = asyncio.Event()
        self._fault: Exception | None = None

    @property
    def temporary(self) -> str:
        """A folder that the command may write to."""
        return temporary_folder(self._session)

    async def enter(self, command: SandboxCommand) -> Confined:
        """Prepare the command.

        Raises:
            OSError: it cannot be confined, and must not be run.
        """
        sandbox = self._choice.sandbox
        if sandbox is None:
            raise OSError("there is no sandbox")
        if isinstance(self._policy, OSError):
            raise OSError(f"the sandbox {sandbox.name} could not be set up: {self._policy}")
        masks = self._choice.masks
        environ = dict(masked_variables(self._session, command.environ, masks=masks))
        environ |= {"TMPDIR": self.temporary, **(await self._trust() if masks else {})}
        inside = SandboxCommand(command.argv, environ, command.cwd)
        self._session.start(self._hold(sandbox, inside, self._policy), f"sandbox of {self._command[:40]}")
        await self._entered.wait()
        if self._confined is None:
            raise OSError(f"the sandbox {sandbox.name} could not be set up: {self._fault}")
        return self._confined

    async def _trust(self) -> Mapping[str, str]:
        if not sandbox_settings(self._session).ends_tls:
            return {}
        from ._carrying import trust_variables

        return await asyncio.to_thread(trust_variables, self._session)

    async def _hold(self, sandbox: Sandbox, command: SandboxCommand, policy: SandboxPolicy) -> None:
        try:
            async with sandbox.confine(command, policy) as self._confined:
                self._entered.set()
                await self._leaving.wait()
        except Exception as fault:  # isolation boundary: a sandbox of any plugin may fail in any way
            self._fault = fault
            if self._entered.is_set():
                raise
        finally:
            self._entered.set()
            self._left.set()

    async def leave(self) -> None:
        """Let the sandbox go: nothing of the command is left. The user is told of what was put back."""
        if not self._entered.is_set():
            return
        is_first = not self._leaving.is_set()
        self._leaving.set()
        await self._left.wait()
        for note in self._notes if is_first else ():
            self._session.publish(Notice("warning", f"The sandbox: {note}"))

    @property
    def _notes(self) -> Sequence[str]:
        return self._confined.notes if self._confined is not None else ()

    def report(self, output: str, *, failed: bool) -> Sequence[str]:
        """Return what the model is to know: what the sandbox may have stopped, and what was put back."""
        settings = sandbox_settings(self._session)
        signs = signs_in(output, self._command, settings.ignored) if failed else ()
        return list(report(self._choice.name, signs, self._hosts.refused, self._notes, settings))
