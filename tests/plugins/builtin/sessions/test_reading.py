"""Reading backwards: everything that can be read, nothing that cannot, and how much that was."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from gaff.hooks import SessionError
from gaff.hooks.values import Json
from gaff.plugins.builtin.sessions.jsonl import JsonlStore

Plant = Callable[[bytes], None]
DEEP = b"[" * 100_000


@pytest.fixture
def plant(store: JsonlStore, project: Path, session_id: str) -> Plant:
    """Put bytes where the transcript is."""

    def put(content: bytes) -> None:
        path = store.path(session_id, project)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    return put


def test_last_entry_comes_first(store: JsonlStore, project: Path, session_id: str, plant: Plant) -> None:
    """Entries come from the last to the first, blank lines passed over."""
    plant(b'{"n":1}\n\n{"n":2}\r\n{"n":3}')
    assert list(store.read(session_id, project)) == [{"n": 3}, {"n": 2}, {"n": 1}]
    assert store.unreadable(session_id, project) == 0


@pytest.mark.parametrize(
    "line",
    [b'{"torn', b"[1]", b'"text"', b"null", b"\xff\xfe", b"{}{}", DEEP, b'{"a":' + DEEP, b"\0" * 300],
    ids=["torn", "list", "text", "null", "bytes", "glued", "deep", "deep object", "nuls"],
)
def test_unreadable_line_is_skipped_and_counted(
    store: JsonlStore, project: Path, session_id: str, plant: Plant, line: bytes
) -> None:
    """One bad line costs one line, and is told."""
    plant(b'{"n":1}\n' + line + b'\n{"n":2}\n')
    assert list(store.read(session_id, project)) == [{"n": 2}, {"n": 1}]
    assert store.unreadable(session_id, project) == 1


def test_count_is_that_of_the_last_read(
    store: JsonlStore, project: Path, session_id: str, plant: Plant
) -> None:
    """Reading twice does not count twice."""
    plant(b'{"n":1}\noops\n')
    for _ in range(2):
        assert list(store.read(session_id, project)) == [{"n": 1}]
    assert store.unreadable(session_id, project) == 1


def test_nuls_over_line_ends_cost_only_what_they_cover(
    store: JsonlStore, project: Path, session_id: str, plant: Plant
) -> None:
    """After a power failure the records on both sides of the lost block are there."""
    plant(b'{"n":1}\n{"n":2}' + b"\0" * 700 + b'{"n":4}\n{"n":5}\n')
    assert [entry["n"] for entry in store.read(session_id, project)] == [5, 4, 2, 1]
    assert store.unreadable(session_id, project) == 1


def test_bad_bytes_in_a_text_do_not_cost_the_entry(
    store: JsonlStore, project: Path, session_id: str, plant: Plant
) -> None:
    """An entry whose JSON is whole is read even where its text is not UTF-8."""
    plant(b'{"text":"caf\xe9"}\n')
    assert list(store.read(session_id, project)) == [{"text": "caf\ufffd"}]


def test_missing_session_is_told_before_anything_is_read(store: JsonlStore, project: Path) -> None:
    """The error comes from the call, not from the first entry."""
    with pytest.raises(SessionError, match="there is no session abc in "):
        store.read("abc", project)


def test_every_cut_of_a_transcript_is_readable(
    store: JsonlStore, project: Path, session_id: str, plant: Plant, say: Callable[..., list[dict[str, Json]]]
) -> None:
    """Cut after any byte, a transcript gives all its whole entries, and takes the next one."""
    entries = say("über", "schön 😀", "weiter")
    lines = [json.dumps(entry, ensure_ascii=False).encode() + b"\n" for entry in entries]
    whole = b"".join(lines)
    for cut in range(1, len(whole) + 1):
        plant(whole[:cut])
        ends = [len(b"".join(lines[: index + 1])) - 1 for index in range(len(lines))]
        expected = [entry for entry, end in zip(entries, ends, strict=True) if end <= cut]
        assert list(store.read(session_id, project)) == expected[::-1]
        writer = store.open(session_id, project)
        writer.append({"next": cut})
        writer.close()
        store.path(session_id, project).read_text("utf-8")
        assert list(store.read(session_id, project)) == [{"next": cut}, *expected[::-1]]


@settings(max_examples=40)
@given(sizes=st.lists(st.integers(0, 3 * 256 * 1024), max_size=8))
def test_lines_of_any_length_come_back(tmp_path_factory: pytest.TempPathFactory, sizes: list[int]) -> None:
    """Where lines lie against the pieces the file is read in makes no difference."""
    home = tmp_path_factory.mktemp("home")
    store = JsonlStore(home)
    entries: list[dict[str, Json]] = [{"n": index, "t": "x" * size} for index, size in enumerate(sizes)]
    writer = store.open("s", home)
    for entry in ({"n": -1}, *entries):
        writer.append(entry)
    writer.close()
    assert list(store.read("s", home)) == [*entries[::-1], {"n": -1}]


def test_abandoned_read_closes_the_file(
    store: JsonlStore, project: Path, session_id: str, plant: Plant
) -> None:
    """A resume that has what it needs stops reading and leaves nothing open."""
    plant(b'{"n":1}\n{"n":2}\n')
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(20):
        assert next(store.read(session_id, project)) == {"n": 2}
    assert len(list(Path("/proc/self/fd").iterdir())) == before
