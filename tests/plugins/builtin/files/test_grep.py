"""Grep searches as ripgrep does, with ripgrep or without, and shows the part that is wanted."""

from __future__ import annotations

import asyncio
import os
import stat
import sys
from pathlib import Path
from typing import Any

import pytest

from gaff.hooks import ToolError
from gaff.plugins.builtin.files import _ripgrep
from gaff.plugins.builtin.files._ripgrep import find_ripgrep

from .conftest import TOOLS, Files, names


@pytest.fixture(params=["ripgrep", "python"])
def tree(request: pytest.FixtureRequest, files: Files, monkeypatch: pytest.MonkeyPatch) -> Files:
    """A few files, searched with ripgrep and then with Python."""
    if request.param == "python":
        monkeypatch.setattr(_ripgrep, "find_ripgrep", nothing_found)
    files.write("src/a.py", "import os\nx = 1\n\n\n\nimport sys\n")
    files.write("src/b.txt", "important\n")
    files.write("c.md", "nothing\n")
    for age, name in enumerate(["src/a.py", "src/b.txt", "c.md"]):
        os.utime(files.folder / name, (1_000 - age, 1_000 - age))
    return files


def nothing_found(*_: object) -> None:
    """Stand in for a system without ripgrep."""


async def test_lists_files(tree: Files) -> None:
    """The default mode lists files, the newest first; hooks get absolute paths."""
    assert await tree.text("Grep", pattern="import") == "src/a.py\nsrc/b.txt"
    response = await tree.response("Grep", pattern="import")
    assert response == {
        "mode": "files_with_matches",
        "numFiles": 2,
        "filenames": [f"{tree.folder}/src/a.py", f"{tree.folder}/src/b.txt"],
    }


async def test_shows_content(tree: Files) -> None:
    """Lines come with path and number, in the order of paths."""
    text = "src/a.py:1:import os\nsrc/a.py:6:import sys\nsrc/b.txt:1:important"
    assert await tree.text("Grep", pattern="import", output_mode="content") == text
    response = await tree.response("Grep", pattern="import", output_mode="content")
    assert (response["mode"], response["numFiles"], response["numLines"]) == ("content", 2, 3)
    assert response["content"] == text


async def test_counts(tree: Files) -> None:
    """The count mode gives matching lines a file, and the sum to hooks."""
    assert await tree.text("Grep", pattern="import", output_mode="count") == "src/a.py:2\nsrc/b.txt:1"
    assert (await tree.response("Grep", pattern="import", output_mode="count"))["numMatches"] == 3


async def test_shows_lines_around(tree: Files) -> None:
    """Context lines have dashes, and gaps are marked."""
    parameters: dict[str, Any] = {"-A": 1, "-B": 0, "path": "src/a.py"}
    text = await tree.text("Grep", pattern="import", output_mode="content", **parameters)
    assert text == "1:import os\n2-x = 1\n--\n6:import sys"
    around = await tree.text("Grep", pattern="x = 1", output_mode="content", context=1)
    assert around == "src/a.py-1-import os\nsrc/a.py:2:x = 1\nsrc/a.py-3-"


@pytest.mark.parametrize(
    ("parameters", "text"),
    [
        ({"-n": False}, "src/a.py:x = 1"),
        ({"-o": True}, "src/a.py:2:x"),
        ({"-i": True, "pattern": "X ="}, "src/a.py:2:x = 1"),
        ({"type": "py"}, "src/a.py:2:x = 1"),
        ({"type": "md"}, "No matches."),
        ({"glob": "*.{md,py}"}, "src/a.py:2:x = 1"),
        ({"glob": "*.md, *.py"}, "src/a.py:2:x = 1"),
        ({"glob": "!*.py"}, "No matches."),
        ({"path": "src"}, "src/a.py:2:x = 1"),
        (
            {"pattern": r"1\s+import", "multiline": True, "-o": True, "-n": False},
            "src/a.py:1\nsrc/a.py:import",
        ),
        ({"pattern": "x(?= = 1)"}, "src/a.py:2:x = 1"),
    ],
)
async def test_understands_the_parameters(tree: Files, parameters: dict[str, Any], text: str) -> None:
    """Each documented parameter does what it says."""
    given = {"pattern": r"\bx", "output_mode": "content", **parameters}
    assert await tree.text("Grep", **given) == text


async def test_shows_a_part(tree: Files) -> None:
    """head_limit and offset page through the results, and how to go on is said."""
    text = await tree.text("Grep", pattern="import", output_mode="content", head_limit=1, offset=1)
    assert text == "src/a.py:6:import sys\n[1 of 3 lines. Go on with offset=2.]"
    response = await tree.response("Grep", pattern="import", output_mode="content", head_limit=1, offset=1)
    assert (response["totalLines"], response["appliedLimit"], response["appliedOffset"]) == (3, 1, 1)
    assert "offset 9 is beyond" in await tree.text("Grep", pattern="import", offset=9)


