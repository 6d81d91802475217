"""Read and Edit rules against git itself, their anchors, and the symlinks on the way."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from gaff.hooks import Action
from gaff.plugins.builtin.permissions._patterns import PatternError, compile_pattern, escape_path

if TYPE_CHECKING:
    from .conftest import House

PARTS = ("a", "b", ".env", "src", "a.ts", "b.tsx", "x y")
PATHS = [
    "/".join(parts)
    for parts in (
        (one, *rest)
        for one in PARTS
        for rest in [(), *((two,) for two in PARTS), ("src", "a"), ("a", ".env")]
    )
]
SEGMENTS = st.sampled_from([*PARTS, "*", "**", "*.ts", "?", "[ab]", "[!a]", "a*", r"\a", "*.t[s]x"])
GLOBS = st.lists(SEGMENTS, min_size=1, max_size=4).map("/".join)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an empty git repository that no outer configuration touches."""
    root = tmp_path_factory.mktemp("repository")
    subprocess.run(
        ["git", "init", "-q", str(root)], check=True, env={"PATH": os.environ["PATH"], "HOME": str(root)}
    )
    return root


def ignored(repository: Path, pattern: str) -> set[str]:
    """Return the paths that git takes the pattern for."""
    (repository / ".git" / "info" / "exclude").write_text(pattern + "\n")
    found = subprocess.run(
        ["git", "check-ignore", "--no-index", "--stdin", "-z"],
        cwd=repository,
        input="\0".join(PATHS).encode(),
        capture_output=True,
        env={"PATH": os.environ["PATH"], "HOME": str(repository), "GIT_CONFIG_NOSYSTEM": "1"},
        check=False,
    )
    return {path for path in found.stdout.decode().split("\0") if path}


def matched(pattern: str, *, allows: bool) -> set[str]:
    """Return the paths that the compiled pattern matches."""
    compiled = compile_pattern(pattern, allows=allows, base="/base", home="/home/u")
    return {path for path in PATHS if compiled.regex.search(path)}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(glob=GLOBS)
def test_an_allowance_matches_no_more_than_git(repository: Path, glob: str) -> None:
    """An allow rule matches what ``git check-ignore`` says, but for what lies in folders that a last ``*`` names."""
    expected = ignored(repository, glob)
    found = matched(glob, allows=True)
    assert found == expected or ("*" in glob.rpartition("/")[2] and found < expected)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(glob=GLOBS)
def test_a_denial_matches_no_less_than_git(repository: Path, glob: str) -> None:
    """A deny rule matches all that ``git check-ignore`` says."""
    assert matched(glob, allows=False) >= ignored(repository, glob)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(glob=GLOBS)
def test_an_anchored_pattern_is_gits(repository: Path, glob: str) -> None:
    """``/pattern`` is git's anchored pattern; one that allows stops at the folders that a last ``*`` names."""
    expected = ignored(repository, "/" + glob)
    found = matched("/" + glob, allows=True)
    assert found == expected or ("*" in glob.rpartition("/")[2] and found < expected)
    assert matched("/" + glob, allows=False) == expected


@given(glob=GLOBS)
def test_the_short_way_is_the_expressions(glob: str) -> None:
    """Where a denial is of a mere name, looking for the name finds what its expression finds."""
    compiled = compile_pattern(glob, allows=False, base="/base", home="/home/u")
    if compiled.part:
        for path in PATHS:
            assert (compiled.part in f"/{path}/") is (compiled.regex.search(f"{path}/") is not None)


@pytest.mark.parametrize(
    ("specifier", "anchors"),
    [
        ("//etc/x", ("/",)),
        ("~/x", ("/home/u",)),
        ("~", ("/home/u",)),
        ("/x", ("/base/of/level",)),
        ("x/y", None),
        ("./x", None),
        ("//etc/../x", ("/",)),
        ("/../x", ("/base/of",)),
    ],
)
def test_anchors(specifier: str, anchors: tuple[str, ...] | None) -> None:
    """Every documented beginning has its anchor."""
    found = compile_pattern(specifier, allows=False, base="/base/of/level", home="/home/u")
    assert found.anchors == anchors


@pytest.mark.parametrize("specifier", ["!x", "", "/", "//", "./", "~nobody-of-that-name/x", "**/../x"])
def test_patterns_that_allow_nothing(specifier: str) -> None:
    """A pattern that can mean nothing sensible is refused, not taken for everything."""
    with pytest.raises(PatternError):
        compile_pattern(specifier, allows=True, base="/base", home="/home/u")


