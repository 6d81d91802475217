"""Collecting output in bounded memory."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from gaff.plugins.builtin.shell._output import Output


def test_little_output_makes_no_file(tmp_path: Path) -> None:
    """What fits stays in memory."""
    output = Output(lambda: tmp_path / "x", 100)
    output.add(b"hello")
    assert (output.text, output.fits(100), output.path) == ("hello", True, None)


def test_much_output_is_all_in_the_file(tmp_path: Path) -> None:
    """Beyond the window the file holds everything from the beginning."""
    output = Output(lambda: tmp_path / "x", 10)
    for number in range(100):
        output.add(b"%04d\n" % number)
    output.close()
    assert (tmp_path / "x").read_bytes() == b"".join(b"%04d\n" % number for number in range(100))
    assert not output.fits(1000)


def test_an_excerpt_has_head_and_tail(tmp_path: Path) -> None:
    """And says how much is left out."""
    output = Output(lambda: tmp_path / "x", 100)
    output.add(b"a" * 100 + b"b" * 1000 + b"c" * 100)
    output.close()
    assert output.excerpt(40) == "a" * 20 + "\n\n... [1,160 bytes left out] ...\n\n" + "c" * 20


def test_a_planted_link_is_not_followed(tmp_path: Path) -> None:
    """The file is made new, or not at all; the output then stays in memory."""
    (tmp_path / "x").symlink_to(tmp_path / "target")
    output = Output(lambda: tmp_path / "x", 1)
    output.add(b"hello")
    assert not (tmp_path / "target").exists()
    assert output.fault.startswith("the output could not all be saved")


def test_a_full_disk_is_said_and_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes after the disk is full is still counted, and its end known."""

    def write(descriptor: int, data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", write)
    output = Output(lambda: tmp_path / "x", 1)
    output.add(b"hello")
    output.add(b"world")
    assert (output.size, output.tail(5)) == (10, "world")
    assert "No space left" in output.fault


@given(st.lists(st.binary(max_size=400), max_size=20))
def test_memory_is_bounded_and_nothing_is_lost(chunks: list[bytes]) -> None:
    """The text in memory is the beginning, the tail the end, however the bytes come in."""
    output = Output(lambda: Path("/nonexistent/x"), 50)
    for chunk in chunks:
        output.add(chunk)
    whole = b"".join(chunks)
    assert output.text == whole[:200].decode("utf-8", "replace").replace("\0", "\ufffd")
    assert output.size == len(whole)
    assert len(output.excerpt(100)) < 200
