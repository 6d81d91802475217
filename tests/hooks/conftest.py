"""The examples of docs/hooks.md, as the files of plugins."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Protocol

import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "hooks.md").read_text(encoding="utf-8")


def example_of(hook: str) -> str:
    """Return the example below a hook's heading; empty where there is none."""
    section = PAGE.partition(f"\n### `{hook}(")[2].partition("\n### ")[0]
    found = re.search(r"^```python\n(.*?)^```", section, re.MULTILINE | re.DOTALL)
    return found[1] if found else ""


class Example(Protocol):
    """What the ``example`` fixture is."""

    def __call__(self, hook: str) -> Path:
        """Write the example of a hook into a file, as its reader would, and return the file's path."""
        ...


@pytest.fixture
def example(tmp_path: Path) -> Example:
    """The examples of docs/hooks.md."""

    def write(hook: str) -> Path:
        path = tmp_path / "examples" / f"{hook.removeprefix('gaff_')}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(example_of(hook), encoding="utf-8")
        return path

    return write
