"""Whatever a model hands in, the policies answer: no exception, and no long thought."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given, settings, strategies as st

from gaff.hooks import Action, ActionKind, PermissionMode
from gaff.plugins.builtin.permissions._globs import Glob

if TYPE_CHECKING:
    from .conftest import House as HouseType

from .conftest import House

KINDS: Final[tuple[ActionKind, ...]] = ("read", "write", "delete", "run", "fetch", "use")
MODES: Final[tuple[PermissionMode, ...]] = ("default", "acceptEdits", "plan", "dontAsk", "bypassPermissions")
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=30)
PIECES = st.lists(
    st.sampled_from(["rm", "-rf", "/", "~", "$X/", "..", "cp", "sed", "-i", "s/a/b/", "\0", "\ud800", "a b"]),
    max_size=6,
)

EVERYTHING: Final = {
    "deny": [
        "Bash(x * y)",
        "Read(**/a/**/b)",
        "Edit(~/x)",
        "WebFetch(domain:x.test)",
        "mcp__x",
        "Agent(x)",
        "Skill(x)",
        "*(a:*b*)",
    ],
    "ask": ["Bash(:*)", "Read(z)"],
    "allow": ["Bash(npm *)", "Edit(src/**)", "Read(//opt/**)", "WebFetch(domain:*.y.test)"],
}


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HouseType]:
    """Return a house with rules of every form, whose user is not root."""
    house = House(Path(os.path.realpath(tmp_path_factory.mktemp("house"))))
    house.project.mkdir()
    house.settings(EVERYTHING, defaultMode="bypassPermissions")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "geteuid", lambda: 1000)
        yield house


@settings(deadline=None)  # an empty path is the current directory, which may hold many files
@given(st.sampled_from(KINDS), ANY_TEXT, ANY_TEXT, PIECES, st.sampled_from(MODES), st.booleans())
def test_every_action_gets_an_answer(
    crowded: HouseType,
    kind: ActionKind,
    target: str,
    resolved: str,
    words: list[str],
    mode: PermissionMode,
    understood: bool,
) -> None:
    """No text, path or list of words makes a policy fail, and none is allowed that was not understood."""
    crowded.session.mode = mode
    action = Action(kind, target, resolved, tuple(words), understood=understood)
    for tool in ("Bash", "WebFetch", "Agent", "Skill", "mcp__y__z"):
        verdict = crowded.verdict(action, tool, {"command": target, "skill": target, "a": target})
        assert understood or mode == "bypassPermissions" or verdict != "allow"


LONG: Final = {
    "stars": "rm " + "*" * 50_000 + "x",
    "separators": "a;" * 50_000,
    "distinct": ";".join(f"x{n}" for n in range(30_000)),
    "launchers": "sudo " * 20_000 + "rm x",
    "shells": "sh " * 20_000 + "rm x",
    "substitutions": "rm ${a" * 20_000,
    "dollars": "rm " + "$(" * 50_000,
    "moves": "cd a;" * 20_000 + "rm x",
    "files": "rm " + " ".join(f"d{n}/f" for n in range(10_000)),
    "globs": "x " + "a y" * 30_000,
}


@pytest.mark.parametrize("name", LONG)
@pytest.mark.parametrize("understood", [True, False])
def test_long_commands_do_not_hold_the_shell_up(crowded: HouseType, name: str, understood: bool) -> None:
    """A command of a hundred thousand characters is judged in a moment."""
    text = LONG[name]
    action = Action("run", text, words=tuple(text.split()) if understood else (), understood=understood)
    start = process_time()
    crowded.verdict(action, "Bash", {"command": text})
    assert process_time() - start < 2


@pytest.mark.parametrize("path", ["/a" * 2000, "/" + "a/b/" * 1000, "/" + "x" * 100_000])
def test_long_paths_do_not_hold_the_shell_up(crowded: HouseType, path: str) -> None:
    """So is a path that no file system would take."""
    start = process_time()
    crowded.verdict(Action("read", path, path), "Read")
    assert process_time() - start < 2


def test_more_readings_than_can_be_looked_at_are_denied(crowded: HouseType) -> None:
    """Where a denial might be meant and nobody can tell, it holds."""
    crowded.session.mode = "bypassPermissions"
    assert crowded.verdict(Action("run", LONG["distinct"], understood=False)) == "deny"


@given(st.text(alphabet="ab*", max_size=8), st.text(alphabet="ab", max_size=12))
def test_globs_are_what_they_are_elsewhere(pattern: str, text: str) -> None:
    """``*`` means what it means to the standard library."""
    from fnmatch import fnmatchcase

    assert Glob.of(pattern).matches(text) is fnmatchcase(text, pattern)


def test_a_text_too_long_to_look_through_is_asked_for(house: HouseType) -> None:
    """Where a removal may hide in a text of that length, even bypassPermissions asks."""
    house.settings(defaultMode="bypassPermissions")
    house.session.mode = "bypassPermissions"
    for text, expected in (("x" * 100_000 + "; rm y", "ask"), ("x" * 100_000 + "; ls y", "allow")):
        assert house.verdict(Action("run", text, understood=False)) == expected
    moves = "".join(f"cd d{n}; " for n in range(20))
    action = Action("run", "rm y", words=("rm", "y"))
    assert house.verdict(action, tool_input={"command": moves + "rm y"}) == "ask"
