"""What plugins contribute, by the examples of docs/hooks.md in real sessions."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import cast

import pytest

from gaff.hooks import (
    CommandResult,
    Completer,
    Sandbox,
    SandboxCommand,
    SandboxPolicy,
    StatusItem,
    ToolFinished,
    UsageError,
)
from gaff.testing import FakeMessagesServer, Shell, call, reply, say, think
from gaff.testing.pytest_plugin import OpenTerminal, RunGaff

from .conftest import Example


def record(shell: Shell, hook: str, name: str) -> object:
    """Return what a plugin contributed to this hook."""
    found = next(one for one in shell.kernel.contributed(hook) if one.name == name)
    return shell.kernel.load(found)


async def test_gaff_register_options(shell: Shell, example: Example) -> None:
    """The option is taken from the command line, and the plugin reads it."""
    shell.plugin(example("gaff_register_options"))
    shell.options("--ticket", "GAFF-7")
    shell.add("ok")

    await shell.submit("go")

    assert "The ticket is GAFF-7." in str(shell.requests[0]["messages"])


async def test_gaff_register_settings(shell: Shell, example: Example) -> None:
    """The key is known, so nobody is told of an unknown one, and the plugin reads its value."""
    shell.plugin(example("gaff_register_settings"))
    shell.workspace.settings({"team": {"channel": "#gaff", "chanel": "#typing-error"}})
    shell.add("ok")

    await shell.submit("go")

    assert "Questions go to #gaff." in str(shell.requests[0]["messages"])
    assert [one for one in shell.kernel.notices if "team" in one and "team.chanel" not in one] == []


def test_gaff_register_frontends(run_gaff: RunGaff, example: Example) -> None:
    """The command line asks for the face, and it serves."""
    done = run_gaff("--plugin", str(example("gaff_register_frontends")), "--count-sessions")

    assert (done.returncode, done.stdout) == (0, "0\n")


async def test_gaff_register_models(shell: Shell, example: Example) -> None:
    """--model names the provider, and its model answers."""
    shell.plugin(example("gaff_register_models"))
    shell.options("--model", "echo:")

    result = await shell.submit("Is anybody there?")

    assert result.text.endswith("Is anybody there?")


async def test_gaff_register_tools(shell: Shell, example: Example) -> None:
    """The model is offered the tool and calls it; a fault tells it what to do."""
    shell.plugin(example("gaff_register_tools"))
    shell.add(call("Now", {"zone": "UTC"}), call("Now", {"zone": "Atlantis"}), say("ok"))

    await shell.submit("What time is it?")

    assert str(shell.outcomes[0].output.content).endswith("+00:00")
    assert "as Europe/Vienna" in str(shell.outcomes[1].output.content)


async def test_gaff_register_commands(shell: Shell, example: Example) -> None:
    """The command is found by its name, runs, and completes its argument."""
    shell.plugin(example("gaff_register_commands"))
    command = (await shell.start()).kernel.command("recap")
    assert command is not None

    assert await command.run("long", shell.session) == CommandResult(
        prompt="Say in a page what we did so far and what is open."
    )
    assert command.complete("l", shell.session) == ["long"]


def test_gaff_register_subcommands(run_gaff: RunGaff, example: Example) -> None:
    """The word stands after gaff, with options of its own."""
    done = run_gaff("--plugin", str(example("gaff_register_subcommands")), "models", "--plugins")

    assert done.returncode == 0
    assert "messages\tmodels.messages" in done.stdout.splitlines()


async def test_gaff_register_prompt_sections(shell: Shell, example: Example) -> None:
    """The text stands in the system prompt."""
    shell.plugin(example("gaff_register_prompt_sections"))
    shell.workspace.write("STYLE.md", "Tabs.")
    shell.add("ok")

    await shell.submit("go")

    assert "Keep to the style guide of this project" in str(shell.requests[0]["system"])


async def test_gaff_register_sandboxes(
    shell: Shell, example: Example, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sandbox is among those to be tried, says why it cannot work, and prepares commands where it can."""
    shell.plugin(example("gaff_register_sandboxes"))
    await shell.start()
    sandbox = cast("Sandbox", record(shell, "gaff_register_sandboxes", "firejail"))
    policy = SandboxPolicy(writable=("/work",))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert sandbox.missing(policy) == "firejail is not installed"

    async with sandbox.confine(SandboxCommand(["ls"], {}, "/"), policy) as confined:
        assert confined.argv[0] == "firejail"
        assert confined.argv[-3:] == ["--read-write=/work", "--", "ls"]


