"""What comes with gaff keeps to what is asked of others."""

from __future__ import annotations

from pathlib import Path

import pytest

import gaff.plugins.builtin
from gaff.testing.conformance import assert_conforms, check_all

pytestmark = pytest.mark.slow

EXAMPLES = Path(__file__).parents[3] / "plugins" / "examples"
BUILT_IN = Path(gaff.plugins.builtin.__path__[0])
FAMILIES = sorted(
    folder.name for folder in BUILT_IN.iterdir() if folder.is_dir() and folder.name[0] not in "_."
)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("family", FAMILIES)
def test_built_ins_conform(family: str) -> None:
    """Built-ins have no privilege, and no excuse."""
    names = [f"{family}.{file.stem}" for file in sorted((BUILT_IN / family).glob("[!_]*.py"))]
    outcomes = check_all(names)
    assert [outcome.plugin for outcome in outcomes] == names
    assert [f"{one.plugin}: {line}" for one in outcomes for line in one.fault_lines()] == []


@pytest.mark.parametrize("folder", sorted(path.parent for path in EXAMPLES.glob("*/pyproject.toml")), ids=str)
def test_examples_conform(folder: Path) -> None:
    """As folders, the way their authors check them."""
    assert_conforms(folder)
