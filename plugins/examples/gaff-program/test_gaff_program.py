"""A program as the model of a real session, and of the whole gaff."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gaff.testing.shell import Shell

if TYPE_CHECKING:  # pytest imports it itself
    from gaff.testing.pytest_plugin import RunGaff

pytest_plugins = ["gaff.testing.pytest_plugin"]


async def test_what_the_program_prints_is_the_answer(shell: Shell) -> None:
    """It reads the conversation on stdin; here it turns it into capitals."""
    shell.options("--model", "program:tr a-z A-Z")

    result = await shell.submit("hello")

    assert result.text.startswith("USER: ")
    assert result.text.endswith("HELLO")


async def test_a_program_that_fails_ends_the_turn(shell: Shell) -> None:
    """The user reads which one failed and how."""
    shell.options("--model", "program:false")

    result = await shell.submit("hello")

    assert result.is_error
    assert "false ended with exit code 1" in result.text


def test_it_works_headless(run_gaff: RunGaff) -> None:
    """The answer goes to stdout."""
    done = run_gaff("--model", "program:echo Four.", "-p", "What is two and two?")

    assert (done.returncode, done.stdout.strip()) == (0, "Four.")
