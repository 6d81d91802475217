"""The hooks around sessions, folders, files and settings, by the examples of docs/hooks.md in real sessions."""

from __future__ import annotations

import sqlite3
import sys

import pytest

from gaff.hooks import Notice, Session, UsageError, events, hookimpl
from gaff.testing import Shell, reply, status, think

from .conftest import Example


def notices(shell: Shell) -> list[str]:
    """Return what the user was told."""
    return [event.text for event in shell.events if isinstance(event, Notice)]


async def next_words(shell: Shell) -> str:
    """Run a turn, and return all that its request says to the model as the user."""
    shell.add("ok")
    await shell.submit("go")
    return str(shell.requests[-1]["messages"])


async def test_gaff_setup(shell: Shell, example: Example) -> None:
    """--init prepares the project; without it nobody is asked."""
    shell.plugin(example("gaff_setup"))
    shell.options("--init")

    assert "run `make install` first" in await next_words(shell)


async def test_setup_is_not_fired_unasked(shell: Shell, example: Example) -> None:
    """Without the option the hook is silent."""
    shell.plugin(example("gaff_setup"))

    assert "make install" not in await next_words(shell)


async def test_gaff_session_start(shell: Shell, example: Example) -> None:
    """What it answers reaches the model with the first prompt; a resumed session is no startup."""
    shell.plugin(example("gaff_session_start"))
    assert "Until 2999" in await next_words(shell)

    await shell.reopen()
    await next_words(shell)

    assert str(shell.messages).count("Until 2999") == 1


async def test_gaff_session_end(shell: Shell, example: Example) -> None:
    """It is told when the session ends, and why."""
    shell.plugin(example("gaff_session_end"))
    session = await shell.start()
    session.end_reason = "logout"

    await shell.close()

    assert (shell.workspace.gaff_home / "costs.tsv").read_text() == f"{session.id}\tlogout\t0.0000\n"


async def test_gaff_instructions_loaded(shell: Shell, example: Example) -> None:
    """It is told of a memory file that entered the context."""
    shell.plugin(example("gaff_instructions_loaded"))
    session = await shell.start()

    await session.announce(
        events.InstructionsLoaded(
            context=session.event_context,
            file_path="/p/CLAUDE.md",
            memory_type="Project",
            load_reason="session_start",
        )
    )

    await shell.event(Notice)
    assert notices(shell) == ["Project instructions: /p/CLAUDE.md (session_start)"]


async def test_gaff_stop(shell: Shell, example: Example) -> None:
    """Its objection makes the model go on, once."""
    shell.plugin(example("gaff_stop"))
    shell.add("It should work.", "It works: I ran it, it should work again.")

    result = await shell.submit("Fix it.")

    assert result.text.startswith("It works")
    assert "run it, and say what you saw" in shell.messages[2].text


async def test_gaff_stop_failure(shell: Shell, example: Example) -> None:
    """It is told of an error of the server that ended the turn."""
    shell.plugin(example("gaff_stop_failure"))
    shell.add(status(401))

    result = await shell.submit("go")

    assert result.is_error
    assert "the team's keys are in the vault, under llm/" in notices(shell)


async def conversation(shell: Shell) -> Session:
    """Have a conversation that can be compacted."""
    shell.without("compaction.*")
    shell.plugin(Shorter())
    shell.add(reply(think("Hm. " * 5_000), "First."), *["x " * 20_000] * 4)
    for _ in range(5):
        await shell.submit("go")
    return shell.session


class Shorter:
    """Takes all older messages out."""

    @hookimpl
    def gaff_register_compaction_strategies(self) -> list[object]:
        from gaff.hooks import CompactionPlan, CompactionStrategy, ConversationSnapshot, compaction_note

        class Cut(CompactionStrategy):
            name = "cut"
            summary = "takes all older messages out"

            def plan(self, snapshot: ConversationSnapshot, wanted: int, focus: str) -> CompactionPlan:
                messages = (compaction_note("Things were said."),)
                return CompactionPlan(messages=messages, saves=snapshot.saving(messages), drops="all")

        return [Cut()]


async def test_gaff_pre_compact(shell: Shell, example: Example) -> None:
    """A deny keeps the conversation as it is."""
    shell.plugin(example("gaff_pre_compact"))
    session = await conversation(shell)

    with pytest.raises(UsageError, match="say what to keep"):
        await session.compaction.run()

    assert (await session.compaction.run("the tests")).strategies == ("cut",)


