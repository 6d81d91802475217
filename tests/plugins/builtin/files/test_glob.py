"""Glob finds files by name, the newest first."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings, strategies as st

from gaff.hooks import ToolError
from gaff.plugins.builtin.files._globs import Glob, expand_braces, split_base
from gaff.plugins.builtin.files._ripgrep import find_ripgrep

from .conftest import TOOLS, Files, names


async def found(files: Files, pattern: str, **parameters: str) -> list[str]:
    """Return what a pattern finds, sorted by name."""
    response = await files.response("Glob", pattern=pattern, **parameters)
    return sorted(names(response["filenames"], files.folder))


@pytest.fixture
def tree(files: Files) -> Files:
    """A few files."""
    for name in ("a.py", "b.ts", "src/c.py", "src/deep/d.tsx", ".hidden/e.py", "src/[odd]/f.py"):
        files.write(name, "")
    return files


@pytest.mark.parametrize(
    ("pattern", "paths"),
    [
        ("*.py", ["a.py"]),
        ("**/*.py", [".hidden/e.py", "a.py", "src/[odd]/f.py", "src/c.py"]),
        ("src/**/*.{ts,tsx}", ["src/deep/d.tsx"]),
        ("src/**", ["src/[odd]/f.py", "src/c.py", "src/deep/d.tsx"]),
        ("**/d.*", ["src/deep/d.tsx"]),
        ("src/?.py", ["src/c.py"]),
        ("src/[a-c].py", ["src/c.py"]),
        ("src/[!a-b].py", ["src/c.py"]),
        (r"src/\[odd\]/*", ["src/[odd]/f.py"]),
        ("src/c.py", ["src/c.py"]),
        ("./src/*.py", ["src/c.py"]),
        ("nothing*", []),
    ],
)
async def test_understands_patterns(tree: Files, pattern: str, paths: list[str]) -> None:
    """Stars stay within names, double stars go through folders, brackets and braces choose."""
    assert await found(tree, pattern) == paths


async def test_sorts_by_age(files: Files) -> None:
    """The file that changed last comes first; hooks get the documented object."""
    for age, name in enumerate(["b.py", "c.py", "a.py"]):
        os.utime(files.write(name, ""), (1_000 - age, 1_000 - age))
    assert await files.text("Glob", pattern="*.py") == "b.py\nc.py\na.py"
    response = await files.response("Glob", pattern="*.py")
    assert response.pop("durationMs") >= 0
    filenames = [f"{files.folder}/{name}" for name in ("b.py", "c.py", "a.py")]
    expected = {"numFiles": 3, "filenames": filenames, "truncated": False}
    assert response == {**expected, "totalMatches": 3, "countIsComplete": True}


async def test_caps_the_results(files: Files) -> None:
    """100 of the newest come back, and how many there are is said."""
    for number in range(105):
        os.utime(files.write(f"{number:03}.py", ""), (number, number))
    output = await files.call("Glob", pattern="*.py")
    lines = str(output.content).split("\n")
    assert lines[0] == "104.py"
    assert lines[-2:] == ["005.py", "[The 100 newest of 105: use a narrower pattern or path for others.]"]
    assert (await files.response("Glob", pattern="*.py"))["truncated"]


async def test_says_that_nothing_matches(files: Files) -> None:
    """No result is a result."""
    assert await files.text("Glob", pattern="*.py") == "No files match."


async def test_finds_ignored_and_hidden_files_unless_told(files: Files) -> None:
    """The documented variables switch ignored and hidden files off; git's own files never come unasked."""
    files.write(".git/config", "")
    files.write(".gitignore", "out/\n")
    files.write("out/a.py", "")
    assert await found(files, "**/*") == [".gitignore", "out/a.py"]
    assert await found(files, ".git/*") == [".git/config"]
    files.session.environ["CLAUDE_CODE_GLOB_NO_IGNORE"] = "false"
    assert await found(files, "**/*") == [".gitignore"]
    files.session.environ["CLAUDE_CODE_GLOB_HIDDEN"] = "false"
    assert await found(files, "**/*") == []


async def test_leaves_out_hidden_files(tree: Files) -> None:
    """What a rule keeps from being read is not listed, nor counted."""
    tree.session.hidden = {f"{tree.folder}/src/c.py"}
    response = await tree.response("Glob", pattern="src/*.py")
    assert (response["filenames"], response["totalMatches"], response["truncated"]) == ([], 0, False)


