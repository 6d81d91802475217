"""Server-sent events out of bytes."""

from __future__ import annotations

import collections

import pytest
from hypothesis import given, strategies as st

from gaff.plugins.builtin.models._sse import EventReader, EventTooLong

LINES = st.text(st.characters(exclude_characters="\r\n", exclude_categories=("Cs",)), min_size=1)


def read(*pieces: bytes) -> list[bytes]:
    """Return the data of all events in these pieces."""
    reader = EventReader()
    return [data for piece in pieces for data in reader.feed(piece)]


@pytest.mark.parametrize(
    ("stream", "events"),
    [
        (b"data: a\n\n", [b"a"]),
        (b"data:a\n\n", [b"a"]),
        (b"data:  a\n\n", [b" a"]),
        (b"data: a\ndata: b\n\n", [b"a\nb"]),
        (b": comment\ndata: a\n: more\n\n", [b"a"]),
        (b"event: x\nid: 1\nretry: 3\nfoo: bar\ndata: a\n\n", [b"a"]),
        (b"event: x\n\n", []),
        (b"\n\n\ndata: a\n\n\n\n", [b"a"]),
        (b"data: a", []),
        (b"data: a\n", []),
        (b"database: a\n\n", []),
        (b" data: a\n\n", []),
        (b"data: a\x0bb\x85\n\n", [b"a\x0bb\x85"]),
        (b"\xef\xbb\xbfdata: a\n\n\xef\xbb\xbfdata: b\n\n", [b"a"]),
    ],
)
def test_lines_and_fields(stream: bytes, events: list[bytes]) -> None:
    """Only data counts, and only of events that an empty line ends."""
    assert read(stream) == events


@given(
    st.lists(LINES, min_size=1, max_size=5),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.lists(st.integers(1, 40), max_size=8),
)
def test_cuts_and_line_ends_do_not_matter(texts: list[str], newline: str, sizes: list[int]) -> None:
    """However the bytes are cut up, and however lines end, the events are the same."""
    stream = "".join(f"event: e{newline}data: {text}{newline}{newline}" for text in texts).encode()
    pieces: list[bytes] = []
    for size in sizes:
        pieces, stream = [*pieces, stream[:size]], stream[size:]
    assert read(*pieces, stream) == [text.encode() for text in texts]


def test_a_line_end_cut_in_two_is_one() -> None:
    """Carriage return and line feed are one line end, in whichever pieces they come."""
    assert read(b"data: a\r", b"\ndata: b\r", b"", b"\n\r\n") == [b"a\nb"]


@given(st.lists(st.binary(max_size=20), max_size=20))
def test_any_bytes_are_taken(pieces: list[bytes]) -> None:
    """Nothing a server sends makes the reader fail, and the pieces do not matter."""
    assert read(*pieces) == read(b"".join(pieces))


def test_an_unfinished_event_can_be_had() -> None:
    """At the end of the stream the last event is there even if its empty line is not."""
    reader = EventReader()
    assert list(reader.feed(b"data: a\n\ndata: b\ndata: c")) == [b"a"]
    assert reader.flush() == b"b\nc"


@pytest.mark.parametrize("piece", [b"x" * 10, b"data: " + b"x" * 10, b"data: xxxxx\n"])
def test_an_event_without_end_is_refused(piece: bytes) -> None:
    """Neither a line nor an event may grow without end."""
    reader = EventReader(longest=100)
    with pytest.raises(EventTooLong):
        collections.deque((data for _ in range(1000) for data in reader.feed(piece)), maxlen=0)


def test_comments_may_go_on_for_ever() -> None:
    """What is not part of an event does not add up."""
    reader = EventReader(longest=100)
    for _ in range(1000):
        assert not list(reader.feed(b": keep-alive\n"))
