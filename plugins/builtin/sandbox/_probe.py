"""Trying a sandbox out: a command that writes and connects where it must not, really run in it."""

from __future__ import annotations

import asyncio
import os
import shlex
import socket
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from gaff.hooks import Json, JsonObject, Sandbox, SandboxCommand, SandboxPolicy

from ._launch import launch

#: Seconds a trial may take.
_PATIENCE = 10.0
_BASH = "/bin/bash"
_LONGEST = 2_000


@dataclass(frozen=True)
class Trial:
    """How a sandbox did."""

    name: str
    holds: bool
    #: Why it is not used; empty where it holds.
    reason: str = ""
    #: What was tried and what came of it, a line each.
    checks: tuple[str, ...] = ()
    ms: float = 0.0

    def to_json(self) -> JsonObject:
        """Return the trial as the transcript keeps it."""
        facts: dict[str, Json] = {"name": self.name, "holds": self.holds, "reason": self.reason}
        return {**facts, "checks": list(self.checks), "ms": round(self.ms, 1)}


async def try_out(sandbox: Sandbox, weaker: bool = False, program: str | None = None) -> Trial:
    """Run what must fail in a sandbox, and tell whether it failed."""
    policy = SandboxPolicy(weaker=weaker, program=program)
    if missing := sandbox.missing(policy):
        return Trial(sandbox.name, False, missing)
    started = perf_counter()
    try:
        with _scene() as scene:
            async with asyncio.timeout(_PATIENCE):
                told = await scene.run(sandbox, weaker, program)
            trial = scene.judged(sandbox.name, told)
    except TimeoutError:
        trial = Trial(sandbox.name, False, f"a command did not end within {_PATIENCE:g} s in it")
    except Exception as fault:  # isolation boundary: a sandbox of any plugin may fail in any way
        trial = Trial(sandbox.name, False, f"{type(fault).__name__}: {fault}")
    checks = (
        (*trial.checks, *(f"not stopped: {limit}" for limit in sandbox.limits()))
        if trial.holds
        else trial.checks
    )
    return Trial(trial.name, trial.holds, trial.reason, checks, (perf_counter() - started) * 1000)


@dataclass(frozen=True)
class _Scene:
    inside: Path
    outside: Path
    listener: socket.socket

    async def run(self, sandbox: Sandbox, weaker: bool, program: str | None) -> str:
        """Run the command; return what it printed."""
        policy = SandboxPolicy(
            writable=(str(self.inside),), temporary=str(self.inside), weaker=weaker, program=program
        )
        command = SandboxCommand((_BASH, "--norc", "-c", self._script()), {"PATH": os.defpath}, "/")
        with tempfile.TemporaryFile() as output:
            async with sandbox.confine(command, policy) as confined:
                process = await launch(confined, "/", output)
                try:
                    await process.wait()
                finally:
                    process.kill()
            output.seek(0)
            return output.read(_LONGEST).decode("utf-8", "replace").strip()

    def _script(self) -> str:
        inside, outside = (shlex.quote(str(folder / "written")) for folder in (self.inside, self.outside))
        port = self.listener.getsockname()[1]
        return f"echo x > {inside}; echo x > {outside}; : < /dev/tcp/127.0.0.1/{port}"

    def judged(self, name: str, told: str) -> Trial:
        """Look at what the command achieved."""
        works = (self.inside / "written").exists()
        wrote = (self.outside / "written").exists()
        connected = self._was_reached()
        checks = (
            f"write inside: {'works' if works else 'FAILS'}",
            f"write outside: {'NOT STOPPED' if wrote else 'stopped'}",
            f"connect: {'NOT STOPPED' if connected else 'stopped'}",
        )
        if works and not wrote and not connected:
            return Trial(name, True, checks=checks)
        reason = "commands do not run in it" if not works else "it does not stop what it must stop"
        return Trial(name, False, f"{reason}: {told.splitlines()[0]}" if told else reason, checks)

    def _was_reached(self) -> bool:
        try:
            self.listener.accept()[0].close()
        except BlockingIOError:
            return False
        return True


@contextmanager
def _scene() -> Generator[_Scene]:
    # Not below /tmp: a sandbox may show a folder of its own there, which would prove nothing.
    place = "/var/tmp" if os.access("/var/tmp", os.W_OK) else None
    with (
        tempfile.TemporaryDirectory(prefix="gaff-probe-", dir=place) as folder,
        socket.create_server(("127.0.0.1", 0)) as listener,
    ):
        listener.setblocking(False)
        scene = _Scene(Path(folder, "inside").resolve(), Path(folder, "outside").resolve(), listener)
        scene.inside.mkdir()
        scene.outside.mkdir()
        yield scene
