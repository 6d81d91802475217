"""The tool in a real session."""

from __future__ import annotations

from gaff.testing.replies import call, say
from gaff.testing.shell import Shell

pytest_plugins = ["gaff.testing.pytest_plugin"]


async def test_a_text_comes_back_turned_round(shell: Shell) -> None:
    """The model calls the tool and reads the text backwards; nobody is asked."""
    shell.add(call("Reverse", {"text": "gaff"}), say("It reads ffag."))

    await shell.submit("Turn gaff round")

    assert shell.outcomes[0].output.content == "ffag"
    assert not shell.questions
