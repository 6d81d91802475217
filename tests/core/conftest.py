"""What the kernel's tests share: a start in a folder of their own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from gaff.hooks import ModelLimits
from gaff.kernel import Kernel
from gaff.start import Start, start
from gaff.testing.shell import Shell

from .bench import Bench
from .fat import Fat


class Place:
    """A home and a project, and kernels started in them."""

    def __init__(self, root: Path) -> None:
        self.home = root / "home"
        self.project = root / "project"
        self.project.mkdir()
        self.environ = {"HOME": str(root / "user"), "GAFF_HOME": str(self.home), "PATH": "/usr/bin:/bin"}

    def start(self, *arguments: str) -> Kernel:
        """Start a kernel with this command line."""
        return start(Start(arguments, self.environ, self.project))

    def write(self, path: str, content: str) -> Path:
        """Write a file below the project, or below home where the path begins with ``~/``."""
        base, name = (self.home, path[2:]) if path.startswith("~/") else (self.project, path)
        file = base / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
        return file


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A fresh home and project."""
    return Place(tmp_path)


@pytest.fixture
def state(place: Place) -> Callable[[Kernel, str], str]:
    """Return the state of a plugin of a kernel."""

    def state(kernel: Kernel, name: str) -> str:
        return next((one.state for one in kernel.reports if one.name == name), "missing")

    return state


@pytest.fixture
def bench(shell: Shell) -> Bench:
    """A session with the bench's tools."""
    made = Bench()
    shell.plugin(made, "bench")
    return made


@pytest.fixture
def fat(shell: Shell) -> Fat:
    """A shell with large results, a window of 60,000 tokens, and one strategy."""
    made = Fat()
    shell.plugin(made, "fat")
    shell.without("compaction.*")
    shell.model.limits = ModelLimits(context_window=60_000, max_output_tokens=4_000)
    return made
