"""The opening of the system prompt."""

from __future__ import annotations

from typing import cast

from gaff.hooks import JsonObject, Session
from gaff.plugins.builtin.context.identity import gaff_register_prompt_sections
from gaff.testing.shell import Shell


def test_identity_is_compact() -> None:
    """It costs every request at most 700 tokens: English has more than four characters a token."""
    (section,) = gaff_register_prompt_sections()
    assert len(section.text(cast("Session", None))) < 700 * 4.2


async def test_identity_opens_the_system_prompt(shell: Shell) -> None:
    """The model learns first who it is, then where."""
    shell.add("hi")
    await shell.submit("hello")
    system = [str(block["text"]) for block in cast("list[JsonObject]", shell.requests[0]["system"])]
    assert system[0].startswith("You are gaff, an agent in the user's terminal.")
    assert any("# Environment\nWorking directory: " in text for text in system[1:])


async def test_system_prompt_stays_the_same(shell: Shell) -> None:
    """From one request to the next not a byte changes."""
    shell.add("one", "two")
    await shell.submit("first")
    await shell.submit("second")
    assert shell.requests[0]["system"] == shell.requests[1]["system"]