async def test_stops_in_time(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    """A search over its time gives what it has and says so."""
    files.write("a.py", "")
    moments = iter([0.0, 0.0, 30.0])
    monkeypatch.setattr("gaff.plugins.builtin.files.glob.time.monotonic", lambda: next(moments, 30.0))
    output = await files.call("Glob", pattern="**/*.py")
    assert "was stopped for its time" in str(output.content)


async def test_searches_where_it_is_told(tree: Files) -> None:
    """The folder may be given apart, or in front of the pattern, absolute or not."""
    assert await found(tree, "*.py", path="src") == ["src/c.py"]
    assert await found(tree, f"{tree.folder}/src/*.py") == ["src/c.py"]
    assert await found(tree, "../a.py", path="src") == ["a.py"]


async def test_judges_the_folder_it_searches(tree: Files) -> None:
    """A pattern that climbs out of the project is judged as what it reads, and never climbs later on."""
    tool = TOOLS["Glob"]
    asked = tool.input_model.model_validate({"pattern": "../../etc/**/*.conf", "path": "src"})
    (action,) = tool.actions(asked, tree.context("Glob", {}))
    assert action.target == str(tree.folder.parent / "etc")
    with pytest.raises(ValueError, match="could lead anywhere"):
        tool.input_model.model_validate({"pattern": "*/../../../etc/*"})


async def test_does_not_follow_links_to_folders(files: Files, tmp_path: Path) -> None:
    """A link is no way out of the folder that was judged, and no way round in circles."""
    files.write("../outside/secret.py", "")
    (files.folder / "link").symlink_to(tmp_path / "outside")
    (files.folder / "circle").symlink_to(files.folder)
    assert await found(files, "**/*.py") == []


async def test_refuses_what_is_no_folder(files: Files) -> None:
    """A missing folder and a file are told apart."""
    files.write("a.py", "")
    with pytest.raises(ToolError, match="There is no"):
        await files.call("Glob", pattern="*", path="nowhere")
    with pytest.raises(ToolError, match="is no folder"):
        await files.call("Glob", pattern="*", path="a.py")


def test_expands_braces() -> None:
    """Braces nest, need a comma, and may be escaped."""
    assert expand_braces("{a,b{c,d}}.x") == ["a.x", "bc.x", "bd.x"]
    assert expand_braces("{a}") == ["{a}"]
    assert expand_braces(r"\{a,b}") == [r"\{a,b}"]
    assert expand_braces("{a,b") == ["{a,b"]


def test_refuses_too_many_braces() -> None:
    """Braces double with each pair; there is an end to it."""
    with pytest.raises(ValueError, match="more than 256 patterns"):
        expand_braces("{a,b}" * 20)


@pytest.mark.parametrize(
    ("pattern", "parts"),
    [("*.py", ("", "*.py")), ("/a/b/*.py", ("/a/b", "*.py")), ("/*", ("/", "*")), ("a/b", ("a", "b"))],
)
def test_splits_off_what_is_no_pattern(pattern: str, parts: tuple[str, str]) -> None:
    """The folders that a pattern names outright are where the search starts."""
    assert split_base(pattern) == parts


def test_hostile_patterns_are_quick() -> None:
    """Many stars against a long name that does not match must not take for ever."""
    assert not Glob("*a" * 40 + "b").matches("a" * 250)
    assert not Glob("**/a/" * 30 + "b").matches("a/" * 200 + "c")


PATHS = st.lists(st.sampled_from(["a", "b", "a.py", "b.py", ".c"]), min_size=1, max_size=4).map("/".join)
PATTERN_PARTS = st.lists(
    st.sampled_from(["a", "*", "**", "*.py", "?", "{a,b}", "[ab]", "[!a]", "a*", "{a,b}.py", ".*"]),
    min_size=1,
    max_size=4,
)


@pytest.mark.skipif(find_ripgrep("", ()) is None, reason="ripgrep is the oracle and is not installed")
@given(st.lists(PATHS, max_size=8), PATTERN_PARTS.map("/".join))
@settings(max_examples=100, deadline=None, derandomize=True)
def test_matches_what_ripgrep_matches(paths: list[str], pattern: str) -> None:
    """The same files as ripgrep lists for the pattern, anchored at the folder."""
    with TemporaryDirectory() as folder:
        for path in paths:
            target = Path(folder) / path
            if not any(above.is_file() for above in target.parents) and not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                target.touch()
        command = [
            str(find_ripgrep("", ())),
            "--no-config",
            "--files",
            "--hidden",
            "--no-ignore",
            f"--glob=/{pattern}",
        ]
        listed = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, check=False
        ).stdout.split()
        everything = [str(path.relative_to(folder)) for path in Path(folder).rglob("*") if path.is_file()]
    assert sorted(path for path in everything if Glob(pattern).matches(path)) == sorted(listed)
