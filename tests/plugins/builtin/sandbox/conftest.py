"""Runs the cases once for each sandbox and user, in a program of their own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from pathlib import Path
from typing import TypeAlias

import pytest

from gaff.hooks import SandboxPolicy
from gaff.plugins.builtin.sandbox.landlock import Landlock
from gaff.testing import Shell, call, say

#: Has the model run a command, and returns what it read of the result.
Ask: TypeAlias = Callable[..., Awaitable[str]]

#: Who is no one in particular.
NOBODY = 65534
USERS = (0, NOBODY) if os.getuid() == 0 else (os.getuid(),)


@cache
def lacking(sandbox: str) -> str:
    """Return why this machine cannot run a sandbox at all, found out without gaff's help; empty where it can."""
    if sandbox == "landlock":
        return Landlock().missing(SandboxPolicy())
    if shutil.which("bwrap") is None:
        return "bubblewrap is not installed"
    words = ["bwrap", "--ro-bind", "/", "/", "--proc", "/proc", "--unshare-all", "true"]
    tried = subprocess.run(words, capture_output=True, text=True, check=False)
    return tried.stderr.strip()


@cache
def results(sandbox: str, user: int) -> Mapping[str, tuple[bool, str]]:
    """Return, for each case, whether the sandbox held and what the script printed."""
    driver = Path(__file__).with_name("driver.py")
    environ = {**os.environ, "ANTHROPIC_API_KEY": "canary-key", "PYTHONWARNINGS": "error::ResourceWarning"}
    done = subprocess.run(
        [sys.executable, str(driver), sandbox, str(user)],
        env=environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    if not done.stdout:
        pytest.fail(f"the driver ended with {done.returncode}: {done.stderr[-2000:]}")
    found: Mapping[str, tuple[bool, str]] = json.loads(done.stdout)
    return found


@pytest.fixture
def ask(shell: Shell) -> Ask:
    """Let the model run a command; return what it reads. Settings and sandboxes are given with the first."""

    async def ask(command: str, **more: bool) -> str:
        shell.add(call("Bash", {"command": command, **more}), say("ok"))
        await shell.submit("go")
        return str(shell.outcomes[-1].output.content)

    return ask
