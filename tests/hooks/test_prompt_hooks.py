"""The hooks around what the user says and what the model is asked, by the examples of docs/hooks.md."""

from __future__ import annotations

import pytest

from gaff.hooks import Choice, Delta, Notice, PermissionQuestion, Question, ToolCall, UsageError, events
from gaff.testing import Shell, max_tokens, say

from .conftest import Example


async def test_gaff_user_prompt_submit(shell: Shell, example: Example) -> None:
    """A deny drops the prompt: no model is asked, and the user reads why."""
    shell.plugin(example("gaff_user_prompt_submit"))

    result = await shell.submit("Use AKIAABCDEFGHIJKLMNOP.")

    assert "it holds a key" in result.text
    assert not shell.requests


async def test_gaff_user_prompt_expansion(shell: Shell, example: Example) -> None:
    """A deny keeps the command from becoming a prompt."""
    shell.plugin(example("gaff_user_prompt_expansion"))
    session = await shell.start()

    with pytest.raises(UsageError, match="say where to: /deploy staging"):
        await session.expand("deploy", "", "Deploy.")

    assert await session.expand("deploy", "staging", "Deploy to staging.") == "Deploy to staging."


async def test_gaff_ask_user(shell: Shell, example: Example) -> None:
    """Its answer spares the user the question; one about permission it leaves alone."""
    shell.plugin(example("gaff_ask_user"))
    session = await shell.start()
    choices = (Choice("Yes", "yes"), Choice("No", "no"))

    answer = await session.ask(Question(title="Go on?", choices=choices))
    permission = PermissionQuestion(title="Allow?", choices=choices, call=ToolCall("1", "Bash", {}), input={})

    assert answer is not None
    assert answer.value == "yes"
    assert await session.ask(permission) is None


async def test_gaff_notification(shell: Shell, example: Example) -> None:
    """It is told that the user is wanted, and may start a program."""
    shell.plugin(example("gaff_notification"))
    log = shell.workspace.folder / "log"
    program = shell.workspace.write("bin/notify-send", f'#!/bin/sh\necho "$@" > {log}\n')
    program.chmod(0o755)
    shell.workspace.variables["PATH"] = f"{program.parent}:/usr/bin:/bin"
    session = await shell.start()

    await session.announce(
        events.Notification(context=session.event_context, message="Done.", notification_type="idle_prompt")
    )

    assert log.read_text() == "gaff Done.\n"


async def test_gaff_model_request(shell: Shell, example: Example) -> None:
    """The model gets the request as it was changed."""
    shell.plugin(example("gaff_model_request"))
    shell.add("ok")

    await shell.submit("go")

    assert shell.requests[0]["max_tokens"] == 4_000


async def test_gaff_model_event(shell: Shell, example: Example) -> None:
    """It sees the events of the stream."""
    shell.plugin(example("gaff_model_event"))
    shell.add(max_tokens("Half a sen"), say("tence."))

    await shell.submit("go")

    assert Notice("warning", "the answer reached the output limit") in shell.events


async def test_gaff_message_display(shell: Shell, example: Example) -> None:
    """What is shown is changed; the conversation keeps the original."""
    shell.plugin(example("gaff_message_display"))
    shell.add("Write to ada@example.org.\nSoon.")

    await shell.submit("go")

    shown = "".join(event.text for event in shell.events if isinstance(event, Delta))
    assert shown == "Write to <address>\nSoon."
    assert "ada@example.org" in shell.messages[-1].text
