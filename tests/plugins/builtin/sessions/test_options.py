"""Which session the command line means."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from gaff.hooks import SessionError, UsageError
from gaff.hooks.session import Kernel
from gaff.plugins.builtin.sessions.options import Opening, opening
from gaff.start import Start, start
from gaff.testing.workspace import Workspace

FIRST = "11111111-2222-4333-8444-555555555555"
SECOND = "22222222-2222-4333-8444-555555555555"
LETTERS = "abcdefab-2222-4333-8444-555555555555"
NEW = "33333333-2222-4333-8444-555555555555"
SESSIONS = [(LETTERS, "Tidy up"), (FIRST, "Fix the tests"), (SECOND, "Write docs")]

Begin = Callable[..., Kernel]


@pytest.fixture
def begin(workspace: Workspace) -> Begin:
    """Start a kernel with these options in a project with three sessions, the later the later in the list."""

    def start_kernel(*arguments: str) -> Kernel:
        kernel = start(Start(arguments, workspace.environ, workspace.project))
        for number, (identity, title) in enumerate(SESSIONS):
            path = kernel.session_store().path(identity, workspace.project)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps({"type": "custom-title", "customTitle": title}) + "\n")
            os.utime(path, (number, number))
        return kernel

    return start_kernel


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        ((), Opening()),
        (("--continue",), Opening(SECOND)),
        (("-c",), Opening(SECOND)),
        (("--resume", FIRST), Opening(FIRST)),
        (("-r", "1111"), Opening(FIRST)),
        (("--resume", LETTERS.upper()), Opening(LETTERS)),
        (("--resume", "Fix the tests"), Opening(FIRST)),
        (("--resume",), Opening(choose=True)),
        (("--continue", "--fork-session"), Opening(SECOND, fork=True)),
        (("--resume", FIRST, "--fork-session", "--session-id", NEW), Opening(FIRST, True, NEW)),
        (("--session-id", NEW), Opening(session_id=NEW)),
    ],
)
def test_options_name_a_session(begin: Begin, arguments: tuple[str, ...], wanted: Opening) -> None:
    """By id, beginning of an id or title; the latest; a fork; a new one of a given id."""
    assert opening(begin(*arguments)) == wanted


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--continue", "--resume", FIRST), "name two sessions"),
        (("--fork-session",), "add --continue or --resume"),
        (("--continue", "--session-id", NEW), "add --fork-session"),
        (("--session-id", FIRST), f"there is such a session; use --resume {FIRST}"),
    ],
)
def test_contradictions_are_refused(begin: Begin, arguments: tuple[str, ...], message: str) -> None:
    """Options that cannot both be meant are not guessed at."""
    with pytest.raises(UsageError, match=message):
        opening(begin(*arguments))


def test_unknown_session_is_told(begin: Begin) -> None:
    """A name that no session has starts none."""
    with pytest.raises(SessionError, match="there is no session 'nope'"):
        opening(begin("--resume", "nope"))


def test_title_of_two_sessions_is_told(begin: Begin, workspace: Workspace) -> None:
    """Which one was meant is asked, with their ids."""
    kernel = begin("--resume", "Write docs")
    path = kernel.session_store().path(NEW, workspace.project)
    path.write_text('{"type":"custom-title","customTitle":"Write docs"}\n')
    with pytest.raises(SessionError, match="2 sessions are called 'Write docs': ") as refused:
        opening(kernel)
    assert SECOND in str(refused.value)


def test_nothing_to_continue_is_told(workspace: Workspace, tmp_path: Path) -> None:
    """A folder without sessions has no latest one."""
    kernel = start(
        Start(["--continue"], workspace.environ | {"GAFF_HOME": str(tmp_path / "empty")}, workspace.project)
    )
    with pytest.raises(SessionError, match="to continue; start one without --continue"):
        opening(kernel)
