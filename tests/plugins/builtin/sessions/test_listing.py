"""The session list, and finding a session by what the user typed."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from gaff.hooks import SessionError
from gaff.hooks.values import Json
from gaff.plugins.builtin.sessions.jsonl import JsonlStore

Entry = dict[str, Json]
Plant = Callable[..., Path]
Say = Callable[..., list[Entry]]


@pytest.fixture
def plant(store: JsonlStore, project: Path) -> Plant:
    """Write a transcript of these entries."""

    def put(session_id: str, *entries: Entry, folder: Path = project, modified: float = 1000.0) -> Path:
        path = store.path(session_id, folder)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(json.dumps(entry) + "\n" for entry in entries))
        os.utime(path, (modified, modified))
        return path

    return put


def user(text: str, **fields: Json) -> Entry:
    """Return a user entry."""
    return {"type": "user", "message": {"role": "user", "content": text}, **fields}


def test_newest_comes_first(store: JsonlStore, project: Path, plant: Plant) -> None:
    """Sessions are listed by their last change, no more than asked for."""
    for index in (2, 3, 1):
        plant(f"s{index}", user(f"prompt {index}"), modified=1000.0 + index)
    assert [one.id for one in store.list(project)] == ["s3", "s2", "s1"]
    assert [one.title for one in store.list(project, limit=2)] == ["prompt 3", "prompt 2"]


def test_summary_says_where_and_how_much(store: JsonlStore, project: Path, plant: Plant, say: Say) -> None:
    """A line of the list has the folder, the size, the time and the file."""
    path = plant("s1", *say("hello", "hi"), modified=1234.5)
    (summary,) = store.list(project)
    assert (summary.cwd, summary.size, summary.modified, summary.path) == (
        "/somewhere",
        path.stat().st_size,
        1234.5,
        path,
    )


@pytest.mark.parametrize(
    ("fields", "title"),
    [
        (("customTitle", "aiTitle", "lastPrompt", "summary"), "customTitle"),
        (("aiTitle", "lastPrompt", "summary"), "aiTitle"),
        (("lastPrompt", "summary"), "lastPrompt"),
        (("summary",), "summary"),
        ((), "first prompt"),
    ],
)
def test_best_title_wins(
    store: JsonlStore, project: Path, plant: Plant, fields: tuple[str, ...], title: str
) -> None:
    """The user's own title is best, the first prompt the last resort."""
    plant("s1", *({"type": field, field: field} for field in reversed(fields)), user("first prompt"))
    assert store.list(project)[0].title == title


def test_last_title_wins_wherever_it_stands(store: JsonlStore, project: Path, plant: Plant) -> None:
    """Of two titles the later one counts; one in the first part counts where the end has none."""
    filler = [user("x" * 1000)] * 200
    plant("s1", {"customTitle": "old"}, {"customTitle": "new"}, *filler)
    plant("s2", {"customTitle": "old"}, *filler, {"customTitle": "new"}, user("more"))
    assert {one.title for one in store.list(project)} == {"new"}


@pytest.mark.parametrize(
    "unsaid",
    [
        user("caveat", isMeta=True),
        user("the story so far", isCompactSummary=True),
        user("<local-command-stdout>done</local-command-stdout>"),
        user("[Request interrupted by user]"),
        user("  \n "),
        {
            "type": "user",
            "message": {"content": [{"type": "tool_result", "content": "x"}, {"type": "text", "text": "y"}]},
        },
        {"type": "user", "message": "broken"},
        {"type": "assistant", "message": {"content": [{"type": "text", "text": 'the "user" said'}]}},
        {"type": "file-history-snapshot", "snapshot": {"user": "user"}},
    ],
)
def test_title_is_what_the_user_said(store: JsonlStore, project: Path, plant: Plant, unsaid: Entry) -> None:
    """Entries that the user did not type are no title."""
    plant("s1", unsaid, user("real prompt"))
    assert store.list(project)[0].title == "real prompt"


def test_command_is_a_title_only_without_prompt(store: JsonlStore, project: Path, plant: Plant) -> None:
    """A session that began with a command is named by what was said after it, if anything was."""
    command = user("<command-name>/init</command-name> <command-args></command-args>")
    plant("s1", command)
    plant("s2", command, user("then this"))
    assert {one.id: one.title for one in store.list(project)} == {"s1": "/init", "s2": "then this"}


