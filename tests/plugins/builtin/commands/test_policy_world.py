"""The world in which cases are judged: what ``os`` says of it, held to what it says of a real one."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from gaff.plugins.builtin.commands._policy.world import World, inhabited

NAMES = st.sampled_from(["a", "b", "c"])
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)
TARGETS = st.lists(st.one_of(NAMES, st.just("..")), min_size=1, max_size=4).map("/".join)
ASKED = st.lists(st.one_of(NAMES, st.sampled_from(["..", "."])), min_size=1, max_size=6).map("/".join)


@pytest.fixture
def at_home() -> Iterator[None]:
    """A world with a home, a link out of it, and a file."""
    world = World(["/home/user/project"], {"/home/user/project/out": "/etc"}, ["/home/user/project/.env"])
    with inhabited(world, {"HOME": "/home/user"}):
        yield


@settings(max_examples=150, deadline=None)
@given(links=st.dictionaries(PATHS, TARGETS, max_size=4), asked=ASKED)
def test_paths_lead_where_they_would_on_a_disk(
    tmp_path_factory: pytest.TempPathFactory, links: dict[str, str], asked: str
) -> None:
    """Chains, circles and ``..`` behind links included."""
    root = os.path.realpath(tmp_path_factory.mktemp("world"))
    made: dict[str, str] = {}
    for link, target in links.items():
        path = Path(root, link)
        if any(str(path).startswith(f"{one}/") or one.startswith(f"{path}/") for one in made):
            continue  # a link and a folder of one name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(target)
        made[str(path)] = target
    path = os.path.join(root, asked)
    real = os.path.realpath(path)
    with inhabited(World([root], made), {}):
        assert os.path.realpath(path) == real


def test_everything_that_looks_sees_the_same(at_home: None) -> None:
    """pathlib, glob and walk stand on the same functions."""
    assert Path("~").expanduser() == Path("/home/user")
    assert sorted(glob.glob("/home/user/project/*", include_hidden=True)) == [
        "/home/user/project/.env",
        "/home/user/project/out",
    ]
    assert next(iter(os.walk("/home/user/project")))[1:] == (["out"], [".env"])
    assert Path("/home/user/project/.env").is_file()
    assert Path("/home/user/project/out").resolve() == Path(os.path.realpath("/etc"))
    assert not Path("/home/user/project/else").exists()
    assert os.access("/home/user/project", os.R_OK)
    assert not os.access("/home/user/nothing", os.R_OK)


def test_what_is_really_there_is_not_seen(tmp_path: Path) -> None:
    """Neither a folder's real content, nor what lies beside it."""
    (tmp_path / "real").mkdir()
    with inhabited(World([str(tmp_path)], {}), {}):
        assert os.listdir(tmp_path) == []
        assert not (tmp_path / "real").exists()
    assert os.listdir(tmp_path) == ["real"]


def test_programs_of_the_system_are_found(at_home: None) -> None:
    """A command is judged by what it would run."""
    assert os.path.exists("/bin/sh")
    assert "sh" in os.listdir("/bin/")


def test_a_world_ends_with_its_case() -> None:
    """Whatever happens in it: functions and variables are what they were."""
    before = (os.stat, os.scandir, os.environ.get("HOME"), os.environ.get("GAFF_NEW"))
    with pytest.raises(RuntimeError), inhabited(World(["/x"], {}), {"HOME": "/x", "GAFF_NEW": "1"}):
        raise RuntimeError
    assert (os.stat, os.scandir, os.environ.get("HOME"), os.environ.get("GAFF_NEW")) == before
