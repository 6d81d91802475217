"""Every hook has a heading, an example that loads, and a test of its name that shows it working."""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType

import pytest

from gaff.hooks import EVENT_HOOKS, specs
from gaff.inspection import inspect_plugin

from .conftest import PAGE, example_of

HOOKS = sorted(name for name in vars(specs) if name.startswith("gaff_"))
TESTS = Path(__file__).parents[1]
#: What the page says below the heading of each kind of hook.
RULES = {
    "notify": "all at once · a failure is reported",
    "collect": "in order · a failure is reported and skipped",
    "first": "in order, to the first answer · after a failure the next is asked",
    "fold": "in order, the value handed on · a failure leaves the value as it is",
    "decide": "in order, to the first deny · a failure **counts as deny**",
    "around": "entered in order, left in reverse · a failure ends the call",
}
OF_THEIR_OWN = {
    "gaff_check_permission": "in order, all are asked · a failure **counts as deny**",
    "gaff_hide_paths": "in order, all are asked · a failure **hides them all**",
}


@pytest.mark.parametrize("hook", HOOKS)
def test_the_example_implements_the_hook(hook: str) -> None:
    """What is printed below the heading loads as a plugin, fits the contract, and implements that hook."""
    module = ModuleType(f"example_of_{hook}")
    exec(compile(example_of(hook), hook, "exec"), vars(module))

    manifest = inspect_plugin(hook, module)

    assert hook in {*manifest.hooks, *(name for name, records in manifest.records.items() if records)}


@pytest.mark.parametrize("hook", sorted(EVENT_HOOKS))
def test_the_page_says_order_deadline_and_what_a_failure_means(hook: str) -> None:
    """The line below the heading is the contract in short."""
    spec = EVENT_HOOKS[hook]
    line = PAGE.partition(f"\n### `{hook}(")[2].splitlines()[2]

    assert line.endswith(OF_THEIR_OWN.get(hook, RULES[spec.kind.value]))
    assert f"deadline {'none' if spec.deadline is None else f'{spec.deadline:g} s'}" in line


@pytest.mark.parametrize("hook", [name for name in HOOKS if name not in EVENT_HOOKS])
def test_the_page_says_what_a_failure_of_a_contribution_means(hook: str) -> None:
    """Contributions have no order of failures: the plugin is in use or it is not."""
    line = PAGE.partition(f"\n### `{hook}(")[2].splitlines()[2]

    assert line == "contribution · a failure leaves the plugin out, and is reported"


def test_every_hook_has_a_test_of_its_name() -> None:
    """A hook that nobody tests may as well not be there."""
    function = re.compile(r"^(?:async )?def test_(gaff_\w+)\(", re.MULTILINE)
    files = [file.read_text(encoding="utf-8") for file in TESTS.rglob("test_*.py")]
    found = {name for text in files for name in function.findall(text)}

    assert [hook for hook in HOOKS if hook not in found] == []
