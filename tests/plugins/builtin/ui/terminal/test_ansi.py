"""Measuring, cutting and folding by screen cells."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from gaff.plugins.builtin.ui._terminal.ansi import cells, clip, fold, paint, plain, tidy, without_colour, wrap
from gaff.plugins.builtin.ui._terminal.fragments import fragments

LINES = st.text(alphabet=st.sampled_from("ab 漢é👍"), max_size=60)


@given(LINES, st.integers(2, 20))
def test_pieces_fit_and_are_the_whole_line(line: str, width: int) -> None:
    """Nothing is lost where a line is broken, and no piece is too wide."""
    pieces = list(wrap(line, width))
    assert "".join(pieces) == line
    assert all(cells(piece) <= width for piece in pieces)


@given(LINES, st.integers(1, 20))
def test_a_clipped_line_fits(line: str, width: int) -> None:
    """Also with wide characters at the edge."""
    assert cells(clip(line, width)) <= width


def test_clip_says_that_something_is_missing() -> None:
    """An ellipsis where it was cut, and nothing where it was not."""
    assert (clip("abcdef", 4), clip("abcd", 4), clip("a\nb", 9)) == ("abc…", "abcd", "a b")


def test_fold_breaks_at_blanks_and_keeps_the_indent() -> None:
    """A folded command still shows what belongs together."""
    assert fold("  make all && rm x", 12) == ["  make all ", "  && rm x"]


def test_no_colour_keeps_weights_only() -> None:
    """NO_COLOR is about colour; bold helps those who cannot see it."""
    text = "\x1b[1;31mA\x1b[m\x1b[38;5;9mB\x1b[0m\x1b[48;2;1;2;3mC\x1b[m"
    assert without_colour(text) == "\x1b[1mA\x1b[m" + "B\x1b[0m" + "C\x1b[m"


def test_tidy_draws_the_same_in_fewer_bytes() -> None:
    """Painted blanks and blanks at line ends cost bytes and show nothing."""
    assert tidy("\x1b[2m  \x1b[0mx\x1b[1my\x1b[0m  \nz ") == "  x\x1b[1my\x1b[m\nz"


def test_empty_text_is_not_painted() -> None:
    """No codes around nothing."""
    assert paint("", "31") == ""


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("a\x1b[1;36mb\x1b[mc", [("", "a"), ("bold ansicyan", "b"), ("", "c")]),
        ("\x1b[2mx\x1b[1my\x1b[0m", [("dim", "x"), ("dim bold", "y")]),
        ("plain", [("", "plain")]),
    ],
)
def test_colours_become_styles(text: str, pieces: list[tuple[str, str]]) -> None:
    """The live lines look as they will when they are printed."""
    assert list(fragments(text)) == pieces
    assert "".join(piece for _, piece in pieces) == plain(text)
