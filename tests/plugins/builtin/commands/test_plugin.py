"""gaff plugin and /plugin: lists, switches, reloads and new plugins."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from gaff.hooks import (
    CommandResult,
    GaffError,
    Kernel,
    PluginError,
    Reloaded,
    Session,
    Subcommand,
    Timing,
    UsageError,
)
from gaff.options import subcommand_parser
from gaff.plugins.builtin.commands._plugin.tables import clean, table
from gaff.plugins.builtin.commands.plugin import PluginCommand
from gaff.start import Start, start
from gaff.testing import Shell, Workspace, say
from gaff.testing.pytest_plugin import RunGaff

BAD = Path(__file__).parents[3] / "testing" / "bad_plugins"


async def run(workspace: Workspace, *words: str) -> int:
    """Run ``gaff plugin`` in this process; what it prints goes to standard output."""
    kernel = start(Start(["plugin", *words], workspace.environ, workspace.project))
    assert kernel.subcommand is not None
    found, rest = kernel.subcommand
    subcommand = cast("Subcommand", kernel.load(found))
    parser = subcommand_parser(subcommand.name, subcommand.summary)
    subcommand.add_arguments(parser)
    return await subcommand.run(kernel, parser.parse_args(rest))


def user_plugin(workspace: Workspace, name: str) -> Path:
    """Put one of the bad plugins into the user's folder."""
    path = workspace.gaff_home / "plugins" / f"{name}.py"
    path.parent.mkdir(exist_ok=True)
    path.write_text((BAD / f"{name}.py").read_text())
    return path


