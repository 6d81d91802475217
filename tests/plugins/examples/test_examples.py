"""The examples as a set: complete, small, listed, and at peace with each other."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from gaff.hooks import specs
from gaff.testing import Shell, call, say

FOLDER = Path(__file__).parents[3] / "plugins" / "examples"
EXAMPLES = sorted(path for path in FOLDER.iterdir() if path.name.startswith("gaff-"))
#: What the examples together show.
SHOWN = {
    "gaff_check_permission",
    "gaff_register_commands",
    "gaff_register_compaction_strategies",
    "gaff_register_hook_handlers",
    "gaff_register_models",
    "gaff_register_prompt_sections",
    "gaff_register_renderers",
    "gaff_register_status_items",
    "gaff_register_subcommands",
    "gaff_register_tools",
    "gaff_tool_call",
}


def module_of(example: Path) -> Path:
    """Return the one module of an example."""
    return example / f"{example.name.replace('-', '_')}.py"


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_an_example_is_a_whole_distribution(example: Path) -> None:
    """It has metadata with its entry point, a README, tests, and a module that fits on a screen."""
    project = tomllib.loads((example / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    short = example.name.removeprefix("gaff-")

    assert project["name"] == example.name
    assert project["entry-points"]["gaff"] == {short: module_of(example).stem}
    assert (example / "README.md").read_text(encoding="utf-8").startswith(f"# {example.name}\n")
    assert (example / f"test_{module_of(example).name}").exists()
    assert len(module_of(example).read_text(encoding="utf-8").splitlines()) <= 80


def test_the_list_names_every_example() -> None:
    """A line each, and no line for one that is gone."""
    lines = (FOLDER / "README.md").read_text(encoding="utf-8").splitlines()
    listed = [line.partition("](")[2].partition(")")[0] for line in lines if line.startswith("| [")]

    assert sorted(listed) == [example.name for example in EXAMPLES]


async def test_all_examples_work_side_by_side(shell: Shell) -> None:
    """Loaded together, all are active, nobody is told of a conflict, and a turn goes through all their hooks."""
    for example in EXAMPLES:
        shell.plugin(module_of(example))
    shell.add(call("Reverse", {"text": "gaff"}), say("ok"))

    await shell.submit("go")

    active = {one.name: one for one in shell.kernel.reports if one.state == "active"}
    own = [active[module_of(example).stem] for example in EXAMPLES]
    hooks = {hook for one in own for hook in one.hooks}
    contributed = {
        hook
        for hook in vars(specs)
        if hook.startswith("gaff_register_")
        for one in shell.kernel.contributed(hook)
        if one.plugin in {report.name for report in own}
    }
    assert hooks | contributed >= SHOWN
    assert not [notice for notice in shell.kernel.notices if "gaff_" in notice]
    assert shell.outcomes[0].output.content == "ffag"
