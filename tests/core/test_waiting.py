"""Whose words a prompt is, at once and from the queue."""

from __future__ import annotations

import asyncio

from gaff.hooks import QueueChanged, ToolStarted, events, hookimpl
from gaff.testing.replies import calls, say
from gaff.testing.shell import Shell

from .bench import Bench, look


class Listener:
    """Keeps who said what."""

    def __init__(self) -> None:
        self.said: list[tuple[str, str]] = []
        self.keys: set[str] = set()

    @hookimpl
    def gaff_user_prompt_submit(self, event: events.UserPromptSubmit) -> None:
        self.said.append((event.prompt, event.origin))
        self.keys |= event.to_json().keys()


async def test_hooks_are_told_whose_words_a_prompt_is(shell: Shell, bench: Bench) -> None:
    """The user's where nothing else is said; of a queued prompt as well, and not in the documented object."""
    listener = Listener()
    shell.plugin(listener, "listener")
    bench.gate = asyncio.Event()
    shell.add(calls(*look("a")), say("ok"), say("ok"))

    turn = asyncio.create_task(shell.submit("go"))
    await shell.event(ToolStarted)
    shell.session.queue("and then")
    shell.session.queue("a task is done", origin="task-notification")
    bench.gate.set()
    await turn
    await shell.session.submit("wake up", origin="auto-continuation")

    assert listener.said == [
        ("go", "human"),
        ("and then", "human"),
        ("a task is done", "task-notification"),
        ("wake up", "auto-continuation"),
    ]
    assert "origin" not in listener.keys


async def test_the_user_takes_only_their_own_prompts_back(shell: Shell) -> None:
    """What a plugin handed in stays in the queue, and is shown there."""
    session = await shell.start()
    session.queue("mine")
    session.queue("theirs", origin="task-notification")

    assert [session.take_back(), session.take_back()] == ["mine", None]
    await shell.event(QueueChanged, 3)
    assert shell.events[-1] == QueueChanged(("theirs",))