def test_long_prompt_is_cut(store: JsonlStore, project: Path, plant: Plant) -> None:
    """Titles are one line of at most 200 characters."""
    plant("s1", user("word \n" * 100))
    title = store.list(project)[0].title
    assert title.startswith("word word ")
    assert len(title) <= 201
    assert title.endswith("…")


@pytest.mark.parametrize("text", ["ü" * 100_000, "ab\\cd\n" * 30_000, '{"text":"x"} ' * 20_000])
def test_prompt_longer_than_what_is_read_is_a_title(
    store: JsonlStore, project: Path, plant: Plant, say: Say, text: str
) -> None:
    """A pasted document as first prompt does not hide the session."""
    plant("s1", *say(text))
    assert store.list(project)[0].title.startswith(" ".join(text.split())[:100])


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b'{"type":"permission-mode","mode":"plan"}\n',
        b"\0" * 100,
        b'{"isSidechain":true,"type":"user","message":{"content":"x"}}',
    ],
)
def test_sessions_in_which_nothing_was_said_are_not_listed(
    store: JsonlStore, project: Path, plant: Plant, content: bytes
) -> None:
    """Empty files, metadata alone and sub-agents are no sessions to go back to."""
    plant("s1").write_bytes(content)
    assert store.list(project) == []


def test_list_of_an_unknown_project_is_empty(store: JsonlStore, project: Path) -> None:
    """No folder, no sessions."""
    assert store.list(project) == []


def test_session_is_found_by_unique_prefix(
    store: JsonlStore, project: Path, tmp_path: Path, plant: Plant
) -> None:
    """A few characters are enough; the project's own sessions come before those of others."""
    plant("abc-1", user("mine"))
    plant("abd-2", user("mine too"))
    plant("abc-3", user("another's"), folder=tmp_path)
    plant("xyz-4", user("another's"), folder=tmp_path)
    found = {prefix: store.find(prefix, project) for prefix in ("abc", "abc-3", "xyz", "abc-1", "q", "")}
    ids = {prefix: one.id if one else None for prefix, one in found.items()}
    assert ids == {"abc": "abc-1", "abc-3": "abc-3", "xyz": "xyz-4", "abc-1": "abc-1", "q": None, "": None}


def test_ambiguous_prefix_is_told(store: JsonlStore, project: Path, plant: Plant) -> None:
    """Which one was meant is asked, not guessed; a whole id is never ambiguous."""
    plant("abc", user("one"))
    plant("abcd", user("two"))
    with pytest.raises(SessionError, match="2 sessions begin with ab: abc, abcd"):
        store.find("ab", project)
    found = store.find("abc", project)
    assert found is not None
    assert found.id == "abc"


def test_transcript_of_the_original_product_is_listed_and_read(
    store: JsonlStore, project: Path, plant: Plant
) -> None:
    """Answers split into an entry a block, sidechains and unknown entries are all there."""
    shared: Entry = {"sessionId": "s1", "cwd": "/home/me/app", "version": "2.1.240", "gitBranch": "main"}
    entries: list[Entry] = [
        {"type": "permission-mode", "permissionMode": "default", "sessionId": "s1"},
        {"type": "file-history-snapshot", "messageId": "u1", "snapshot": {"trackedFileBackups": {}}},
        {**user("Fix the tests"), **shared, "uuid": "u1", "parentUuid": None, "isSidechain": False},
        {
            "type": "assistant",
            **shared,
            "uuid": "a1",
            "parentUuid": "u1",
            "message": {"id": "m", "content": []},
        },
        {
            "type": "assistant",
            **shared,
            "uuid": "a2",
            "parentUuid": "a1",
            "message": {"id": "m", "content": []},
        },
        {**user("sub"), **shared, "uuid": "x1", "parentUuid": "a1", "isSidechain": True},
        {"type": "from-the-future", "payload": [1, {"a": None}]},
    ]
    plant("s1", *entries)
    (summary,) = store.list(project)
    assert (summary.title, summary.cwd) == ("Fix the tests", "/home/me/app")
    assert list(store.read("s1", project)) == entries[::-1]
    assert store.unreadable("s1", project) == 0
