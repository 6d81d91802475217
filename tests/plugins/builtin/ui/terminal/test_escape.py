"""Foreign text never steers the terminal."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, strategies as st

from gaff.plugins.builtin.ui._terminal.escape import EscapeFilter, clean, visible

SEQUENCES = {
    "colour": "\x1b[31m",
    "conceal": "\x1b[8m",
    "cursor up": "\x1b[2A",
    "clear screen": "\x1b[2J",
    "alternate screen": "\x1b[?1049h",
    "mouse": "\x1b[?1003h",
    "scroll region": "\x1b[2;5r",
    "device query": "\x1b[6n",
    "device attributes": "\x1b[>c",
    "soft reset": "\x1b[!p",
    "cursor shape": "\x1b[4 q",
    "title": "\x1b]0;owned\x07",
    "title, ST": "\x1b]2;owned\x1b\\",
    "link": "\x1b]8;;http://evil.test\x1b\\",
    "clipboard": "\x1b]52;c;cm0gLXJm\x07",
    "clipboard, C1": "\x9d52;c;cm0gLXJm\x9c",
    "palette": "\x1b]4;1;rgb:00/00/00\x07",
    "notification": "\x1b]777;notify;a;b\x07",
    "DCS": "\x1bPq#0;2;0;0;0\x1b\\",
    "tmux passthrough": "\x1bPtmux;\x1b\x1b]52;c;eA==\x07\x1b\\",
    "SOS": "\x1bXhidden\x1b\\",
    "PM": "\x1b^hidden\x1b\\",
    "APC": "\x1b_Gf=24\x1b\\",
    "C1 CSI": "\x9b2J",
    "C1 DCS": "\x90q\x9c",
    "full reset": "\x1bc",
    "index": "\x1bD",
    "character set": "\x1b(0",
    "save cursor": "\x1b7",
    "bell": "\x07",
    "backspace": "\b\b\b",
    "shift out": "\x0e",
    "vertical tab": "\x0b",
    "form feed": "\x0c",
    "delete": "\x7f",
    "NUL": "\x00",
    "next line": "\x85",
    "CSI with a control in it": "\x1b[2\x18",
}
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


@pytest.mark.parametrize("sequence", SEQUENCES.values(), ids=SEQUENCES)
def test_a_sequence_leaves_nothing_that_a_terminal_acts_on(sequence: str) -> None:
    """All of it goes, and the text around stays."""
    assert clean(f"before{sequence}after") == "beforeafter"


@pytest.mark.parametrize("sequence", SEQUENCES.values(), ids=SEQUENCES)
def test_cuts_within_a_sequence_change_nothing(sequence: str) -> None:
    """A sequence that arrives character by character is taken out like one that arrives whole."""
    text = f"before{sequence}after\nnext"
    one = EscapeFilter()
    assert "".join(one.feed(character) for character in text) == clean(text)


@given(
    st.text(alphabet=st.sampled_from("a\x1b[]P;0m\x07\\\x9b\x9c\n\r\t é\x18"), max_size=60), st.integers(1, 7)
)
def test_what_is_shown_does_not_depend_on_the_cuts(text: str, size: int) -> None:
    """Any text, cut anywhere, is shown the same, and holds no control character."""
    one = EscapeFilter()
    shown = "".join(one.feed(text[start : start + size]) for start in range(0, len(text), size))
    assert shown == clean(text)
    assert not CONTROLS.search(shown)


def test_an_unfinished_string_hides_one_line_at_most() -> None:
    """A title that never ends does not swallow the rest of the answer."""
    assert clean("a\x1b]0;hidden\nb") == "a\nb"


@pytest.mark.parametrize(
    ("text", "shown"), [("a\r\nb", "a\nb"), ("a\rb", "a\nb"), ("a\tb", "a\tb"), ("50%\r\r\n", "50%\n\n")]
)
def test_line_ends(text: str, shown: str) -> None:
    """A carriage return never overwrites what was shown before."""
    assert clean(text) == shown


def test_text_that_reorders_or_hides_is_named() -> None:
    """Bidi controls, zero width and tag characters are spelt out; emoji joiners are left alone."""
    assert clean("a\u202eb\u200bc\U000e0041") == "a<U+202E>b<U+200B>c<U+E0041>"
    assert clean("👩\u200d💻 ünï") == "👩\u200d💻 ünï"


@pytest.mark.parametrize(
    ("character", "name"),
    [
        ("\u200b", "<U+200B>"),
        ("\u00a0", "<U+00A0>"),
        ("\u202e", "<U+202E>"),
        ("\U000e0041", "<U+E0041>"),
        ("\r", "<U+000D>"),
        ("\x1b", "<U+001B>"),
        ("\t", "<U+0009>"),
        ("\u3164", "<U+3164>"),
        ("\ufe0f", "<U+FE0F>"),
        ("\ud800", "<U+D800>"),
    ],
)
def test_what_is_to_be_judged_shows_every_invisible_character(character: str, name: str) -> None:
    """What runs is what is shown."""
    assert visible(f"rm{character}x") == f"rm{name}x"


def test_a_long_gap_is_told_in_words() -> None:
    """Blanks cannot push the dangerous half of a command out of sight."""
    assert visible("ls" + " " * 300 + "; rm x") == "ls<300 spaces>; rm x"


def test_many_unfinished_sequences_are_quick() -> None:
    """Nothing is quadratic: 400 kB of openers pass in well under the time of a test."""
    assert clean("\x1b]" * 200_000 + "\nend") == "\nend"
