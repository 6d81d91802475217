"""Measure everything and write the table: ``python -m benchmarks [--check]``.

With ``--check`` the exit code says whether every budget was kept.
"""

from __future__ import annotations

import platform
import sys
import tempfile
from pathlib import Path

from . import hooks, sandbox, startup, turns, user_hooks, volume
from .measure import Row

_HEAD = ("what", "gaff", "baseline", "ratio", "baseline is", "budget", "kept")


def main() -> int:
    """Measure, print and keep the table."""
    found: list[Row] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "project"
        folder.mkdir()
        environ = startup.environment(Path(name))
        for part in (startup, turns, hooks, sandbox, user_hooks, volume):
            for row in part.rows(folder, environ):
                found.append(row)
                print("  ".join(row.cells()), flush=True)
    table = Path(__file__).with_name("RESULTS.md")
    table.write_text(_page(found), encoding="utf-8")
    print(f"written to {table}")
    return 1 if "--check" in sys.argv and not all(row.kept for row in found) else 0


def _page(found: list[Row]) -> str:
    python = platform.python_version()
    lines = [
        "# What gaff costs",
        "",
        f"Measured by `python -m benchmarks` in one run, side by side (Python {python}, {platform.machine()}).",
        "Seconds depend on the machine; the ratios are what counts.",
        "",
        f"| {' | '.join(_HEAD)} |",
        f"|{'---|' * len(_HEAD)}",
        *(f"| {' | '.join(row.cells())} |" for row in found),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