@given(st.text(alphabet="ab*?[]\\!# /.", min_size=1, max_size=12))
def test_escaped_paths_match_themselves(name: str) -> None:
    """A path saved from a dialog is matched by its rule."""
    path = os.path.normpath("/" + name)[1:].lstrip("/")
    if path:
        compiled = compile_pattern("//" + escape_path(path), allows=True, base="/b", home="/h")
        assert compiled.regex.search(path)
        assert not compiled.regex.search("other/" + path)


# Links, folders, spellings: through the gate.


def test_deny_holds_for_the_link_and_for_what_it_leads_to(house: House) -> None:
    """A denied name is denied as a link, behind a link, and in the middle of a chain."""
    house.settings(deny=["Read(.env)", "Read(~/.ssh/**)"])
    (house.project / "link").symlink_to(house.project / ".env")
    (house.project / ".env").symlink_to(house.project / "plain")
    (house.project / "key").symlink_to(house.user / ".ssh" / "id")
    assert house.verdict(house.file("read", "link"), "Read") == "deny"
    assert house.verdict(house.file("read", ".env"), "Read") == "deny"
    assert house.verdict(house.file("read", "key"), "Read") == "deny"
    assert house.verdict(house.file("read", "plain"), "Read") == "allow"


def test_a_denied_edit_holds_for_links_and_what_they_lead_to(house: House) -> None:
    """An Edit denial is no easier to walk round than a Read denial."""
    house.settings(deny=["Edit(*.lock)"], allow=["Edit"])
    (house.project / "a.lock").symlink_to(house.project / "a")
    (house.project / "b").symlink_to(house.project / "b.lock")
    assert house.verdict(house.file("write", "a.lock"), "Write") == "deny"
    assert house.verdict(house.file("write", "b"), "Write") == "deny"
    assert house.verdict(house.file("write", "a"), "Write") == "allow"


def test_deny_holds_behind_a_linked_folder(house: House) -> None:
    """A folder's link does not hide the denied name in it."""
    house.settings(deny=["Read(secrets/**)"])
    (house.project / "secrets").mkdir()
    (house.project / "harmless").symlink_to(house.project / "secrets")
    assert house.verdict(house.file("read", "harmless/x"), "Read") == "deny"


def test_allow_needs_the_link_and_what_it_leads_to(house: House) -> None:
    """An allowed folder does not allow what a link in it leads to."""
    house.settings(allow=["Edit(src/**)"])
    (house.project / "src").mkdir()
    (house.project / "src" / "out").symlink_to(house.user)
    (house.project / "src" / "in").symlink_to(house.project / "src" / "a.py")
    assert house.verdict(house.file("write", "src/out/x"), "Write") == "ask"
    assert house.verdict(house.file("write", "src/in"), "Write") == "allow"


def test_reads_through_a_link_out_are_asked_for(house: House) -> None:
    """A link inside the project does not bring the outside in, nor a new file below one."""
    (house.project / "out").symlink_to(house.user)
    assert house.verdict(house.file("read", "out"), "Read") == "ask"
    assert house.verdict(house.file("read", "out/new/file"), "Read") == "ask"


def test_a_link_outside_is_not_deleted_as_what_it_leads_to(house: House) -> None:
    """``rm outside/link`` removes the link outside, wherever it leads."""
    (house.user / "link").symlink_to(house.project / "a")
    house.session.mode = "acceptEdits"
    assert house.verdict(house.file("delete", str(house.user / "link")), "DeleteFile") == "ask"
    assert house.verdict(house.run("rm ../user/link")) == "ask"


def test_copying_a_tree_onto_one_may_write_through_its_links(house: House) -> None:
    """``cp -r`` is unasked only where nothing is there yet."""
    house.session.mode = "acceptEdits"
    (house.project / "there").mkdir()
    (house.project / "a").mkdir()
    assert house.verdict(house.run("cp -r a new")) == "allow"
    assert house.verdict(house.run("cp -r a there")) == "allow"
    (house.project / "there" / "a").mkdir()
    assert house.verdict(house.run("cp -r a there")) == "ask"


def test_a_project_reached_through_a_link(house: House, tmp_path: Path) -> None:
    """Rules and folders hold under both names of a project."""
    (house.user / "work").symlink_to(house.project)
    house.session.project_dir = house.session.cwd = house.user / "work"
    house.settings(deny=["Read(.env)"], allow=["Edit(src/**)"])
    for start in (house.user / "work", house.project):
        assert house.verdict(house.file("read", str(start / ".env")), "Read") == "deny"
        assert house.verdict(house.file("read", str(start / "a")), "Read") == "allow"
        assert house.verdict(house.file("write", str(start / "src/a")), "Write") == "allow"


