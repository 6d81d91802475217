"""The conformance kit: holds a plugin against everything a good one keeps. See docs/testing.md.

def test_it_conforms() -> None:
    assert_conforms("plugins/reverse.py")

``python -m gaff.testing.conformance TARGET`` and ``gaff plugin check TARGET`` do the same from the command line.
A plugin is examined in processes of its own: it may hang, crash or leave anything behind.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

from .findings import CHECKS as CHECKS, Finding as Finding, Outcome as Outcome

#: Seconds without a sign of life after which plugin code counts as hanging.
LIMIT = 10.0


def check(target: str | Path | ModuleType, *, name: str = "", limit: float = LIMIT) -> Outcome:
    """Examine a plugin: a file, a folder with a ``pyproject.toml``, a module, or an installed plugin's name.

    ``name`` is the plugin's, where the target does not say it. ``limit`` are the seconds that its code may
    take without a sign of life.

    Raises:
        ValueError: there is no such plugin.
    """
    named = target.__name__ if isinstance(target, ModuleType) else str(target)
    outcomes = check_all([named], limit=limit, name=name)
    if len(outcomes) == 1:
        return outcomes[0]
    return Outcome(named, tuple(finding for one in outcomes for finding in one.findings))


def check_all(targets: Sequence[str], *, limit: float = LIMIT, name: str = "") -> list[Outcome]:
    """Examine many plugins, which is quicker than one by one.

    Raises:
        ValueError: one of them is not there.
    """
    options = ["--json", "--limit", str(limit), *(["--name", name] if name else [])]
    command = [sys.executable, "-m", __name__, *options, "--", *targets]
    path = os.pathsep.join(entry or os.getcwd() for entry in sys.path)
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": path}
    )
    if done.returncode not in (0, 1):
        raise ValueError(done.stderr.strip().rpartition("\n")[2] or "the examination ended unexpectedly")
    return [Outcome.of_json(one) for one in json.loads(done.stdout)]


def assert_conforms(target: str | Path | ModuleType, *, name: str = "", limit: float = LIMIT) -> None:
    """Raise ``AssertionError`` with a line for each fault of a plugin; for tests."""
    outcome = check(target, name=name, limit=limit)
    assert not outcome.faults, "\n".join([f"{outcome.plugin} does not conform:", *outcome.fault_lines()])
