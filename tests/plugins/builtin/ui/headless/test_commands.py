"""Slash commands in the prompt."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from gaff.hooks import Command, CommandResult, Session, UsageError, hookimpl
from gaff.testing.scripted_model import ScriptedModel

Run = Callable[..., Awaitable[Any]]


class Greet(Command):
    """Says hello; ``ask`` has the model say it, ``fail`` fails."""

    name = "greet"
    summary = "Say hello."
    aliases = ("hi",)

    async def run(self, arguments: str, session: Session) -> CommandResult:
        if arguments == "fail":
            raise UsageError("/greet takes a name")
        if arguments == "ask":
            return CommandResult("asking", prompt="say hello")
        return CommandResult(f"hello {arguments}", is_error=arguments == "nobody")


class Paint(Command):
    """Needs a terminal."""

    name = "paint"
    summary = "Paint."
    headless = False

    async def run(self, arguments: str, session: Session) -> CommandResult:
        raise AssertionError("it must not run here")


class Commands:
    """Offers the commands."""

    @hookimpl
    def gaff_register_commands(self) -> Sequence[Command]:
        return (Greet(), Paint())


async def test_command_answers_without_the_model(run: Run, model: ScriptedModel) -> None:
    """What a command says is the result."""
    outcome = await run("-p", "/greet  the world ", Commands())
    assert (outcome.code, outcome.out) == (0, "hello the world\n")
    assert model.requests == []


async def test_command_without_arguments(run: Run) -> None:
    """A name alone is a command too."""
    assert (await run("-p", "/greet", Commands())).out == "hello \n"


async def test_command_has_a_result_in_json(run: Run) -> None:
    """A command is a run like any other, with no turns."""
    result = (await run("-p", "/hi there", "--output-format", "json", Commands())).result
    assert (result["result"], result["num_turns"], result["subtype"]) == ("hello there", 0, "success")


async def test_command_that_failed_fails_the_run(run: Run) -> None:
    """Commands can say that they failed, or refuse their arguments."""
    assert (await run("-p", "/greet nobody", Commands())).code == 1
    outcome = await run("-p", "/greet fail", Commands())
    assert (outcome.code, outcome.out) == (1, "/greet takes a name\n")


async def test_prompt_of_a_command_is_sent(run: Run, model: ScriptedModel) -> None:
    """A command may have the model go on; what it said first goes beside the output."""
    outcome = await run("-p", "/greet ask", Commands())
    assert outcome.out == "Done.\n"
    assert "gaff: asking\n" in outcome.err
    assert model.requests[0].messages[-1].text.endswith("say hello")


async def test_words_of_a_command_are_in_the_stream(stream: Run) -> None:
    """There they have a message of their own."""
    outcome = await stream("/greet ask", Commands())
    assert outcome.of_type("local_command_output")[0]["content"] == "asking"


async def test_command_that_needs_a_terminal_is_refused(run: Run) -> None:
    """It says so, and what to do."""
    outcome = await run("-p", "/paint", Commands())
    assert (outcome.code, outcome.out) == (1, "/paint needs a terminal; start gaff without -p for it\n")


async def test_unknown_command_is_not_sent_to_the_model(run: Run, model: ScriptedModel) -> None:
    """A slip of the finger costs nothing."""
    outcome = await run("-p", "/gret you", Commands())
    assert (outcome.code, outcome.out) == (1, "there is no command /gret; /help lists them\n")
    assert model.requests == []


async def test_path_is_no_command(run: Run, model: ScriptedModel) -> None:
    """A prompt that begins with a path is a prompt."""
    assert (await run("-p", "/etc/hosts: what is it?")).out == "Done.\n"


async def test_commands_are_listed_by_where_they_work(stream: Run) -> None:
    """Clients offer the ones that work without a terminal."""
    init = (await stream("hi", Commands())).messages[0]
    assert "greet" in init["slash_commands"]
    assert "paint" in init["terminal_slash_commands"]
