"""Folders of a test's own: a project, a home, and the environment gaff is started with in them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGKILL

from gaff.hooks import Json

#: Variables of the caller's environment that a child needs to run at all.
_PASSED_ON = (
    "PATH",
    "LANG",
    "LC_ALL",
    "TMPDIR",
    "PYTHONPATH",
    "COVERAGE_PROCESS_START",
    "COVERAGE_PROCESS_CONFIG",
)


@dataclass
class Workspace:
    """A project folder and a home folder below ``folder``, and an environment that knows no others.

    ``variables`` are added to the environment; ``cache`` is a folder for what may be shared between
    tests, so that each need not look at all plugins anew.
    """

    folder: Path
    variables: dict[str, str] = field(default_factory=dict[str, str])
    cache: Path | None = None

    def __post_init__(self) -> None:
        for folder in (self.project, self.home, self.gaff_home):
            folder.mkdir(parents=True, exist_ok=True)

    @property
    def project(self) -> Path:
        """The folder gaff works in."""
        return self.folder / "project"

    @property
    def home(self) -> Path:
        """``$HOME``."""
        return self.folder / "home"

    @property
    def gaff_home(self) -> Path:
        """``$GAFF_HOME``: the user's settings and sessions."""
        return self.folder / "gaff"

    @property
    def environ(self) -> dict[str, str]:
        """The environment: no key, no server, no home but this one; failed requests are retried at once."""
        passed = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        own = {
            "HOME": str(self.home),
            "GAFF_HOME": str(self.gaff_home),
            "GAFF_RETRY_BASE_MS": "0",
            "TERM": "dumb",
        }
        if self.cache is not None:
            own["GAFF_CACHE_DIR"] = str(self.cache)
        return passed | own | self.variables

    def write(self, name: str, text: str) -> Path:
        """Write a file of the project, its folders made, and return its path."""
        path = self.project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def read(self, name: str) -> str:
        """Return the text of a file of the project."""
        return (self.project / name).read_text(encoding="utf-8")

    def settings(self, values: Mapping[str, Json]) -> Path:
        """Write the user's settings, and return the file's path."""
        path = self.gaff_home / "settings.json"
        path.write_text(json.dumps(values), encoding="utf-8")
        return path

    def use_server(self, url: str) -> None:
        """Let gaff find a fake Messages API server there, with a key."""
        self.variables |= {"ANTHROPIC_BASE_URL": url, "ANTHROPIC_API_KEY": "test"}

    @property
    def command(self) -> list[str]:
        """The words that start gaff with this interpreter."""
        return [sys.executable, "-m", "gaff"]

    def run(
        self,
        *arguments: str,
        input: str = "",
        environ: Mapping[str, str] | None = None,
        patience: float = 30.0,
    ) -> subprocess.CompletedProcess[str]:
        """Run gaff to its end in a process of its own, and return its exit code and output.

        Raises:
            AssertionError: it did not end within ``patience`` seconds; all it started is killed.
        """
        with subprocess.Popen(
            [*self.command, *arguments],
            cwd=self.project,
            env=self.environ | dict(environ or {}),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        ) as process:
            try:
                out, err = process.communicate(input, timeout=patience)
            except subprocess.TimeoutExpired as late:
                kill_group(process.pid)
                told = "".join(process.communicate())[-2000:]
                raise AssertionError(
                    f"gaff {' '.join(arguments)} did not end within {patience:g} s; it said:\n{told}"
                ) from late
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def kill_group(pid: int) -> None:
    """Kill a process that leads a group, and the whole group."""
    with suppress(ProcessLookupError):
        os.killpg(pid, SIGKILL)