async def test_leaves_out_what_git_ignores(tree: Files) -> None:
    """Ignored files are not searched, hidden ones are, and git's own never."""
    tree.write(".git/HEAD", "needle")
    tree.write(".gitignore", "build/\n")
    tree.write("build/a.txt", "needle")
    tree.write(".github/a.yml", "needle")
    assert await tree.text("Grep", pattern="needle") == ".github/a.yml"


@pytest.mark.parametrize("pattern", ["--version", "-v", "--pre=sh", "-f/etc/passwd"])
async def test_takes_no_pattern_for_a_flag(tree: Files, pattern: str) -> None:
    """A pattern that looks like an option is a pattern."""
    tree.write("flags.txt", f"{pattern}\n")
    assert await tree.text("Grep", pattern=pattern) == "flags.txt"


async def test_takes_no_glob_or_path_for_a_flag(tree: Files) -> None:
    """Nor are globs and names that look like options."""
    tree.write("--files/-v", "needle\n")
    assert await tree.text("Grep", pattern="needle", path="--files") == "--files/-v"
    assert await tree.text("Grep", pattern="needle", path="--files/-v", output_mode="count") == "--files/-v:1"
    assert await tree.text("Grep", pattern="needle", glob="--pre") == "No matches."


async def test_refuses_what_it_does_not_understand(tree: Files) -> None:
    """Wrong patterns, types, globs and paths are errors that say why."""
    with pytest.raises(ToolError, match="search was refused"):
        await tree.call("Grep", pattern="(")
    with pytest.raises(ToolError, match="unrecognized file type"):
        await tree.call("Grep", pattern="x", type="nosuch")
    with pytest.raises(ToolError, match="There is no"):
        await tree.call("Grep", pattern="x", path="nowhere")
    with pytest.raises(ValueError, match="braces"):
        await tree.call("Grep", pattern="x", glob="{a,b}" * 9)


async def test_never_searches_processes(tree: Files) -> None:
    """Environments of processes hold keys."""
    for path in ("/proc", "/proc/self", "/proc/self/environ"):
        with pytest.raises(ToolError, match="process"):
            await tree.call("Grep", pattern="x", path=path)


async def test_leaves_out_hidden_files(tree: Files) -> None:
    """What a rule keeps from being read does not come out in a search either, and that is said."""
    tree.session.hidden = {f"{tree.folder}/src/a.py"}
    text = await tree.text("Grep", pattern="import", output_mode="content")
    assert text.startswith("src/b.txt:1:important\n[1 matching files are left out")


async def test_cuts_long_lines(tree: Files) -> None:
    """A match in a line of megabytes shows its beginning."""
    tree.write("min.js", "needle" + "x" * 3_000_000)
    assert len(await tree.text("Grep", pattern="needle", output_mode="content")) < 600


async def test_is_bounded_without_a_limit(tree: Files) -> None:
    """head_limit 0 shows as much as fits, and says how to go on."""
    tree.write("many.txt", "needle and some more words\n" * 20_000)
    text = await tree.text("Grep", pattern="needle", output_mode="content", head_limit=0)
    assert len(text) < 41_000
    assert "of 20,000 lines. Go on with offset=" in text


async def test_skips_binary_files(tree: Files) -> None:
    """Binary files are left out of a search of folders; one that is asked for by name is told about."""
    tree.write("a.bin", b"needle\0\n")
    assert await tree.text("Grep", pattern="needle") == "No matches."


async def test_reads_other_encodings(tree: Files) -> None:
    """Files with a mark are searched as what they are."""
    tree.write("utf16.txt", "needle é\n".encode("utf-16"))
    assert await tree.text("Grep", pattern="^needle é$", output_mode="content") == "utf16.txt:1:needle é"


async def test_matches_ends_of_windows_lines(tree: Files) -> None:
    """CR LF ends a line like LF."""
    tree.write("win.txt", "needle\r\nneedles\r\n")
    assert await tree.text("Grep", pattern="needle$", output_mode="content") == "win.txt:1:needle"


async def test_names_that_are_no_text(tree: Files) -> None:
    """A file name of any bytes comes out as text that can be sent."""
    (tree.folder / os.fsdecode(b"caf\xe9.txt")).write_text("needle\n")
    assert await tree.text("Grep", pattern="needle") == "caf\ufffd.txt"


async def test_ignores_the_users_ripgrep_settings(files: Files) -> None:
    """A settings file of ripgrep must not change what a search finds, or run programs."""
    files.write("a.txt", "needle\n")
    settings = files.write("ripgreprc", "--invert-match\n")
    files.session.environ["RIPGREP_CONFIG_PATH"] = str(settings)
    assert await files.text("Grep", pattern="needle") == "a.txt"


