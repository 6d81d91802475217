"""docs/plugins.md: its code runs as plugins in real sessions, its commands run in the order they stand there."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from gaff.hooks import Notice, ToolCall
from gaff.testing import FakeMessagesServer, Shell, Workspace, call, say
from gaff.testing.pytest_plugin import RunGaff

PAGE = (Path(__file__).parents[2] / "docs" / "plugins.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """Return the code blocks of the page in this language."""
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


#: The Python files of the page, by the name in their first line.
FILES = {code.partition("\n")[0].removeprefix("# "): code for code in blocks("python")}
PLUGINS = sorted(name for name in FILES if not name.startswith("test_"))
MODULE, TEST = "gaff_changelog.py", "test_gaff_changelog.py"


def load(shell: Shell, name: str) -> None:
    """Load a plugin of the page, from a file of the name it has there."""
    path = shell.workspace.folder / name
    path.write_text(FILES[name], encoding="utf-8")
    shell.plugin(path)


@pytest.mark.parametrize("name", PLUGINS)
async def test_every_plugin_of_the_page_loads(shell: Shell, name: str) -> None:
    """It is active, has a summary, and nobody has anything to say about it."""
    load(shell, name)
    shell.add("ok")
    await shell.start()

    (report,) = [one for one in shell.kernel.reports if one.name == name.removesuffix(".py")]

    assert (report.state, report.reason) == ("active", "")
    assert report.summary
    assert not [one for one in shell.kernel.notices if report.name in one]


async def test_the_first_plugin_does_what_the_page_says(shell: Shell) -> None:
    """A command the user types is stopped, for the reason in the file."""
    load(shell, "no_force.py")
    session = await shell.start()

    outcome = await session.run_call(ToolCall("1", "Bash", {"command": "git push --force"}), typed=True)

    assert outcome.status == "denied"
    assert "force-pushing is the user's to do" in str(outcome.output.content)


async def test_a_replacement_takes_the_place_of_a_built_in_plugin(shell: Shell) -> None:
    """The tool is the other one, and the built-in plugin says by whom it was replaced."""
    load(shell, "bash_in_a_container.py")
    shell.add(call("Bash", {"command": "echo hello"}), say("ok"))

    await shell.submit("go")

    assert shell.outcomes[0].output.content == "hello"
    reasons = {one.name: one.reason for one in shell.kernel.reports}
    assert reasons["shell.bash"] == "replaced by bash_in_a_container"


async def test_a_plugin_before_the_rules_is_asked_before_them(shell: Shell) -> None:
    """Its vote comes first in the trail, and holds against an allow rule."""
    load(shell, "before_the_rules.py")
    shell.workspace.settings({"permissions": {"allow": ["Bash"]}})
    shell.add(call("Bash", {"command": "echo prod"}), say("ok"))

    await shell.submit("go")

    (decision,) = [entry for entry in shell.transcript if entry["type"] == "gaff-decision"]
    assert str(decision).index("before_the_rules") < str(decision).index("permissions.rules")
    assert len(shell.questions) == 1


async def test_a_failing_plugin_is_told_of_in_the_words_of_the_page(shell: Shell) -> None:
    """Every line of the page stands in the notices, and the turns go on."""
    load(shell, "broken.py")
    shell.add(*["ok"] * 5)

    for _ in range(5):
        assert (await shell.submit("go")).text == "ok"

    (block,) = [one for one in blocks("text") if one.startswith("plugin broken")]
    assert [event.text for event in shell.events if isinstance(event, Notice)] == block.splitlines()


def put(workspace: Workspace, name: str) -> None:
    """Put a plugin of the page into the user's folder."""
    folder = workspace.gaff_home / "plugins"
    folder.mkdir()
    (folder / name).write_text(FILES[name], encoding="utf-8")


def test_what_a_plugin_prints_becomes_a_notice(
    run_gaff: RunGaff, workspace: Workspace, messages_server: FakeMessagesServer
) -> None:
    """Standard output has the answer and nothing else."""
    put(workspace, "broken.py")
    messages_server.add(say("Four."))

    done = run_gaff("-p", "What is two and two?")

    assert done.stdout == "Four.\n"
    assert "plugin broken printed" in done.stderr
    assert "I am about to fail" in done.stderr


async def test_the_slash_commands_of_the_page_work(shell: Shell) -> None:
    """Each line is typed as it stands there."""
    path = shell.workspace.folder / "changelog.py"
    path.write_text(FILES[MODULE], encoding="utf-8")
    shell.plugin(path)
    session = await shell.start()
    lines = [line for block in blocks("text") for line in block.splitlines() if line.startswith("/")]

    for name, _, arguments in (line.removeprefix("/").partition(" ") for line in lines):
        command = session.kernel.command(name)
        assert command is not None
        assert not (await command.run(arguments, session)).is_error

    assert len(lines) == 3


