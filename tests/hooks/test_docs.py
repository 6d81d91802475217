"""docs/hooks.md says of every hook what it is."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from gaff.hooks import specs
from gaff.hooks.specs import EVENT_HOOKS

PAGE = (Path(__file__).parents[2] / "docs" / "hooks.md").read_text()
HOOKS = sorted(name for name in vars(specs) if name.startswith("gaff_"))


def signature(name: str) -> str:
    """Return the hook's signature as the page writes it."""
    function = getattr(specs, name)
    parameters = [f"{one.name}: {one.annotation}" for one in inspect.signature(function).parameters.values()]
    returned = function.__annotations__["return"]
    return f"{name}({', '.join(parameters)}) -> {returned}".replace("events.", "")


@pytest.mark.parametrize("name", HOOKS)
def test_every_hook_has_a_heading_with_its_signature(name: str) -> None:
    """A hook that is added or changed must be documented as it is."""
    assert f"### `{signature(name)}`\n" in PAGE


@pytest.mark.parametrize("name", sorted(EVENT_HOOKS))
def test_every_event_hook_says_its_kind(name: str) -> None:
    """The page tells the kind right below the heading."""
    section = PAGE.partition(f"### `{name}(")[2].partition("\n### ")[0]

    assert f"`{EVENT_HOOKS[name].kind.value}` · deadline" in section


def test_the_page_names_no_hook_that_is_gone() -> None:
    """What the page documents exists."""
    documented = {
        line.split("(")[0].removeprefix("### `")
        for line in PAGE.splitlines()
        if line.startswith("### `gaff_")
    }

    assert documented == set(HOOKS)
