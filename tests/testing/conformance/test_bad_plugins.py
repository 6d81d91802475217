"""Every plugin of tests/testing/bad_plugins is caught, each by the check that is for its fault."""

from __future__ import annotations

from pathlib import Path

import pytest

from gaff.testing.conformance import check_all

#: Parts of the folder that are examined apart, so that they can be at the same time.
_PARTS = 4
FOLDER = Path(__file__).parents[1] / "bad_plugins"

#: The checks at which each is at fault.
TABLE = {
    "api_as_text": {"api"},
    "blocks": {"blocking"},
    "broken_completer": {"records"},
    "changes_environ": {"registration"},
    "changes_path": {"registration", "reload"},
    "changing_schema": {"manifest", "prompt"},
    "clock_in_prompt": {"prompt"},
    "different_when_reloaded": {"manifest", "reload"},
    "duplicate_tools": {"names"},
    "endless_import": {"import"},
    "exit_at_import": {"import"},
    "exits": {"events"},
    "exits_at_registration": {"records"},
    "exits_in_a_thread": {"events"},
    "failing_tool": {"tools"},
    "good": set[str](),
    "hangs": {"blocking"},
    "hangs_for_good": {"blocking"},
    "hard_exit_at_import": {"import"},
    "hard_exits": {"events"},
    "heavy_import": {"light"},
    "import_error": {"import"},
    "keyword_argument": {"hooks"},
    "leaks_processes": {"leaks"},
    "leaks_tasks": {"leaks"},
    "leaks_threads": {"leaks"},
    "next_api": {"api"},
    "no_hooks": {"hooks"},
    "odd_tool_name": {"records"},
    "opens_a_socket": {"registration"},
    "patches_builtins": {"registration", "reload"},
    "patches_later": {"reload"},
    "prints": {"output"},
    "prints_at_import": {"output"},
    "raises": {"events"},
    "registers_garbage": {"records"},
    "returns_garbage": {"events"},
    "rewrites_messages": {"prompt"},
    "sleeping_import": {"import"},
    "spins": {"blocking"},
    "starts_a_process": {"registration"},
    "starts_a_thread": {"registration", "leaks"},
    "syntax_error": {"import"},
    "takes_a_name": {"names"},
    "takes_signals": {"registration"},
    "unknown_behavior": {"events"},
    "unknown_hook": {"hooks"},
    "unserialisable": {"records"},
    "unstable_prompt": {"prompt"},
    "wrapper": {"hooks"},
    "writes_a_file": {"registration"},
    "wrong_argument": {"hooks"},
}


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("part", range(_PARTS))
def test_each_is_caught_by_the_right_check(part: int) -> None:
    """Many in one run: no plugin keeps the kit from examining the next."""
    files = sorted(FOLDER.glob("*.py"))[part::_PARTS]
    outcomes = check_all([str(file) for file in files], limit=8)
    found = {outcome.plugin: {finding.check for finding in outcome.faults} for outcome in outcomes}
    assert found == {file.stem: TABLE[file.stem] for file in files}


def test_each_is_in_the_table() -> None:
    """A new bad plugin needs its fault told."""
    assert {file.stem for file in FOLDER.glob("*.py")} == TABLE.keys()


def test_each_says_its_fault() -> None:
    """The first line of each is what is wrong with it."""
    for file in FOLDER.glob("*.py"):
        first = file.read_text(encoding="utf-8").partition("\n")[0]
        assert (first[:3], first[-4:]) == ('"""', '."""'), file
