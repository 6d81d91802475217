"""What a transcript keeps of a compaction: the boundary, what is resumed, and how it is taken back."""

from __future__ import annotations

from typing import Any, cast

import pytest

from gaff.conversation import restore
from gaff.hooks import (
    JsonObject,
    SessionError,
    UsageError,
    object_at,
)
from gaff.testing.replies import prompt_too_long, reply, say
from gaff.testing.shell import Shell

from .fat import Fat, boundaries, fill, texts


async def test_the_boundary_is_an_entry_in_the_documented_shape(shell: Shell, fat: Fat) -> None:
    """Parent null, the old leaf as logical parent, and the summary after it; nothing before is touched."""
    await fill(shell)
    before = list(shell.transcript)

    done = await shell.session.compaction.run()

    (boundary,) = boundaries(shell)
    after = shell.transcript[shell.transcript.index(boundary) + 1 :]
    assert shell.transcript[: len(before)] == before
    assert (boundary["type"], boundary["parentUuid"]) == ("system", None)
    assert boundary["logicalParentUuid"] == [one for one in before if "uuid" in one][-1]["uuid"]
    metadata = object_at(boundary, "compactMetadata")
    assert (metadata["trigger"], metadata["preTokens"]) == ("manual", done.before)
    assert (after[0]["isCompactSummary"], after[0]["parentUuid"]) == (True, boundary["uuid"])
    assert done.uuid == boundary["uuid"]


async def test_a_resumed_session_goes_on_with_the_compacted_conversation(shell: Shell, fat: Fat) -> None:
    """What is restored is what the session had, message by message, and so are the prefix and its cache."""
    await fill(shell)
    await shell.session.compaction.run()
    shell.add("more")
    await shell.submit("and now?")
    held, system = shell.messages, shell.requests[-1]["system"]

    await shell.reopen()

    assert shell.messages == held
    shell.add("still here")
    await shell.submit("still there?")
    assert shell.requests[-1]["system"] == system


async def test_undo_brings_everything_back_and_keeps_what_was_said_since(shell: Shell, fat: Fat) -> None:
    """Also in a resumed session; the transcript only grows."""
    await fill(shell)
    held = shell.messages
    await shell.session.compaction.run()
    shell.add("more")
    await shell.submit("and now?")
    await shell.reopen()
    shell.model.inspector.allow.add("prefix")

    await shell.session.compaction.undo()

    assert shell.messages[: len(held)] == held
    assert texts(shell)[len(held) :] == ["and now?", "more"]
    back = shell.messages
    await shell.reopen()
    assert shell.messages == back


async def test_undo_at_once_is_kept_when_the_session_is_resumed(shell: Shell, fat: Fat) -> None:
    """Nothing was said since, so that a note alone tells where the conversation goes on."""
    await fill(shell)
    held = shell.messages
    await shell.session.compaction.run()

    await shell.session.compaction.undo()
    await shell.reopen()

    assert shell.messages == held
    with pytest.raises(UsageError, match="nothing to undo"):
        await shell.session.compaction.undo()


async def test_what_was_undone_is_not_done_again_by_itself(shell: Shell, fat: Fat) -> None:
    """The user's word holds until the server refuses."""
    await fill(shell)
    await shell.session.compaction.run()
    await shell.session.compaction.undo()
    shell.model.inspector.allow.add("prefix")
    shell.add(reply("full", usage={"input_tokens": 59_000}), say("fuller"), prompt_too_long(), say("room"))

    for prompt in ("one", "two", "three"):
        await shell.submit(prompt)

    assert len(boundaries(shell)) == 2
    assert texts(shell)[-1] == "room"
    await fill(shell, 25)
    assert len(boundaries(shell)) == 3


async def test_compactions_are_undone_one_by_one(shell: Shell, fat: Fat) -> None:
    """The one before the last is still there after the first undo."""
    await fill(shell)
    first = shell.messages
    await shell.session.compaction.run()
    await fill(shell, 4)
    second = shell.messages
    await shell.session.compaction.run()

    await shell.session.compaction.undo()
    assert shell.messages == second
    await shell.session.compaction.undo()
    assert shell.messages[: len(first)] == first


async def test_a_compaction_that_was_not_written_to_its_end_is_passed_over(shell: Shell, fat: Fat) -> None:
    """The process may end between two entries; then the conversation is as before."""
    await fill(shell)
    await shell.session.compaction.run()
    entries = shell.transcript
    at = next(n for n, one in enumerate(entries) if one.get("subtype") == "compact_boundary")

    whole, cut = restore(iter(entries[::-1])), restore(iter(entries[: at + 2][::-1]))

    assert whole.leaf == entries[-1]["uuid"]
    assert cut.leaf == entries[at]["logicalParentUuid"]
    assert len(cut.messages) == 8 * 4


@pytest.mark.parametrize("written", [0, 1, 2])
async def test_a_transcript_that_cannot_be_written_leaves_the_conversation(
    shell: Shell, fat: Fat, monkeypatch: pytest.MonkeyPatch, written: int
) -> None:
    """A full disk is said, however much of the compaction was written before, and nothing is lost."""
    await fill(shell)
    held = shell.messages
    writer = cast("Any", shell.session).conversation._writer
    append, left = writer.append, list(range(written))

    def fills_up(entry: JsonObject) -> None:
        if not left:
            raise SessionError("no space left")
        left.pop()
        append(entry)

    monkeypatch.setattr(writer, "append", fills_up)
    with pytest.raises(SessionError):
        await shell.session.compaction.run()
    monkeypatch.undo()

    assert shell.messages == held
    shell.add("on")
    await shell.submit("go on")
    await shell.reopen()
    assert shell.messages[: len(held)] == held


async def test_a_fork_goes_on_with_the_compacted_conversation(shell: Shell, fat: Fat) -> None:
    """What was before is in the other session's transcript, and undo says so."""
    await fill(shell)
    await shell.session.compaction.run()
    held = shell.messages

    await shell.reopen(fork=True)

    assert shell.messages == held
    shell.add("forked")
    await shell.submit("go on")
    with pytest.raises(UsageError, match="not in this transcript"):
        await shell.session.compaction.undo()
