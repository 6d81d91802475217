"""What is said of a file's structure."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, strategies as st

from gaff.plugins.builtin.models._offline.outline import READERS, describe, first_paragraph, outline

PYTHON = '''"""Loads things.

And more.
"""
import os.path
from .load import load

LIMIT = 3


class Box(dict):
    """A box."""

    async def open(self, *, deep: bool = False) -> None:
        """Open it."""


def main(argv):
    pass


if __name__ == "__main__":
    main([])
'''

#: File, text, and the lines at which something is defined, with what stands there.
DEFINITIONS = [
    ("a.py", PYTHON, [(8, "LIMIT"), (11, "class Box(dict)"), (14, "async def open"), (18, "def main(argv)")]),
    ("broken.py", "def f(:\n  class A: pass\nclass B\n", [(1, "def f"), (2, "class A"), (3, "class B")]),
    ("a.md", "# One\n\n```\n# no\n```\n\n## Two ##\n", [(1, "One"), (7, "Two")]),
    (
        "a.json",
        '{"name": "x",\n "list": [1, 2],\n "deep": {"er": 1}}',
        [(1, "name"), (2, "list of 2"), (3, "deep"), (3, "er")],
    ),
    (
        "a.toml",
        '[project]\nname = "x"\n\n[tool.ruff]\n',
        [(1, "project"), (2, "name"), (4, "tool"), (4, "ruff")],
    ),
    ("a.yaml", "name: x\non:\n  push:\n", [(1, "name"), (2, "on")]),
    ("a.ini", "[one]\nx = 1\n[two]\n", [(1, "[one]"), (3, "[two]")]),
    ("a.sh", "#!/bin/sh\n# Does it.\nf() {\n}\nfunction g {\n}\n", [(3, "f()"), (5, "function g")]),
    ("tool", "#!/usr/bin/env bash\nf() {\n}\n", [(2, "f()")]),
    (
        "a.js",
        "import x from 'y'\nexport function f(a) {}\nclass A extends B {}\nconst g = async (x) => 1\n",
        [(2, "function f(a)"), (3, "class A"), (4, "const g")],
    ),
    (
        "a.ts",
        "export interface I {\n}\nexport type T = string\nenum E {}\n",
        [(1, "interface I"), (3, "type T"), (4, "enum E")],
    ),
    (
        "a.rs",
        "pub struct S {\n}\nimpl S {\n    pub fn f(&self) -> u8 {\n}\n}\n",
        [(1, "pub struct S"), (3, "impl S"), (4, "pub fn f")],
    ),
    ("a.go", "type T struct {\n}\nfunc (t T) F() {\n}\n", [(1, "type T struct"), (3, "func (t T) F()")]),
    (
        "a.java",
        "public class A {\n    private int f(int x) {\n",
        [(1, "public class A"), (2, "private int f(int x)")],
    ),
    ("a.c", "#include <stdio.h>\nint main(void)\n{\n  return f(x);\n}\n", [(2, "int main(void)")]),
    ("a.rb", "class A\n  def f(x)\n", [(1, "class A"), (2, "def f(x)")]),
    ("a.sql", "CREATE TABLE t (\n", [(1, "CREATE TABLE t")]),
]


@pytest.mark.parametrize(("path", "text", "expected"), DEFINITIONS, ids=[path for path, _, _ in DEFINITIONS])
def test_definitions(path: str, text: str, expected: list[tuple[int, str]]) -> None:
    """Each definition is found at its line."""
    found = outline(path, text).definitions
    assert [line for line, _, _ in found] == [line for line, _ in expected]
    assert all(part in shown for (_, part), (_, shown, _) in zip(expected, found, strict=True))


def test_python_in_full() -> None:
    """The docstring, the imports and that it can be run are told."""
    text = describe("a.py", PYTHON, 24)
    assert "In its own words: Loads things." in text
    assert "Uses: `os.path`, `.load`" in text
    assert "  - `a.py:14` `async def open(self, *, deep: bool=False)`: Open it." in text
    assert "can be run as a program" in text
    assert "do not understand" in text


@pytest.mark.parametrize("name", ["a.json", "a.toml", "a.py"])
def test_broken_files(name: str) -> None:
    """What does not parse is said not to."""
    assert any("does not parse" in note for note in outline(name, "{[(").notes)


def test_part_of_a_file() -> None:
    """It is said when not all of it could be looked at."""
    assert "Only the first 2 lines" in describe("a.txt", "a\nb", 9)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("# Title\n\n[![badge](x)](y)\n\nFirst *words*\nof it.\n\nMore.", "First *words* of it."),
        ("---\ntitle: x\n---\n<p>html</p>\n\nWords.", "Words."),
        ("Title\n=====\n\nWords.", "Title"),
        ("# Only a title", ""),
    ],
)
def test_first_paragraph(text: str, words: str) -> None:
    """Titles, badges and markup are passed over."""
    assert first_paragraph(text) == words


@given(
    st.sampled_from(sorted(READERS)),
    st.text(st.characters() | st.sampled_from("{}[]():=\n#'\"` "), max_size=200),
)
def test_nothing_crashes_the_outline(ending: str, text: str) -> None:
    """Any text can be described."""
    assert describe(f"a.{ending}", text, 1)


@pytest.mark.parametrize("ending", [*sorted(READERS), "go", "rs", "java", "c", "rb"])
@pytest.mark.parametrize(
    "piece", ["\n", "<!--", "](", "```\n", '{"a":', "[", "import ", "  .", "#", "at a", "a.b = 1\n"]
)
def test_hostile_files_are_described_quickly(ending: str, piece: str) -> None:
    """The time does not explode with the size."""
    before = time.process_time()
    describe(f"a.{ending}", piece * 20_000, 1)
    assert time.process_time() - before < 2
