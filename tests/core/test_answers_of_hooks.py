"""What becomes of the fields of answers, whichever hook gives them."""

from __future__ import annotations

import pytest

from gaff.hooks import (
    Decision,
    JsonObject,
    PermissionUpdate,
    UsageError,
    events,
    hookimpl,
)
from gaff.testing.shell import Shell


class Stops:
    """Ends whatever it is asked about, without a word on whether it may be."""

    @hookimpl
    def gaff_user_prompt_expansion(self, event: events.UserPromptExpansion) -> Decision:
        return Decision(stop=True, stop_reason="not now")

    @hookimpl
    def gaff_pre_compact(self, event: events.PreCompact) -> Decision:
        return Decision(stop=True, stop_reason="not now")


async def test_a_stop_ends_what_is_no_turn(shell: Shell) -> None:
    """A command that would become a prompt does not."""
    shell.plugin(Stops(), "stops")
    session = await shell.start()
    with pytest.raises(UsageError, match="not now"):
        await session.expand("why", "", "tell me")


@pytest.mark.parametrize(
    "update",
    [
        {"type": "addRules", "rules": [{"toolName": "Bash", "ruleContent": 7}], "destination": "session"},
        {"type": "addRules", "rules": ["Bash"], "destination": "session"},
        {"type": "addRules", "rules": [{"ruleContent": "ls"}], "destination": "session"},
        {"type": "addRules", "rules": "Bash", "destination": "session"},
        {"type": "setMode", "destination": "session"},
        {"type": "addDirectories", "directories": [5], "destination": "session"},
        {"type": "addDirectories", "directories": "/", "destination": "session"},
        {"type": "addRules", "behavior": "maybe", "destination": "session"},
        {"type": "addRules", "destination": "nowhere"},
    ],
)
def test_a_slip_in_a_permission_update_grants_nothing(update: JsonObject) -> None:
    """Read leniently, some of these would grant more than was meant."""
    with pytest.raises(ValueError, match="not a permission"):
        PermissionUpdate.of_json(update)
