"""What hooks are declared with."""

from __future__ import annotations

import pytest

from gaff.hooks.markers import record_kind


@pytest.mark.parametrize(
    ("hook", "one", "many"),
    [
        ("gaff_register_tools", "tool", "tools"),
        ("gaff_register_compaction_strategies", "compaction strategy", "compaction strategies"),
        ("gaff_register_sandboxes", "sandbox", "sandboxes"),
        ("gaff_register_key_bindings", "key binding", "key bindings"),
    ],
)
def test_records_are_called_by_their_number(hook: str, one: str, many: str) -> None:
    """For lists and for lines that tell of one."""
    assert [record_kind(hook), record_kind(hook, 0), record_kind(hook, 2)] == [one, many, many]
