"""Starts: what a project may not do to one, and plugins that fail during one."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from gaff.hooks.stream import Notice
from gaff.kernel import Kernel
from gaff.testing.pytest_plugin import RunGaff
from gaff.testing.scripted_model import ScriptedModel
from gaff.testing.shell import Shell
from gaff.testing.workspace import Workspace

from .conftest import Place

State = Callable[[Kernel, str], str]

PROVIDER = """
from gaff.hooks import ModelProvider, hookimpl

class Broken(ModelProvider):
    name, summary, rank, headless_rank = "broken", "breaks", 999, 999

    def is_available(self, environ, settings):
        raise SystemExit("down\\nand out")

    def open(self, name, environ, settings): ...

@hookimpl
def gaff_register_models():
    return [Broken()]
"""

SECTION = """
from gaff.hooks import PromptSection, hookimpl

def text(session):
    raise ValueError("no words")

@hookimpl
def gaff_register_prompt_sections():
    return [PromptSection("broken", text)]
"""

FRONTEND = """
from gaff.hooks import Frontend, hookimpl

class Broken(Frontend):
    name, summary, rank = "broken", "breaks", 999

    def wants(self, options, interactive):
        raise ValueError("no screen")

    async def run(self, kernel): ...

@hookimpl
def gaff_register_frontends():
    return [Broken()]
"""


def test_an_untrusted_project_enables_nothing(place: Place, state: State) -> None:
    """What the user switched off stays off, whatever a repository says; a trusted one has its say."""
    place.write("~/settings.json", json.dumps({"plugins": {"shell.bash": False}}))
    place.write(".gaff/settings.json", json.dumps({"plugins": {"shell.bash": True}}))

    assert state(place.start(), "shell.bash") == "disabled"
    assert state(place.start("--trust"), "shell.bash") == "active"


@pytest.mark.parametrize("name", ["NODE_ENV", "RAILS_ENV", "DEBUG", "SHELL_COLOR"])
def test_a_project_sets_ordinary_variables(place: Place, name: str) -> None:
    """Names that only look like dangerous ones pass, without a word."""
    place.write(".claude/settings.json", json.dumps({"env": {name: "test"}}))

    kernel = place.start("--trust")

    assert (kernel.environ[name], kernel.notices) == ("test", [])


@pytest.mark.parametrize(
    "name",
    [
        "BASH_ENV",
        "ENV",
        "SHELL",
        "DYLD_LIBRARY_PATH",
        "PYTHONPATH",
        "https_proxy",
        "BASH_FUNC_ls%%",
        "PERL5OPT",
    ],
)
def test_dropped_variables_are_told(place: Place, name: str) -> None:
    """A variable that changes what is run is not taken from a project, and that is said."""
    path = place.write(".claude/settings.json", json.dumps({"env": {name: "x"}}))

    kernel = place.start("--trust")

    assert name not in kernel.environ
    (line,) = kernel.notices
    assert str(path) in line
    assert name in line


def test_a_project_s_modules_are_not_imported(workspace: Workspace, run_gaff: RunGaff) -> None:
    """python -m gaff takes libraries from where they are installed, not from the current folder."""
    workspace.write("pluggy.py", "raise SystemExit(9)")

    assert run_gaff("--help").returncode == 0


@pytest.mark.parametrize(("code", "words"), [(PROVIDER, "SystemExit: down and out"), (SECTION, "no words")])
async def test_a_part_that_fails_is_left_out(shell: Shell, code: str, words: str) -> None:
    """A provider or prompt section that raises is told with its plugin's name, and the turn goes on."""
    shell.plugin(shell.workspace.write("broken.py", code))
    shell.options("--model", "offline")

    result = await shell.submit("hello")

    assert result.text
    notices = [event.text for event in shell.events if isinstance(event, Notice)]
    assert [words in line and "plugin broken" in line for line in notices if "left out" in line] == [True]


def test_a_frontend_that_fails_is_left_out(workspace: Workspace, run_gaff: RunGaff) -> None:
    """The next frontend takes over, and the user reads which plugin failed."""
    plugin = workspace.write("broken.py", FRONTEND)

    done = run_gaff("-p", "/help", "--plugin", str(plugin))

    assert done.returncode == 0
    assert "plugin broken failed at gaff_register_frontends: ValueError: no screen" in done.stderr


@pytest.mark.parametrize("option", ["system-prompt", "append-system-prompt"])
@pytest.mark.parametrize("suffix", ["", "-file"])
async def test_a_given_prompt_beats_the_recorded_one(
    shell: Shell, tmp_path: Path, option: str, suffix: str
) -> None:
    """A session that goes on keeps its system prompt, unless the command line gives another."""
    shell.add("one")
    await shell.submit("first")
    file = tmp_path / "prompt.txt"
    file.write_text("Speak Latin.")
    shell.options(f"--{option}{suffix}", str(file) if suffix else "Speak Latin.")

    shell.model = ScriptedModel(["two"])
    await shell.reopen()
    await shell.submit("second")

    assert "Speak Latin." in json.dumps(shell.requests[0]["system"])