@pytest.mark.parametrize("block", blocks("sh"))
def test_the_shell_blocks_parse(block: str) -> None:
    """What is printed can be pasted."""
    done = subprocess.run(["bash", "-n"], input=block, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")


def test_the_toml_blocks_are_what_a_new_plugin_has(run_gaff: RunGaff, workspace: Workspace) -> None:
    """The page shows the entry point that `gaff plugin new` writes, and keys that pyproject.toml may have."""
    run_gaff("plugin", "new", "changelog")
    project = _pyproject(workspace.project / "gaff-changelog")["project"]

    entry_points, more = (tomllib.loads(block)["project"] for block in blocks("toml"))

    assert project["entry-points"] == entry_points["entry-points"]
    assert set(more) <= {"keywords", "license", "classifiers"}


def test_the_commands_of_the_page_run(
    workspace: Workspace, messages_server: FakeMessagesServer, tmp_path: Path
) -> None:
    """A newcomer types them one after the other; installing and uploading are left out."""
    messages_server.add(call("NoteChange", {"text": "An x."}), say("Noted."))
    put(workspace, "no_force.py")
    newcomer = _Newcomer(workspace, tmp_path / "site")

    for line in "".join(blocks("sh")).splitlines():
        newcomer.type(line)

    assert newcomer.ran == 12
    assert "NoteChange" in newcomer.said["gaff why"]
    assert "changelog" in newcomer.said["gaff plugin list --timings"]
    assert "4 passed" in newcomer.said["pytest"]
    assert ": 0 faults" in newcomer.said["gaff plugin check ."]


class _Newcomer:
    """Types commands in a folder, and keeps what they say."""

    def __init__(self, workspace: Workspace, site: Path) -> None:
        self._workspace = workspace
        self._site = site
        self._folder = workspace.project
        self.said: dict[str, str] = {}
        self.ran = 0

    def type(self, line: str) -> None:
        """Run a command, which must succeed."""
        words = shlex.split(line, comments=True)
        if words[0] == "cd":
            self._folder = self._folder / words[1]
            (self._folder / MODULE).write_text(FILES[MODULE], encoding="utf-8")
            (self._folder / TEST).write_text(FILES[TEST], encoding="utf-8")
        elif words[:2] == ["pip", "install"]:
            self._install()
        elif words[0] == "gaff" and len(words) > 1:
            if words[1] == "why" and not self.said.get("turn"):
                self._run("turn", [*self._gaff, "-p", "Note it.", "--permission-mode", "acceptEdits"])
            self._run(line, [*self._gaff, *words[1:]])
        elif words[0] == "pytest":
            self._run(line, [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"])

    @property
    def _gaff(self) -> list[str]:
        return self._workspace.command

    def _install(self) -> None:
        """Make what an editable installation makes: the metadata, and the folder on the path."""
        project = _pyproject(self._folder)["project"]
        metadata = self._site / f"gaff_changelog-{project['version']}.dist-info"
        metadata.mkdir(parents=True)
        (metadata / "METADATA").write_text(f"Name: {project['name']}\nVersion: {project['version']}\n")
        points = "".join(f"{name} = {module}\n" for name, module in project["entry-points"]["gaff"].items())
        (metadata / "entry_points.txt").write_text(f"[gaff]\n{points}")
        self._workspace.variables["PYTHONPATH"] = os.pathsep.join(
            [str(self._site), str(self._folder), os.environ.get("PYTHONPATH", "")]
        ).rstrip(os.pathsep)

    def _run(self, name: str, command: list[str]) -> None:
        self.ran += 1
        done = subprocess.run(
            command,
            cwd=self._folder,
            env=self._workspace.environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, f"{name}\n{done.stdout}{done.stderr}"
        self.said[name] = done.stdout


def _pyproject(folder: Path) -> dict[str, Any]:
    return tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", ["plugins.md", "hooks.md"])
def test_links_lead_somewhere(name: str) -> None:
    """Files that are linked to are there, and so are the headings."""
    folder = Path(__file__).parents[2] / "docs"
    links = re.findall(r"\]\(([^)#:]*)(?:#([^)]*))?\)", (folder / name).read_text(encoding="utf-8"))

    for path, heading in links:
        target = folder / (path or name)
        assert target.exists(), path
        if heading:
            headings = re.findall(r"^#+ (.*)$", target.read_text(encoding="utf-8"), re.MULTILINE)
            assert heading in [one.lower().replace(" ", "-").replace(",", "") for one in headings]
    assert links
