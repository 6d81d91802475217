"""The strategy in a real session."""

from __future__ import annotations

import pytest

from gaff.hooks import UsageError
from gaff.testing.replies import call, say
from gaff.testing.shell import Shell

pytest_plugins = ["gaff.testing.pytest_plugin"]


async def test_the_older_reading_goes_the_newer_stays(shell: Shell) -> None:
    """Both readings were in the conversation; after /compact only the second one is."""
    path = shell.workspace.write("a.txt", "old words\n" * 500)
    shell.without("compaction.*")
    read = call("Read", {"file_path": str(path)})
    shell.add(read, say("One."), read, say("Two."), *["x " * 20_000] * 3)
    await shell.submit("Read it.")
    path.write_text("new words\n" * 500)
    for prompt in ("Read it again.", "And now?", "Go on.", "And on."):
        await shell.submit(prompt)

    done = await shell.session.compaction.run()

    assert done.strategies == ("reread",)
    assert "old words" not in str(shell.messages)
    assert "new words" in str(shell.messages)


async def test_a_second_look_at_what_has_not_changed_takes_nothing_out(shell: Shell) -> None:
    """Then the first reading is the one that holds."""
    path = shell.workspace.write("a.txt", "the words\n" * 500)
    shell.without("compaction.*")
    read = call("Read", {"file_path": str(path)})
    shell.add(read, say("One."), read, say("Two."), *["x " * 20_000] * 3)
    for prompt in ("Read it.", "Read it again.", "And now?", "Go on.", "And on."):
        await shell.submit(prompt)

    with pytest.raises(UsageError):
        await shell.session.compaction.run()

    assert "the words" in str(shell.messages)


async def test_without_a_second_reading_nothing_is_taken_out(shell: Shell) -> None:
    """It says why it found nothing."""
    shell.without("compaction.*")
    shell.add(*["x " * 20_000] * 5)
    for _ in range(5):
        await shell.submit("go")

    with pytest.raises(UsageError, match="no file was read twice"):
        await shell.session.compaction.run()
