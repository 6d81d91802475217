"""Runs that no language model answers, since none is set up."""

from __future__ import annotations

import json

import pytest

from gaff.plugins.builtin.ui.headless import Headless
from gaff.testing.workspace import Workspace

NONE_SET_UP = (
    "gaff: no model is set up, so the offline stand-in answers; "
    "set ANTHROPIC_API_KEY, or name a model of a local server: --model openai:NAME\n"
)


@pytest.mark.parametrize(
    ("arguments", "environ", "told"),
    [
        ((), {}, NONE_SET_UP),
        (("--model", "offline"), {}, ""),
        ((), {"ANTHROPIC_MODEL": "offline"}, ""),
    ],
)
def test_a_stand_in_nobody_asked_for_is_told(
    workspace: Workspace, arguments: tuple[str, ...], environ: dict[str, str], told: str
) -> None:
    """Who did not name it learns that no model is set up, and how to set one up."""
    workspace.write("a.txt", "hello")
    done = workspace.run("-p", "show a.txt", *arguments, environ=environ)
    assert (done.returncode, done.stderr) == (0, told)
    assert "hello" in done.stdout


def test_a_stand_in_named_in_the_settings_is_not_told(workspace: Workspace) -> None:
    """The settings name models as the command line does."""
    workspace.settings({"model": "offline"})
    assert workspace.run("-p", "help").stderr == ""


def test_what_was_not_understood_fails_the_run(workspace: Workspace) -> None:
    """A script does not take it for done: exit code 1, and an error in JSON."""
    done = workspace.run("-p", "prove that P is not NP", "--output-format", "json")
    result = json.loads(done.stdout)
    assert done.returncode == 1
    assert (result["is_error"], result["stop_reason"]) == (True, "refusal")
    assert result["result"].startswith("I did not understand that.")


def test_nobody_sits_at_a_headless_run() -> None:
    """So models that start fast come first, even where it is started at a terminal."""
    assert not Headless.interactive
