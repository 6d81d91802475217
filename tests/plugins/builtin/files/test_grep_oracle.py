"""The search in Python finds what ripgrep finds, on trees and queries made up by hypothesis."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings, strategies as st

from gaff.plugins.builtin.files._python_grep import search
from gaff.plugins.builtin.files._queries import Found, Hit, Query, parse
from gaff.plugins.builtin.files._ripgrep import arguments, find_ripgrep

ENVIRON = {"HOME": "/nowhere"}
RIPGREP = find_ripgrep("", ())

pytestmark = pytest.mark.skipif(RIPGREP is None, reason="ripgrep is the oracle and is not installed")

NAMES = st.sampled_from(["a.py", "b.txt", ".hidden", "sub", "build", "Makefile", "c.PY", "odd name.md"])
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)
LINES = st.lists(st.sampled_from(["foo", "bar foo", "", "FOO", "  x = 1", "été foo", "(foo)"]), max_size=8)
PLAIN = LINES.map("\n".join) | LINES.map(lambda lines: "".join(f"{line}\n" for line in lines))
CONTENTS = PLAIN | LINES.map("\r\n".join)
RULES = st.lists(
    st.sampled_from(
        ["*.txt", "build/", "!a.py", "/sub", "sub/*.py", "**/build", "# no rule", "", "c.PY", "!b.txt"]
    ),
    max_size=4,
).map("\n".join)
TREES = st.dictionaries(PATHS, CONTENTS, max_size=8)
PLAIN_TREES = st.dictionaries(PATHS, PLAIN, max_size=8)
RULE_FILES = st.dictionaries(
    st.sampled_from(
        [
            ".gitignore",
            ".ignore",
            "sub/.gitignore",
            "sub/.rgignore",
            ".git/info/exclude",
            "sub/.git/info/exclude",
        ]
    ),
    RULES,
    max_size=3,
)
PATTERNS = st.sampled_from(
    [
        "foo",
        "^foo$",
        r"fo+\b",
        "(?i)foo",
        r"\w+ foo",
        "o*b",
        r"\s",
        "o(?!o)",
        r"\<bar",
        "[[:upper:]]+",
        ".",
        "é",
        "^$",
    ]
)
SPANNING = st.sampled_from(["foo\\n", "o.*?b", "foo", r"\n\n", r"(?s)f.*x", r"^bar"])
GLOBS = st.lists(
    st.sampled_from(
        ["*.py", "!*.txt", "sub/**", "*.{txt,md}", "build", "!sub", "/a.py", "**/sub/*.py", "[ab].*"]
    ),
    max_size=2,
)


@dataclass(frozen=True)
class Tree:
    """Files to search and the ignore files among them."""

    files: Mapping[str, str]
    rules: Mapping[str, str]

    def build(self, folder: Path) -> None:
        """Make the files; a path that needs a folder where a file is, is left out."""
        for name, content in {".git/HEAD": "foo", "sub/d.py": "foo", **self.files, **self.rules}.items():
            path = folder / name
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content.encode())
            except OSError:
                continue


QUERIES = st.builds(
    Query,
    pattern=PATTERNS,
    folder=st.sampled_from(["", "", "sub"]),
    mode=st.sampled_from(["content", "files_with_matches", "count"]),
    globs=GLOBS.map(tuple),
    type=st.sampled_from(["", "", "py", "md"]),
    ignore_case=st.booleans(),
    only_matching=st.booleans(),
    before=st.integers(0, 2),
    after=st.integers(0, 2),
)


def with_ripgrep(query: Query) -> Found:
    """Search with the oracle."""
    command = [str(RIPGREP), *arguments(query)]
    ended = subprocess.run(command, cwd=query.folder, env=ENVIRON, capture_output=True, check=False)
    return parse(ended.stdout, query.mode)


def with_python(query: Query) -> Found:
    """Search with what is tested."""
    output = io.BytesIO()
    search(query, output, ENVIRON)
    return parse(output.getvalue(), query.mode)


def same(tree: Tree, query: Query) -> None:
    """Both find the same in the tree, whatever the order of files."""
    with TemporaryDirectory() as name:
        folder = Path(name).resolve()
        tree.build(folder)
        placed = replace(query, folder=str(folder / query.folder))
        expected, found = with_ripgrep(placed), with_python(placed)
    assert facts(found) == facts(expected)


def facts(found: Found) -> list[tuple[str, int, list[Hit | None]]]:
    """Return what was found, in the order of paths."""
    return sorted((file.path, file.count, list(file.lines())) for file in found.files)


@given(st.builds(Tree, TREES, RULE_FILES), QUERIES)
@settings(max_examples=120, deadline=None, derandomize=True)
def test_finds_the_same_lines(tree: Tree, query: Query) -> None:
    """Patterns within lines, globs, types, ignore files, context and modes."""
    same(tree, query)


@given(
    st.builds(Tree, PLAIN_TREES, st.just({})), SPANNING, st.sampled_from(["content", "files_with_matches"])
)
@settings(max_examples=50, deadline=None, derandomize=True)
def test_finds_the_same_over_lines(tree: Tree, pattern: str, mode: str) -> None:
    """Patterns that go over line breaks."""
    same(
        tree,
        Query(pattern, "", mode="content" if mode == "content" else "files_with_matches", multiline=True),
    )
