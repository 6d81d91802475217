"""Runs a handler's process: payload in, both outputs out, all of it ended when its time is over."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from gaff.hooks import HookResult

from ._pipes import Outputs


async def run_process(argv: Sequence[str], stdin: bytes, cwd: Path, environ: Mapping[str, str]) -> HookResult:
    """Run a process in a session of its own, without a terminal, and return how it ended.

    Cancelled, it kills the whole process group. What a handler leaves running on purpose lives on.
    """
    outputs = Outputs(asyncio.get_running_loop())
    try:
        process = await _start(argv, stdin, cwd, environ, outputs)
        try:
            code = await process.wait()
        except BaseException:
            await _kill(process)
            raise
        await outputs.drained()
    except (OSError, ValueError) as fault:
        reason = fault.strerror if isinstance(fault, OSError) else str(fault)
        return HookResult(exit_code=127, failure=f"{argv[0]} cannot be started: {reason}")
    finally:
        outputs.close()
    return HookResult(exit_code=code, stdout=outputs.text(0), stderr=outputs.text(1))


async def _start(
    argv: Sequence[str], stdin: bytes, cwd: Path, environ: Mapping[str, str], outputs: Outputs
) -> asyncio.subprocess.Process:
    """Start the process. Cancelled meanwhile, the start is waited for, so that nothing runs unknown."""
    with outputs.handles(stdin) as streams:
        starting = asyncio.ensure_future(
            asyncio.create_subprocess_exec(
                *argv,
                stdin=streams[0],
                stdout=streams[1],
                stderr=streams[2],
                cwd=cwd,
                env=environ,
                start_new_session=True,
            )
        )
        try:
            return await asyncio.shield(starting)
        except asyncio.CancelledError:
            await asyncio.wait([starting])
            if starting.exception() is None:
                await _kill(starting.result())
            raise


async def _kill(process: asyncio.subprocess.Process) -> None:
    """Kill a process that leads a group, and the whole group."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()
