"""Properties of edits that hold for any text: nothing changes but what was to be replaced."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings, strategies as st

from gaff.hooks import JsonObject, ToolError
from gaff.hooks.values import list_at, number_at
from gaff.plugins.builtin.files._editing import Replacement, edit_text
from gaff.plugins.builtin.files._encoding import Encoding, PlainText, Text, decode
from gaff.plugins.builtin.files._matching import near_misses
from gaff.plugins.builtin.files._patches import structured_patch

#: Every run tries the same; a busy machine is no failure.
steadily = settings(deadline=None, derandomize=True, max_examples=200)

ENDINGS = st.sampled_from(["\n", "\r\n"])
WORDS = st.sampled_from(["a", "b", "été", "  x", "\t", "aa", "p\rq", ""])
PIECES = st.lists(st.tuples(WORDS, ENDINGS), max_size=12)
MIXED = PIECES.map(lambda pieces: "".join(word + ending for word, ending in pieces))
ENCODINGS = st.sampled_from(
    [
        Encoding(),
        Encoding("utf-8", b"\xef\xbb\xbf"),
        Encoding("utf-16-le", b"\xff\xfe"),
        Encoding("utf-16-be", b"\xfe\xff"),
    ]
)


@steadily
@given(
    MIXED,
    st.integers(0, 40),
    st.integers(1, 10),
    st.sampled_from(["", "new", "two\nlines\n", "two\r\nlines"]),
)
def test_what_is_around_stays_byte_for_byte(content: str, start: int, length: int, new: str) -> None:
    """Before and after the replaced piece everything is as it was, mixed line endings and all."""
    plain = PlainText(content)
    old = plain.plain[start : start + length]
    assume(old and plain.plain.count(old) == 1 and plain.plain.find(old, plain.plain.find(old) + 1) < 0)
    assume(old != new.replace("\r\n", "\n"))
    edited = edit_text(Text(content, Encoding()), Replacement(old, new), "f", known=True)
    begin, end = plain.origin(plain.plain.find(old)), plain.origin(plain.plain.find(old) + len(old))
    assert edited.after.startswith(content[:begin])
    assert edited.after.endswith(content[end:])
    inside = edited.after[begin : len(edited.after) - len(content[end:])]
    assert inside.replace("\r\n", "\n") == new.replace("\r\n", "\n")


@steadily
@given(
    PIECES.map(lambda pieces: [word for word, _ in pieces if "\r" not in word]),
    ENDINGS,
    st.sampled_from(["a", "x"]),
)
def test_one_kind_of_line_ending_stays_one_kind(words: list[str], ending: str, old: str) -> None:
    """A file all in CR LF, or all in LF, is so after an edit that adds lines."""
    content = "".join(word + ending for word in words)
    assume(old in content)
    edited = edit_text(Text(content, Encoding()), Replacement(old, "1\n2", everywhere=True), "f", known=True)
    other = edited.after.replace(ending, "")
    assert "\n" not in other
    assert edited.after.replace("\r\n", "\n").count("1\n2") == content.count(old)


@steadily
@given(MIXED, ENCODINGS)
def test_encodings_come_back(content: str, encoding: Encoding) -> None:
    """What was decoded encodes to the same bytes."""
    data = encoding.encode(content)
    text = decode(data)
    assert (text.content, text.encoding) == (content, encoding)
    assert text.encoding.encode(text.content) == data


@steadily
@given(st.binary(max_size=60))
def test_any_bytes_come_back(data: bytes) -> None:
    """Bytes that are no text by mark or UTF-8 are Latin-1, and none is lost."""
    text = decode(data)
    assert text.encoding.encode(text.content) == data


LINES = st.lists(st.sampled_from(["a", "b", "c", "d", ""]), max_size=30).map("\n".join)


def applied(before: str, patch: list[JsonObject]) -> str:
    """Apply hunks to a text."""
    old = before.split("\n")
    out, position = list[str](), 0
    for hunk in patch:
        start = number_at(hunk, "oldStart") - bool(number_at(hunk, "oldLines"))
        out += old[position:start]
        out += [str(line)[1:] for line in list_at(hunk, "lines") if str(line)[0] in " +"]
        position = start + number_at(hunk, "oldLines")
    return "\n".join(out + old[position:])


@steadily
@given(LINES, LINES)
def test_patches_lead_from_one_text_to_the_other(before: str, after: str) -> None:
    """Hunks applied to the old text give the new one; their counts are right."""
    before, after = f"{before}\n", f"{after}\n"
    patch = structured_patch(before, after)
    assert applied(before, patch) == after
    for hunk in patch:
        lines = [str(line) for line in list_at(hunk, "lines")]
        assert number_at(hunk, "oldLines") == sum(line[0] in " -" for line in lines)
        assert number_at(hunk, "newLines") == sum(line[0] in " +" for line in lines)


@steadily
@given(MIXED, st.text(alphabet="ab \t\nx", min_size=1, max_size=20))
def test_near_misses_never_fail(content: str, old: str) -> None:
    """Whatever was not found, the explanation is text."""
    plain = PlainText(content).plain
    assume(old not in plain)
    assert isinstance(near_misses(plain, old), str)
    with pytest.raises(ToolError, match="old_string is not in f"):
        edit_text(Text(content, Encoding()), Replacement(old, "new"), "f", known=True)


def test_a_patch_of_large_texts_is_quick() -> None:
    """Large texts that differ all over are replaced as a whole, not compared for minutes."""
    before = "".join(f"{'same' if number % 20 > 11 else 'old'} {number}\n" for number in range(20_001))
    (hunk,) = structured_patch(before, before.replace("old", "new"))
    assert number_at(hunk, "oldLines") == 20_001


def test_a_missing_end_of_line_is_marked() -> None:
    """As in unified diffs."""
    (hunk,) = structured_patch("a", "b\n")
    assert list_at(hunk, "lines") == ["-a", "\\ No newline at end of file", "+b"]