async def test_gaff_register_compaction_strategies(shell: Shell, example: Example) -> None:
    """The strategy compacts the conversation: the thoughts are gone, the words are kept."""
    shell.plugin(example("gaff_register_compaction_strategies"))
    shell.add(reply(think("Hm. " * 5_000), "First."), *["x " * 20_000] * 4)
    for _ in range(5):
        await shell.submit("go")

    done = await shell.session.compaction.run()

    assert "drop_thinking" in done.strategies
    assert "thinking" not in str(shell.messages)
    assert "First." in str(shell.messages)


async def test_gaff_register_session_stores(shell: Shell, example: Example) -> None:
    """The store takes the place of the built-in one."""
    shell.plugin(example("gaff_register_session_stores"))
    shell.add("ok")

    await shell.submit("go")

    assert list((shell.workspace.project / ".sessions").glob("*.jsonl")) == [shell.session.transcript_path]


async def test_gaff_register_renderers(shell: Shell, example: Example) -> None:
    """The renderer draws the calls of its tool, in place of the built-in one."""
    shell.plugin(example("gaff_register_renderers"))
    shell.add(call("Bash", {"command": "echo hello"}), "ok")
    await shell.submit("go")
    outcome = (await shell.event(ToolFinished)).outcome

    renderer = shell.kernel.renderer("Bash")

    assert renderer is not None
    assert renderer.call(outcome.call, outcome.call.input, 80) == "$ echo hello"
    assert renderer.result(outcome, 80, full=False) == "ok"


async def test_gaff_register_completers(shell: Shell, example: Example) -> None:
    """What is typed is completed."""
    shell.plugin(example("gaff_register_completers"))
    session = await shell.start()
    completer = cast("Completer", record(shell, "gaff_register_completers", "today"))

    (completion,) = completer.complete("Due ;da", session)

    assert (completion.text, completion.length) == (date.today().isoformat(), 3)
    assert completer.complete("Due", session) == ()


def test_gaff_register_key_bindings(
    terminal: OpenTerminal, messages_server: FakeMessagesServer, example: Example
) -> None:
    """The keys do what the plugin says."""
    messages_server.add(say("Begun."), say("On it goes."))
    screen = terminal("--plugin", str(example("gaff_register_key_bindings")))
    screen.expect(">")
    screen.type("Begin.\r")
    screen.expect("Begun.")

    screen.key("c-x", "c-n")

    screen.expect("Go on.", "On it goes.")


async def test_gaff_register_status_items(shell: Shell, example: Example) -> None:
    """The item is drawn for the session as it is."""
    shell.plugin(example("gaff_register_status_items"))
    shell.add("ok")
    await shell.submit("go")

    item = cast("StatusItem", record(shell, "gaff_register_status_items", "answers"))

    assert item.text(shell.session) == "1 answers"


async def test_gaff_register_hook_handlers(shell: Shell, example: Example) -> None:
    """The kind of handler works in settings files."""
    shell.plugin(example("gaff_register_hook_handlers"))
    shell.workspace.settings({"hooks": {"Stop": [{"hooks": [{"type": "note", "file": "log.txt"}]}]}})
    shell.add("ok")

    await shell.submit("go")

    assert shell.workspace.read("log.txt") == f"Stop {shell.session.id}\n"


async def test_an_option_of_a_plugin_that_is_left_out_is_unknown(shell: Shell) -> None:
    """Without the plugin there is no option."""
    shell.options("--ticket", "GAFF-7")

    with pytest.raises(UsageError, match="--ticket"):
        await shell.start()
