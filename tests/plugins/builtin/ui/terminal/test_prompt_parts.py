"""History, pastes and the words for numbers."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from gaff.plugins.builtin.ui._terminal.history import FileHistory, history_path
from gaff.plugins.builtin.ui._terminal.paste import Pastes
from gaff.plugins.builtin.ui._terminal.words import count, duration, plural, short_path


def test_history_is_private_shared_and_newest_first(tmp_path: Path) -> None:
    """Two shells append to the same file; each prompt comes back once."""
    path = history_path(tmp_path, Path("/some/folder"))
    one, two = FileHistory(path), FileHistory(path)
    for history, text in ((one, "a"), (two, "b\nc"), (one, "a"), (one, "  ")):
        history.store_string(text)
    assert list(two.load_history_strings()) == ["a", "b\nc"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_history_survives_torn_and_foreign_lines(tmp_path: Path) -> None:
    """A line that a crash cut off is skipped, and the next is not glued to it."""
    path = tmp_path / "h.jsonl"
    path.write_bytes(b'nonsense\n["a"]\n{"text": 5}\n{"text": "kept"}\n{"text": "to')
    FileHistory(path).store_string("new")
    assert list(FileHistory(path).load_history_strings()) == ["new", "kept"]


def test_history_that_cannot_be_written_is_only_lost(tmp_path: Path) -> None:
    """The prompt works on."""
    (tmp_path / "file").write_text("")
    history = FileHistory(tmp_path / "file" / "h.jsonl")
    history.store_string("x")
    assert list(history.load_history_strings()) == []


def test_small_pastes_are_text_and_large_ones_are_chips() -> None:
    """By characters or by lines; line ends are made one kind."""
    pastes = Pastes()
    assert pastes.take("a\r\nb\rc") == "a\nb\nc"
    assert pastes.take("x\n" * 40) == "[Pasted text #1 +40 lines]"
    assert pastes.take("y" * 5000) == "[Pasted text #2]"


def test_chips_are_whole_again_when_sent() -> None:
    """Only those that stand for a paste."""
    pastes = Pastes()
    chip = pastes.take("z" * 2000)
    assert pastes.expand(f"see {chip} and [Pasted text #7 +3 lines]") == (
        "see " + "z" * 2000 + " and [Pasted text #7 +3 lines]"
    )


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.4, "0s"), (59.9, "59s"), (61, "1m 01s"), (3600, "1h 00m"), (7265, "2h 01m")]
)
def test_durations(seconds: float, words: str) -> None:
    """Short, and of the same width while they run."""
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("number", "words"), [(7, "7"), (1234, "1.2k"), (999_949, "999.9k"), (2_500_000, "2.5M")]
)
def test_counts(number: int, words: str) -> None:
    """Three digits or so."""
    assert count(number) == words


def test_plural_and_paths(monkeypatch: pytest.MonkeyPatch) -> None:
    """As people write them."""
    monkeypatch.setenv("HOME", "/home/ada")
    assert (plural(1, "match", "matches"), plural(2, "match", "matches")) == ("1 match", "2 matches")
    assert short_path("/home/ada/x/y", Path("/home/ada/x")) == "y"
    assert short_path("/home/ada/x") == "~/x"
    assert short_path("/home/adam") == "/home/adam"
