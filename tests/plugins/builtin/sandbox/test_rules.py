"""All files but some, as rules that only add up can say it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gaff.plugins.builtin.sandbox._rules import everything_but


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Folders with files, and a link to what is to be hidden."""
    for name in ("a/b/secret", "a/b/other", "a/c", "d/e"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    (tmp_path / "d/link").symlink_to("../a/b/secret")
    return Path(os.path.realpath(tmp_path))


def covered(tree: Path, *hidden: str) -> list[str]:
    """Return the files of the tree that are below a path of the answer."""
    paths = list(everything_but([str(tree / name) for name in hidden]))
    files = [str(path) for path in tree.rglob("*") if path.is_file() and not path.is_symlink()]
    found = [file for file in files if any(file == path or file.startswith(f"{path}/") for path in paths)]
    return sorted(str(Path(file).relative_to(tree)) for file in found)


@pytest.mark.parametrize(
    ("hidden", "left"),
    [
        (("a/b/secret",), ["a/b/other", "a/c", "d/e"]),
        (("a/b",), ["a/c", "d/e"]),
        (("a", "a/b/secret"), ["d/e"]),
        (("a/b/secret", "d"), ["a/b/other", "a/c"]),
        (("missing/file",), ["a/b/other", "a/b/secret", "a/c", "d/e"]),
    ],
)
def test_exactly_the_hidden_are_left_out(tree: Path, hidden: tuple[str, ...], left: list[str]) -> None:
    """One below another changes nothing, and neither does one that is not there."""
    assert covered(tree, *hidden) == left


def test_links_are_left_out(tree: Path) -> None:
    """What they lead to is covered where it is itself."""
    assert str(tree / "d/link") not in list(everything_but([str(tree / "d/e")]))


def test_nothing_hidden_is_everything() -> None:
    """In one path."""
    assert list(everything_but([])) == ["/"]