def test_moving_does_not_lift_a_denial_nor_stretch_an_allowance(house: House) -> None:
    """Denials hold at the start and at the present folder; allowances only at the start."""
    (house.project / "sub").mkdir()
    house.settings(deny=["Read(keys/x)"], allow=["Edit(src/**)"])
    house.session.cwd = house.project / "sub"
    assert house.verdict(house.file("read", "keys/x"), "Read") == "deny"
    assert house.verdict(house.file("read", "sub/keys/x"), "Read") == "deny"
    assert house.verdict(house.file("write", "src/a"), "Write") == "allow"
    assert house.verdict(house.file("write", "sub/src/a"), "Write") == "ask"


def test_a_folders_pattern_allows_reading_the_folder_but_no_file_of_its_name(house: House) -> None:
    """``notes/**`` lets the folder be listed or searched; a file called ``notes`` is another matter."""
    house.settings(allow=["Read(~/notes/**)", "Read(~/file/**)"])
    (house.user / "notes").mkdir()
    (house.user / "file").write_text("")
    assert house.verdict(house.file("read", str(house.user / "notes")), "Grep") == "allow"
    assert house.verdict(house.file("read", str(house.user / "file")), "Read") == "ask"


def test_copying_onto_a_link_in_a_folder(house: House) -> None:
    """Where the target is a folder, the file of the same name in it is what is written."""
    (house.project / "there").mkdir()
    (house.project / "there" / "a").symlink_to(house.user / "outside")
    house.session.mode = "acceptEdits"
    assert house.verdict(house.run("cp b there")) == "allow"
    assert house.verdict(house.run("cp a there")) == "ask"
    assert house.verdict(house.run("cp -- -T a there")) == "ask"


def test_copying_by_a_long_option(house: House) -> None:
    """``--recursive`` is ``-r``."""
    (house.project / "there").mkdir()
    house.session.mode = "acceptEdits"
    assert house.verdict(house.run("cp --recursive a there")) == "allow"
    (house.project / "there" / "a").mkdir()
    assert house.verdict(house.run("cp --recursive a there")) == "ask"


def test_twins_of_a_denied_name(house: House) -> None:
    """A denied name is denied in both Unicode forms; an allowed one only as written."""
    house.settings(deny=["Read(caf\u00e9.key)"], allow=["Edit(caf\u00e9.txt)"])
    assert house.verdict(house.file("read", "cafe\u0301.key"), "Read") == "deny"
    assert house.verdict(house.file("write", "caf\u00e9.txt"), "Write") == "allow"
    assert house.verdict(house.file("write", "cafe\u0301.txt"), "Write") == "ask"


def test_line_breaks_in_names(house: House) -> None:
    """A line break neither ends a denial nor slips into an allowance."""
    house.settings(deny=["Read(.env)"], allow=["Edit(a)"])
    assert house.verdict(house.file("read", "x\ny/.env"), "Read") == "deny"
    assert house.verdict(house.file("write", "a\n"), "Write") == "ask"


@pytest.mark.parametrize(
    "name", [".g\u200cit/config", ".git./config", ".git::$DATA/x", "\uff0egit/config", ".GIT/HOOKS/x"]
)
def test_other_spellings_of_protected_names(house: House, name: str) -> None:
    """What some file system takes for ``.git`` is protected as ``.git``."""
    house.session.mode = "acceptEdits"
    assert house.verdict(house.file("write", name), "Write") == "ask"


def test_a_protected_file_behind_a_link(house: House) -> None:
    """A harmless name that leads to a protected file is protected."""
    (house.project / ".git").mkdir()
    (house.project / "notes").symlink_to(house.project / ".git" / "config")
    house.session.mode = "acceptEdits"
    assert house.verdict(house.file("write", "notes"), "Write") == "ask"


def test_links_are_followed_where_the_tool_did_not(house: House) -> None:
    """An action that does not say where its path leads is judged by where it leads."""
    (house.project / "out").symlink_to(house.user)
    (house.project / "hooks").symlink_to(house.project / ".git" / "hooks")
    house.settings(deny=["Read(~/.ssh/**)"])
    house.session.mode = "acceptEdits"
    target = str(house.project / "out" / ".ssh" / "id")
    assert house.verdict(Action("read", target), "Read") == "deny"
    assert house.verdict(Action("read", str(house.project / "out" / "x")), "Read") == "ask"
    assert house.verdict(Action("write", str(house.project / "out" / "x")), "Write") == "ask"
    assert house.verdict(Action("write", str(house.project / "hooks" / "x")), "Write") == "ask"
    assert house.verdict(Action("write", str(house.project / "x")), "Write") == "allow"