def program(path: Path, script: str) -> Path:
    """Make a program called rg."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def test_takes_no_ripgrep_of_the_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a relative folder on the path, nor the project, not even through a link, provides the program."""
    project, own = tmp_path / "project", tmp_path / "own"
    program(project / "bin/rg", "exit 0")
    program(tmp_path / "elsewhere/bin/rg", "exit 0")
    monkeypatch.chdir(tmp_path / "elsewhere")
    (own / "linked").mkdir(parents=True)
    (own / "linked/rg").symlink_to(project / "bin/rg")
    good = program(own / "bin/rg", "exit 0")
    path = os.pathsep.join(["", ".", "bin", str(project / "bin"), str(own / "linked"), str(own / "bin")])
    assert find_ripgrep(path, (project.resolve(),)) == str(good)


def test_falls_back_to_the_ripgrep_beside_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without one on the path, the one of the same environment is taken; without that, none."""
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    assert find_ripgrep("/nowhere/at/all", ()) is None
    beside = program(tmp_path / "bin/rg", "exit 0")
    assert find_ripgrep("/nowhere/at/all/else", ()) == str(beside)


async def test_cancelling_kills_all_it_started(files: Files, tmp_path: Path) -> None:
    """The search runs in a group of its own; the pipe ends only when nobody of it is left to write."""
    fifo = tmp_path / "started"
    os.mkfifo(fifo)
    program(tmp_path / "bin/rg", f"exec 3> {fifo}\nsleep 30 &\necho started >&3\nwait")
    files.session.environ["PATH"] = f"{tmp_path}/bin:{files.session.environ['PATH']}"
    task = asyncio.create_task(files.call("Grep", pattern="x"))
    with await asyncio.to_thread(fifo.open) as pipe:
        assert await asyncio.to_thread(pipe.readline) == "started\n"
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        async with asyncio.timeout(5):
            assert await asyncio.to_thread(pipe.read) == ""


async def test_a_search_that_takes_too_long_is_stopped(
    files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was found until then is shown, and that it is not all."""
    monkeypatch.setattr(_ripgrep, "SECONDS", 0.3)
    program(tmp_path / "bin/rg", "printf './a.txt\\0001:one\\n2:tw'; sleep 600")
    files.session.environ["PATH"] = f"{tmp_path}/bin:{files.session.environ['PATH']}"
    text = await files.text("Grep", pattern="x", output_mode="content")
    assert text.startswith("a.txt:1:one\n[Stopped after")


async def test_files_found_in_time_are_listed(
    files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lists of files, which have no line breaks, are cut after the last whole name."""
    monkeypatch.setattr(_ripgrep, "SECONDS", 0.3)
    program(tmp_path / "bin/rg", "printf './a.txt\\000./b.t'; sleep 600")
    files.session.environ["PATH"] = f"{tmp_path}/bin:{files.session.environ['PATH']}"
    assert (await files.text("Grep", pattern="x")).startswith("a.txt\n[Stopped after")


async def test_a_search_that_finds_too_much_is_stopped(
    files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Results without end are cut at whole lines."""
    monkeypatch.setattr(_ripgrep, "MAX_OUTPUT", 1_000_000)
    program(tmp_path / "bin/rg", "exec yes \"$(printf './a.txt:1:one')\"")
    files.session.environ["PATH"] = f"{tmp_path}/bin:{files.session.environ['PATH']}"
    assert "far too many results" in await files.text("Grep", pattern="x", output_mode="content")


async def test_a_hostile_pattern_does_not_stop_the_shell(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python's patterns can take for ever: they run where they can be killed."""
    monkeypatch.setattr(_ripgrep, "find_ripgrep", nothing_found)
    monkeypatch.setattr(_ripgrep, "SECONDS", 1)
    files.write("a.txt", "a" * 60)
    assert "Stopped after 1 seconds" in await files.text("Grep", pattern="(a+)+$x")


def test_searching_is_read_only(files: Files) -> None:
    """The folder is what is read; a rule for it covers all below."""
    files.write("src/a.py", "")
    tool = TOOLS["Grep"]
    asked = tool.input_model.model_validate({"pattern": "x", "path": "src"})
    context = files.context("Grep", {})
    (action,) = tool.actions(asked, context)
    assert (action.kind, action.target) == ("read", f"{files.folder}/src")
    assert action.suggestion == f"/{files.folder}/src/**"
    assert tool.is_read_only(asked, context)
    assert tool.hook_input(asked, context)["path"] == f"{files.folder}/src"
    assert names([action.resolved], files.folder) == ["src"]