async def test_the_list_fits_a_screen(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    """Those from elsewhere and those not active by row, the built-ins by family."""
    for name in ("raises", "import_error"):
        user_plugin(workspace, name)
    workspace.settings({"plugins": {"shell.bash": False}})
    assert await run(workspace, "list") == 0
    lines = capsys.readouterr().out.splitlines()
    rows = [line.split(None, 3) for line in lines[1:4]]
    assert [row[:3] for row in rows] == [
        ["import_error", "failed", "user"],
        ["raises", "active", "user"],
        ["shell.bash", "disabled", "built-in"],
    ]
    assert "no_such_module_anywhere" in rows[0][3]
    assert rows[1][3] == "hook user_prompt_submit"
    assert any(line.split()[:3] == ["files", "edit", "glob"] for line in lines)
    assert len(lines) < 40


async def test_the_list_for_programs(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    """Every plugin with everything known."""
    await run(workspace, "list", "--json")
    found = {one["name"]: one for one in json.loads(capsys.readouterr().out)}
    assert found["shell.bash"]["contributes"] == {"tools": ["Bash"]}
    assert found["shell.bash"]["state"] == "active"
    assert "gaff_check_permission" in found["permissions.rules"]["hooks"]


async def test_all_rows(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    """With what each offers."""
    await run(workspace, "list", "--all")
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[-2:] for line in lines if line.startswith("shell.bash ")] == [["tool", "Bash"]]


def test_the_list_works_without_a_word_and_with_broken_plugins(
    run_gaff: RunGaff, workspace: Workspace
) -> None:
    """As a program: the reasons on standard error as well, the list complete."""
    user_plugin(workspace, "exit_at_import")
    done = run_gaff("plugin")
    assert done.returncode == 0
    assert "exit_at_import  failed" in done.stdout
    assert "Built in," in done.stdout


async def test_a_list_tells_what_gives_way(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    """A plugin whose only record another has precedence for does not offer nothing, it conflicts."""
    user_plugin(workspace, "takes_a_name")
    await run(workspace, "list", "--all")
    row = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("commands.help "))
    assert row.rstrip().endswith("command help conflicts with takes_a_name")
    await run(workspace, "list", "--json")
    found = {one["name"]: one for one in json.loads(capsys.readouterr().out)}
    assert found["commands.help"]["conflicts"] == ["command help conflicts with takes_a_name"]
    assert found["takes_a_name"]["conflicts"] == []
    await run(workspace, "show", "compaction.clear_old_results")
    assert "compaction strategies" in capsys.readouterr().out


async def test_show(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    """What the module states is read off its text; what it conflicts with is told."""
    path = user_plugin(workspace, "takes_a_name")
    path.write_text(path.read_text() + '\nbefore = ["commands.help"]\n')
    await run(workspace, "show", "takes_a_name")
    text = capsys.readouterr().out
    assert str(path) in text
    assert "before    ['commands.help']" in text
    assert "commands  help" in text
    assert "wins over commands.help" in text


async def test_show_tells_who_took_whose_place(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    """On both sides."""
    path = user_plugin(workspace, "takes_a_name")
    path.write_text(path.read_text() + '\nreplaces = "commands.help"\n')
    await run(workspace, "show", "takes_a_name")
    await run(workspace, "show", "commands.help")
    text = capsys.readouterr().out
    assert "took the place of  commands.help" in text
    assert "replaced: replaced by takes_a_name" in text


async def test_unknown_names(workspace: Workspace) -> None:
    """With the name that may be meant, by its last word, too."""
    for given, meant in (("shell.bsh", "shell.bash"), ("bash", "shell.bash")):
        with pytest.raises(UsageError, match=f"no plugin {given}; did you mean {meant}"):
            await run(workspace, "show", given)
    with pytest.raises(UsageError, match="gaff plugin list"):
        await run(workspace, "disable", "zzzzzz")


async def test_disable_and_enable(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    """It holds at the next start."""
    await run(workspace, "disable", "shell.bash")
    assert "counts from the next start" in capsys.readouterr().out
    kernel = start(Start([], workspace.environ, workspace.project))
    assert kernel.tool("Bash") is None
    await run(workspace, "enable", "shell.bash")
    kernel = start(Start([], workspace.environ, workspace.project))
    assert kernel.tool("Bash") is not None


async def test_levels(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    """Each in its file; a folder that is not trusted says so; git does not see the local one."""
    (workspace.project / ".git" / "info").mkdir(parents=True)
    await run(workspace, "disable", "ui.*", "--project")
    await run(workspace, "disable", "ui.keys", "--local")
    assert json.loads(workspace.read(".gaff/settings.json")) == {"plugins": {"ui.*": False}}
    assert json.loads(workspace.read(".gaff/settings.local.json")) == {"plugins": {"ui.keys": False}}
    assert workspace.read(".git/info/exclude") == "/.gaff/settings.local.json\n"
    assert capsys.readouterr().out.count("before this folder is trusted") == 2


async def test_what_overrules_a_switch_is_told(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    """A higher level, or a family that is disabled."""
    workspace.settings({"plugins": {"ui.*": False}})
    workspace.write(".gaff/settings.json", '{"plugins": {"shell.bash": false}}')
    await run(workspace, "enable", "ui.keys")
    await run(workspace, "enable", "shell.bash", "--trust")
    text = capsys.readouterr().out
    assert "disables ui.*, and with it ui.keys" in text
    assert ".gaff/settings.json says otherwise" in text


def test_new_makes_a_package_that_passes(run_gaff: RunGaff, workspace: Workspace) -> None:
    """Its own tests pass, the conformance kit's among them."""
    done = run_gaff("plugin", "new", "word-count", "--dir", str(workspace.folder))
    folder = workspace.folder / "gaff-word-count"
    project = tomllib.loads((folder / "pyproject.toml").read_text())
    assert project["project"]["entry-points"]["gaff"] == {"word-count": "gaff_word_count"}
    assert f"cd {folder}" in done.stdout
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    tested = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=100)
    assert "3 passed" in tested.stdout, tested.stdout + tested.stderr


async def test_new_makes_a_single_file(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    """In the project's folder of plugins, loaded once the folder is trusted."""
    await run(workspace, "new", "word-count", "--single-file")
    assert "--trust" in capsys.readouterr().out
    kernel = start(Start(["--trust"], workspace.environ, workspace.project))
    assert kernel.tool("WordCount") is not None


@pytest.mark.parametrize(
    "name", ["Bad", "a_b", "a--b", "-a", "a.b", "../x", "", "x" * 60, "json", "class", "read"]
)
async def test_new_refuses_names(workspace: Workspace, name: str) -> None:
    """Names that are none, that are Python's own, or that are taken."""
    with pytest.raises(UsageError, match=r"choose another|small letters"):
        await run(workspace, "new", "--", name)
    assert list(workspace.project.iterdir()) == []


async def test_new_refuses_what_is_there(workspace: Workspace) -> None:
    """A folder or file is never written over."""
    for words in (["new", "one"], ["new", "one", "--single-file"]):
        await run(workspace, *words)
        with pytest.raises(UsageError, match=r"is there already|of this name already"):
            await run(workspace, *words)


def test_check_is_the_kit(run_gaff: RunGaff, workspace: Workspace) -> None:
    """By file, and by the name of a plugin; faults make exit code 1."""
    user_plugin(workspace, "good")
    assert "good: 0 faults" in run_gaff("plugin", "check", "good").stdout
    done = run_gaff("plugin", "check", str(BAD / "prints.py"))
    assert (done.returncode, "FAULT output" in done.stdout) == (1, True)


async def command(shell: Shell, line: str) -> CommandResult:
    """Run /plugin in a session."""
    return await PluginCommand().run(line, await shell.start())


async def test_in_a_session(shell: Shell) -> None:
    """The list, one plugin, and a switch for the next start."""
    shell.plugin(BAD / "raises.py")
    listed = (await command(shell, "")).text
    assert "`raises` (command line) is active: hook user\\_prompt\\_submit" in listed.replace("_", "\\_")
    assert "**files**: edit, glob" in listed
    assert "- **tools**: Bash" in (await command(shell, "show shell.bash")).text
    assert "next start" in (await command(shell, "disable ui.keys")).text
    await command(shell, "disable ui.keys --project")
    assert json.loads(shell.workspace.read(".gaff/settings.json")) == {"plugins": {"ui.keys": False}}
    for line in ("show", "frob", "show nosuch", "enable ui.keys --moon"):
        with pytest.raises(UsageError):
            await command(shell, line)


async def test_timings_of_a_session(shell: Shell) -> None:
    """A row for each plugin that was called."""
    shell.add(say("Hello."))
    await shell.submit("hi")
    text = (await command(shell, "timings")).text
    assert text.startswith("| PLUGIN | CALLS |")


class FakeKernel:
    """A kernel that reloads, or fails to."""

    def __init__(self, outcome: Reloaded | GaffError) -> None:
        self.outcome = outcome
        self.reports = [SimpleNamespace(name="mine", source="user", state="active")]
        self.reports.append(SimpleNamespace(name="ui.keys", source="built-in", state="active"))
        self.asked: list[str] = []

    async def reload(self, name: str) -> Reloaded:
        """Do as told."""
        self.asked.append(name)
        if isinstance(self.outcome, GaffError):
            raise self.outcome
        return self.outcome


async def reload(kernel: FakeKernel, line: str) -> CommandResult:
    """Run /plugin reload with a fake kernel."""
    session = cast("Session", SimpleNamespace(kernel=cast("Kernel", kernel)))
    return await PluginCommand().run(line, session)


async def test_reload_tells_what_changed_and_what_is_left() -> None:
    """And how often it was loaded."""
    kernel = FakeKernel(Reloaded("mine", 2, ("thread watcher",), ("new tool Knock",)))
    text = (await reload(kernel, "reload mine")).text
    assert "loaded anew, for the 2nd time: new tool Knock" in text
    assert "left behind by the old one: thread watcher" in text


async def test_reload_without_a_name_is_all_but_the_built_ins() -> None:
    """Those that people work on."""
    kernel = FakeKernel(Reloaded("mine", 13))
    assert "13th time: nothing it offers has changed" in (await reload(kernel, "reload")).text
    assert kernel.asked == ["mine"]


async def test_a_reload_that_fails() -> None:
    """The old one goes on, and the user knows why."""
    result = await reload(FakeKernel(PluginError("mine", "line 3: no")), "reload mine")
    assert (result.is_error, "line 3: no" in result.text) == (True, True)
    with pytest.raises(UsageError, match="did you mean mine"):
        await reload(FakeKernel(Reloaded("mine", 1)), "reload mien")


async def test_a_real_reload(shell: Shell) -> None:
    """A changed file counts at once."""
    path = shell.workspace.write("greet.py", (BAD / "good.py").read_text())
    shell.plugin(path)
    await shell.start()
    path.write_text((BAD / "takes_a_name.py").read_text().replace('"help"', '"greet"'))
    assert "new command greet" in (await command(shell, "reload greet")).text
    assert shell.kernel.command("greet") is not None


async def test_completion(shell: Shell) -> None:
    """Of words and names."""
    session = await shell.start()
    complete: Any = PluginCommand().complete
    assert complete("re", session) == ["reload"]
    assert complete("show shell.ba", session) == ["show shell.bash"]
    assert complete("timings x", session) == ()


@pytest.mark.parametrize("columns", [20, 40, 80])
def test_tables_wrap_their_last_column(columns: int) -> None:
    """Below itself; the others stay whole."""
    rows: Sequence[Sequence[str]] = [
        ("name", "state", "why"),
        ("a.plugin", "failed", "one two three four five six seven"),
    ]
    lines = table(rows, columns).splitlines()
    assert lines[1].startswith("a.plugin  failed  ")
    assert all(len(line) <= max(columns, 42) for line in lines)
    assert " ".join(" ".join(lines).split()).endswith("seven")


def test_text_of_strangers_is_one_harmless_line() -> None:
    """A plugin's reason may hold anything."""
    assert clean("a\nb\x1b[31m\u202ec") == "a b�[31m�c"


def test_timing_rows_line_up() -> None:
    """Numbers end together."""
    assert table([("P", "N", "x"), ("p", "10", "123")], 80, right=(1, 2)) == "P   N    x\np  10  123"
    assert table([], 80) == ""
    assert Timing().percentile(0.5) == 0.0
