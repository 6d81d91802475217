"""What a sandbox adds to a command: the same ``bash -c true`` plain and confined, in turns."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from gaff.hooks import Sandbox, SandboxCommand, SandboxPolicy
from gaff.plugins.builtin.sandbox._launch import launch
from gaff.plugins.builtin.sandbox._namespace import HELPER
from gaff.plugins.builtin.sandbox._protected import protected_in
from gaff.plugins.builtin.sandbox.bubblewrap import Bubblewrap
from gaff.plugins.builtin.sandbox.landlock import Landlock
from gaff.plugins.builtin.sandbox.none import NoSandbox

from .measure import Row, interleaved

#: Milliseconds that a command may take longer.
_BUDGETS = {"bubblewrap": 10.0, "landlock": 1.0}
_COMMAND = ("/bin/bash", "--norc", "-c", "true")
_RUNS = 60


def rows(folder: Path, environ: Mapping[str, str]) -> Iterator[Row]:
    """Measure each sandbox that works here."""
    project = _project(folder)
    filtered = SandboxPolicy(
        writable=(str(project), str(folder)),
        protected=tuple(protected_in(str(project))),
        temporary=str(folder),
        network="filtered",
    )
    for sandbox in (Landlock(), Bubblewrap()):
        if not sandbox.missing(filtered):
            yield _row(sandbox, filtered, project, environ)
    HELPER.close()


def _row(sandbox: Sandbox, policy: SandboxPolicy, project: Path, environ: Mapping[str, str]) -> Row:
    with asyncio.Runner() as runner:
        ours, plain = interleaved(
            _RUNS,
            lambda: runner.run(_run_ms(sandbox, policy, project, environ)),
            lambda: runner.run(_run_ms(NoSandbox(), policy, project, environ)),
        )
    budget = _BUDGETS[sandbox.name]
    return Row(
        f"a command in {sandbox.name}",
        ours,
        plain,
        "ms",
        "the command alone",
        f"<= {budget:g} ms above",
        ours - plain <= budget,
    )


async def _run_ms(
    sandbox: Sandbox, policy: SandboxPolicy, project: Path, environ: Mapping[str, str]
) -> float:
    started = time.perf_counter()
    command = SandboxCommand(_COMMAND, environ, str(project))
    with open(os.devnull, "wb") as output:  # noqa: ASYNC230 - opening the null device does not block
        async with sandbox.confine(command, policy) as confined:
            process = await launch(confined, str(project), output)
            if await process.wait() != 0:
                raise RuntimeError(f"the command failed in {sandbox.name}")
    return (time.perf_counter() - started) * 1000


def _project(folder: Path) -> Path:
    """Make a project like most: a repository with hooks, and settings."""
    project = (folder / "sandboxed").resolve()
    for name in (".git/HEAD", ".git/hooks/pre-commit", ".git/config", ".claude/settings.json", ".mcp.json"):
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text("{}")
    return project
