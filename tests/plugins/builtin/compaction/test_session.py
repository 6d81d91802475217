"""The built-in strategies in real sessions, against a server that refuses what the real one refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gaff.hooks import CompactionFinished, Notice, UsageError, text_at
from gaff.testing.messages_server import FakeMessagesServer
from gaff.testing.replies import call, prompt_too_long, reply, say, think
from gaff.testing.shell import Shell

PAGE = Path(__file__).parents[4] / "docs" / "hooks.md"
SUMMARY = "## Goal\nRead the files."


async def read_files(shell: Shell, count: int = 12) -> None:
    """Have large files read, one a turn."""
    for number in range(count):
        path = shell.workspace.write(f"f{number}.txt", f"file {number}\n" + "some words\n" * 900)
        shell.add(call("Read", {"file_path": str(path)}), say(f"read {number}"))
        await shell.submit(f"read {number}")


def clearing_server() -> FakeMessagesServer:
    """Return a strict server that lets the conversation change behind its first message."""
    return FakeMessagesServer(allow=["prefix"])


async def test_clearing_is_enough_where_results_fill_the_window(shell: Shell) -> None:
    """No summary is asked for; the next request is valid, smaller, and points to what was taken out."""
    shell.over_http(clearing_server())
    shell.workspace.variables["CLAUDE_AUTOCOMPACT_PCT_OVERRIDE"] = "22"
    await read_files(shell)

    done = await shell.event(CompactionFinished)

    assert done.strategies == ("clear_old_results",)
    assert "Cleared to save space" in json.dumps(shell.requests[-1])
    assert done.after <= 200_000 * 22 // 100 * 4 // 5


async def test_what_clearing_cannot_save_is_summarized(shell: Shell) -> None:
    """The summary is asked for in a request of its own, and its tokens count in the turn's result."""
    shell.over_http(clearing_server())
    shell.workspace.variables["CLAUDE_AUTOCOMPACT_PCT_OVERRIDE"] = "50"
    for number in range(12):
        shell.add(reply(f"{number} " + "long answer " * 900))
        await shell.submit(f"tell me {number}")
    shell.add(reply("full", usage={"input_tokens": 120_000}), reply(SUMMARY), say("on"))
    await shell.submit("fill")

    result = await shell.submit("go on")

    assert result.text == "on"
    assert "tools" not in shell.requests[-2]
    assert SUMMARY in shell.messages[0].text
    server = shell.server
    assert server is not None
    assert result.usage == server.usages[-1] + server.usages[-2]
    assert shell.session.context_tokens < 120_000


async def test_by_hand_the_older_part_is_summarized_with_a_focus(shell: Shell) -> None:
    """/compact FOCUS runs all strategies; the summary is made of the results that were cleared before it."""
    shell.over_http(clearing_server())
    await read_files(shell)
    shell.add(SUMMARY)

    text = await command(shell, "the file names")

    assert "compacted by clear_old_results, summarize_segment" in text
    asked = json.dumps(shell.requests[-1])
    assert "the file names" in asked
    assert "file 0" in asked
    assert "Cleared to save space" not in asked
    shell.add("all fine")
    assert (await shell.submit("and?")).text == "all fine"


async def test_a_preview_does_nothing(shell: Shell) -> None:
    """No request, no entry, no change; every strategy says what it would save."""
    await read_files(shell)
    held, asked, entries = shell.messages, len(shell.requests), len(shell.transcript)

    text = await command(shell, "--preview")

    assert f"About {shell.session.context_tokens:,} tokens are in use" in text
    assert "**clear_old_results**: saves about" in text
    assert "**summarize_segment**: saves about" in text
    assert (shell.messages, len(shell.requests), len(shell.transcript)) == (held, asked, entries)


async def test_undo_by_command(shell: Shell) -> None:
    """/compact --undo brings the results back."""
    shell.model.inspector.allow.add("prefix")
    await read_files(shell)
    held = shell.messages
    shell.add(SUMMARY)
    await command(shell, "")

    text = await command(shell, "--undo")

    assert f"has {len(held)} messages again" in text
    assert shell.messages == held


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ("--perview", "there are --preview and --undo"),
        ("--undo now", "takes nothing after it"),
        ("--undo", "nothing to undo"),
        ("--preview", "nothing to compact"),
        ("", "all of it is recent"),
    ],
)
async def test_what_cannot_be_done_is_said(shell: Shell, arguments: str, reason: str) -> None:
    """One line that says what would."""
    shell.add("hello")
    await shell.submit("hi")

    with pytest.raises(UsageError, match=reason):
        await command(shell, arguments)


async def test_the_offline_helper_clears_and_says_that_it_cannot_summarize(shell: Shell) -> None:
    """It is no language model: what it can do without one is done."""
    shell.options("--model", "offline")
    for number in range(8):
        shell.workspace.write(f"f{number}.txt", "some words\n" * 900)
        await shell.submit(f"show f{number}.txt")

    preview = await command(shell, "--preview")
    done = await command(shell, "")

    assert "**summarize_segment**: nothing: the offline helper is no language model" in preview
    assert "compacted by clear_old_results:" in done


async def test_a_summary_that_fails_leaves_the_conversation(shell: Shell) -> None:
    """The model's server is down: the user reads which strategy could not do it."""
    shell.workspace.variables["CLAUDE_CODE_MAX_RETRIES"] = "0"
    for number in range(4):
        shell.add("word " * 900)
        await shell.submit(f"say {number}")
    held = shell.messages
    shell.add(prompt_too_long(), prompt_too_long())

    result = await shell.submit("go on")

    assert result.terminal_reason == "prompt_too_long"
    warned = next(event.text for event in shell.events if isinstance(event, Notice))
    assert "summarize_segment: the model could not be asked: prompt is too long" in warned
    assert shell.messages[: len(held)] == held


async def test_a_request_beside_the_conversation_is_none_of_it(shell: Shell) -> None:
    """A summary that was asked for and not used: its tokens are paid for, the conversation's are as before."""
    shell.without("compaction.clear_old_results")
    await read_files(shell, 4)
    held, used = shell.session.context_tokens, shell.session.usage
    shell.add("word " * 60_000)

    with pytest.raises(UsageError, match="not compacted"):
        await command(shell, "")

    assert shell.session.context_tokens == held
    assert shell.session.usage.output_tokens > used.output_tokens + 10_000


async def test_the_example_of_the_documentation_works(shell: Shell, tmp_path: Path) -> None:
    """A stranger's strategy, word for word as it is printed, in the preview and in force."""
    section = PAGE.read_text().partition("### `gaff_register_compaction_strategies")[2]
    plugin = tmp_path / "drop_thinking.py"
    plugin.write_text(section.partition("```python\n")[2].partition("```")[0])
    shell.plugin(plugin)
    shell.without("compaction.*")
    for number in range(6):
        shell.add(reply(think("hm " * 500), f"answer {number}"))
        await shell.submit(f"ask {number}")

    assert "**drop_thinking**: saves about" in await command(shell, "--preview")
    assert "the thinking of older answers" in await command(shell, "")
    kinds = [text_at(block, "type") for message in shell.messages[:4] for block in message.content]
    assert "thinking" not in kinds


async def command(shell: Shell, arguments: str) -> str:
    """Run /compact and return what it says."""
    found = shell.kernel.command("compact")
    assert found is not None
    return (await found.run(arguments, shell.session)).text
