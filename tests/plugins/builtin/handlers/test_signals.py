"""What configured hooks send the user's terminal."""

from __future__ import annotations

import json

import pytest

from gaff.hooks import JsonObject, TerminalSequence, events
from gaff.testing import say
from gaff.testing.replies import status

from .conftest import Hooked, command

TITLE = "\x1b]2;done\x07"


def sending(sequence: str) -> JsonObject:
    """Return a handler that sends this sequence."""
    return command("cat <<'END'\n" + json.dumps({"terminalSequence": sequence}) + "\nEND")


def sent(hooked: Hooked) -> list[str]:
    """Return what faces were asked to send."""
    return [event.sequence for event in hooked.shell.events if isinstance(event, TerminalSequence)]


@pytest.mark.parametrize("event", ["UserPromptSubmit", "PreToolUse", "PostToolUse", "MessageDisplay", "Stop"])
async def test_a_hook_signals_on_any_event(hooked: Hooked, event: str) -> None:
    """Gates, observers and what changes the screen: the sequence reaches the face."""
    hooked.on(event, sending(TITLE))
    await hooked.call("Read", file_path="note.txt")
    assert sent(hooked) == [TITLE]


async def test_a_hook_signals_on_a_notification(hooked: Hooked) -> None:
    """The only answer that this event honours."""
    hooked.on("Notification", sending("\x07"))
    session = await hooked.shell.start()
    await session.announce(
        events.Notification(context=session.event_context, message="Done.", notification_type="idle_prompt")
    )
    await hooked.shell.until(lambda: sent(hooked) == ["\x07"])


async def test_a_hook_signals_where_a_turn_fails(hooked: Hooked) -> None:
    """StopFailure too: a person who left must hear of it."""
    hooked.on("StopFailure", sending("\x1b]9;the key is wrong\x07"))
    hooked.shell.add(status(401))
    await hooked.shell.submit("go")
    assert sent(hooked) == ["\x1b]9;the key is wrong\x07"]


async def test_a_sequence_that_is_not_allowed_is_told_and_not_sent(hooked: Hooked) -> None:
    """The rest of the answer holds."""
    output = {"terminalSequence": "\x1b]52;c;ZWNobwo=\x07", "systemMessage": "mind the budget"}
    hooked.on("Stop", command("cat <<'END'\n" + json.dumps(output) + "\nEND"))
    hooked.shell.add(say("done"))
    await hooked.shell.submit("go")
    assert not sent(hooked)
    assert "mind the budget" in hooked.notices
    assert any("terminalSequence was not sent: it may hold OSC 0, 1, 2" in line for line in hooked.notices)
