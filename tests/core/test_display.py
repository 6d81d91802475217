"""What MessageDisplay hooks are told of the text that is shown."""

from __future__ import annotations

import pytest

from gaff.hooks import Delta, events, hookimpl
from gaff.hooks.values import object_at
from gaff.testing.replies import calls, reply, say
from gaff.testing.shell import Shell

from .bench import Bench, look


class Watcher:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[events.MessageDisplay] = []

    @hookimpl
    def gaff_message_display(self, event: events.MessageDisplay, text: str) -> None:
        self.told.append(event)


@pytest.fixture
def watcher(shell: Shell, bench: Bench) -> Watcher:
    """A plugin that watches what is shown."""
    watcher = Watcher()
    shell.plugin(watcher, "watcher")
    return watcher


async def _at_a_screen(shell: Shell) -> None:
    """Start the session as a person's."""
    await shell.start()
    shell.kernel.interactive = True


async def test_all_batches_of_a_message_have_its_id(shell: Shell, watcher: Watcher) -> None:
    """Each assistant message has one id, that of the transcript; the turn has its own."""
    await _at_a_screen(shell)
    shell.add(reply("First.\nI look.\n", calls(*look("a"))), say("One.\nTwo."))

    await shell.submit("go")

    written = [object_at(one, "message")["id"] for one in shell.transcript if one["type"] == "assistant"]
    first, second = list(dict.fromkeys(event.message_id for event in watcher.told))
    assert [first, second] == written
    assert {event.turn_id for event in watcher.told} == {watcher.told[0].context.prompt_id}
    assert first not in (second, watcher.told[0].turn_id)
    batches = [
        (event.index, event.final, event.delta) for event in watcher.told if event.message_id == second
    ]
    assert batches == [(0, False, "One.\n"), (1, True, "Two.")]


async def test_a_message_without_text_is_not_displayed(shell: Shell, watcher: Watcher) -> None:
    """Of an answer of tool calls only nothing is told."""
    shell.add(calls(*look("a")), say("Done."))

    await shell.submit("go")

    assert [event.delta for event in watcher.told] == ["Done."]


async def test_without_a_screen_a_message_is_told_once(shell: Shell, watcher: Watcher) -> None:
    """Where nobody watches the text grow there is one batch, with all of it."""
    shell.add(say("One.\nTwo.\nThree."))

    await shell.submit("go")

    assert [(event.index, event.final, event.delta) for event in watcher.told] == [
        (0, True, "One.\nTwo.\nThree.")
    ]
    assert Delta("text", "One.\nTwo.\nThree.") in shell.events
