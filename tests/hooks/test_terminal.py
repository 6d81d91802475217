"""What may be sent to the user's terminal."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, strategies as st

from gaff.hooks import TerminalSequence
from gaff.hooks.terminal import LONGEST_SEQUENCE

ALLOWED = [
    "\x07",
    "\x1b]0;gaff\x07",
    "\x1b]2;gaff: tests are green ✓\x1b\\",
    "\x1b]2;\x07",
    "\x1b]9;done\x07\x07",
    "\x1b]9;3 tests failed\x07",
    "\x1b]9;4;1;50\x07",
    "\x1b]99;i=1:d=0;Hello\x1b\\\x1b]99;i=1:p=body;World\x1b\\",
    "\x1b]777;notify;gaff;done; all of it\x07",
]
REFUSED = [
    "",
    "text",
    "\x1b[2J",
    "\x1bc",
    "\x1b]0;unterminated",
    "\x1b]0;title\x07and text",
    "\x1b]52;c;ZWNobwo=\x07",
    "\x1b]8;;https://example.org\x07",
    "\x1b]1337;File=:AA==\x07",
    "\x1b]10;red\x07",
    "\x1b]00;title\x07",
    "\x1b]0title\x07",
    "\x1b]0;a\x1b[2Jb\x07",
    "\x1b]0;two\nlines\x07",
    "\x1b]0;eight bits\x9c\x07",
    "\x9d0;title\x07",
    "\x1b]0;\u202eeltit\x07",
    "\x1b]9;6;a macro\x07",
    "\x1b]9;12\x07",
    "\x1b]9;4;1;x\x07",
    "\x1bP$q\x1b\\",
    "\x1b]0;" + "x" * LONGEST_SEQUENCE + "\x07",
]


@pytest.mark.parametrize("sequence", ALLOWED)
def test_titles_notifications_and_the_bell_are_let_through(sequence: str) -> None:
    """As they are, one or several."""
    assert TerminalSequence(sequence).sequence == sequence


@pytest.mark.parametrize("sequence", REFUSED)
def test_anything_else_is_refused(sequence: str) -> None:
    """Whole: there is no half of a sequence that is known to be harmless."""
    with pytest.raises(ValueError, match=r"may hold|has more than"):
        TerminalSequence(sequence)


NOISE = ["\x1b]", "\x1b", "\x07", "\\", "[2J", "\x9b", "\n", "a", "é", ";"]
COMMAND = st.tuples(
    st.sampled_from(["0", "1", "2", "9", "99", "777", "52", "8", "4"]),
    st.text(st.sampled_from("a;é4\x9c\n"), max_size=3),
    st.sampled_from(["\x07", "\x1b\\", ""]),
).map(lambda parts: f"\x1b]{parts[0]};{parts[1]}{parts[2]}")


@given(st.lists(COMMAND | st.sampled_from(NOISE), min_size=1, max_size=3))
def test_what_is_let_through_is_only_what_is_listed(pieces: list[str]) -> None:
    """Read by another reader: between bells stand sequences of listed numbers, without control characters."""
    text = "".join(pieces)
    try:
        sent = TerminalSequence(text).sequence
    except ValueError:
        return
    for piece in filter(None, re.split(r"\x07|\x1b\\", sent)):
        number, separator, rest = piece.removeprefix("\x1b]").partition(";")
        assert piece.startswith("\x1b]")
        assert number in {"0", "1", "2", "9", "99", "777"}
        assert separator
        assert not any(ord(character) < 32 or 127 <= ord(character) < 160 for character in rest)
    assert sent.endswith(("\x07", "\x1b\\"))