async def test_gaff_post_compact(shell: Shell, example: Example) -> None:
    """It is told once the conversation was compacted; the model reads its reminder."""
    shell.plugin(example("gaff_post_compact"))
    session = await conversation(shell)

    await session.compaction.run()
    shell.model.violations.clear()

    assert "read NOTES.md again" in await next_words(shell)


async def test_gaff_pre_model_switch(shell: Shell, example: Example) -> None:
    """A deny keeps the model."""
    shell.plugin(example("gaff_pre_model_switch"))
    shell.workspace.use_server("http://127.0.0.1:9")
    session = await shell.start()

    with pytest.raises(UsageError, match="previews are not for this repository"):
        await session.set_model("messages:next-preview")
    assert session.model.provider == "scripted"

    await session.set_model("messages:next")
    assert session.model.name == "next"


async def test_gaff_post_model_switch(shell: Shell, example: Example) -> None:
    """Its context reaches the new model."""
    shell.plugin(example("gaff_post_model_switch"))
    shell.add("ok")
    await shell.submit("go")
    before = shell.session.model.name

    await shell.session.set_model("scripted:other")

    assert f"Until here {before} answered" in await next_words(shell)


async def test_gaff_config_change(shell: Shell, example: Example) -> None:
    """Its answer says whether the new settings come into force."""
    shell.plugin(example("gaff_config_change"))
    session = await shell.start()

    def changed(source: str) -> events.ConfigChange:
        return events.ConfigChange(context=session.event_context, source=source)

    decision = await session.announce(changed("project_settings"))

    assert decision is not None
    assert decision.behavior == "deny"
    assert await session.announce(changed("user_settings")) is None


async def test_gaff_cwd_changed(shell: Shell, example: Example) -> None:
    """Its warning is shown, and what it wants watched is watched."""
    shell.plugin(example("gaff_cwd_changed"))
    session = await shell.start()
    folder = shell.workspace.write("sub/.keep", "").parent

    await session.change_directory(folder)

    await shell.event(Notice)
    assert f"{folder} has no .env" in notices(shell)


async def test_gaff_directory_added(shell: Shell, example: Example) -> None:
    """/add-dir fires it, and the model is told what it answers."""
    shell.plugin(example("gaff_directory_added"))
    other = shell.workspace.folder / "other"
    other.mkdir()
    (other / "README.md").touch()
    command = (await shell.start()).kernel.command("add-dir")
    assert command is not None

    await command.run(str(other), shell.session)

    assert f"{other}/README.md says what is there." in await next_words(shell)


async def test_gaff_file_changed(shell: Shell, example: Example) -> None:
    """Its context reaches the model."""
    shell.plugin(example("gaff_file_changed"))
    session = await shell.start()

    await session.announce(
        events.FileChanged(context=session.event_context, file_path="/p/.env", event="change")
    )

    assert "/p/.env: change, not by you." in await next_words(shell)


async def test_gaff_unload_plugin(shell: Shell, example: Example) -> None:
    """A reload tells the old version to close what it opened, and the new one works."""
    path = example("gaff_unload_plugin")
    shell.plugin(path)
    await next_words(shell)
    *_, old = [
        module for name, module in sys.modules.items() if name.startswith("gaff_plugin_command_line_unload")
    ]
    (connection,) = old.OPEN.values()
    path.write_text(path.read_text() + "\n# A change.\n")

    await shell.kernel.reload("unload_plugin")

    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        connection.execute("select * from prompts")
    await next_words(shell)
    assert not notices(shell)


async def test_gaff_plugin_failed(shell: Shell, example: Example) -> None:
    """It is told which plugin failed where; the turn goes on."""

    class Broken:
        @hookimpl
        def gaff_stop(self) -> None:
            raise ValueError("oops")

    shell.plugin(example("gaff_plugin_failed"))
    shell.plugin(Broken(), "broken")
    shell.add("ok")

    assert (await shell.submit("go")).text == "ok"
    await shell.close()

    log = shell.workspace.gaff_home / "failures.log"
    assert log.read_text() == "broken gaff_stop ValueError: oops\n"
