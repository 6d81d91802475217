"""Reads a transcript from its end, so that what a resume needs comes first."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, cast

from gaff.hooks import SessionError
from gaff.hooks.values import JsonObject

_CHUNK: Final = 256 * 1024
#: What a power failure leaves in place of blocks that never reached the disk.
_NULS: Final = re.compile(rb"\0+")


def read_backwards(path: Path, skipped: Callable[[], None]) -> Iterator[JsonObject]:
    """Yield the entries of a transcript from the last to the first.

    ``skipped`` is called for each line that could not be read as a whole.

    Raises:
        SessionError: the file cannot be read.
    """
    try:
        file = os.open(path, os.O_RDONLY)
    except OSError as error:
        raise SessionError(f"cannot read the transcript {path}: {error.strerror}") from error
    try:
        for line in _lines_backwards(file, os.fstat(file).st_size):
            entry = decode(line)
            if entry is not None:
                yield entry
            elif line.strip():
                skipped()
                yield from _salvaged(line)
    except OSError as error:
        raise SessionError(f"cannot read the transcript {path}: {error.strerror}") from error
    finally:
        os.close(file)


def decode(line: bytes) -> JsonObject | None:
    """Return the entry in a line; ``None`` where there is none."""
    try:
        value: object = json.loads(line.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
    return cast("JsonObject", value) if isinstance(value, dict) else None


def _salvaged(line: bytes) -> Iterator[JsonObject]:
    """Yield the whole entries around a run of NULs that took the line ends between them."""
    if b"\0" in line:
        for part in reversed(_NULS.split(line)):
            entry = decode(part) if part else None
            if entry is not None:
                yield entry


def _lines_backwards(file: int, end: int) -> Iterator[bytes]:
    """Yield the lines before ``end``, the last first; in pieces while a line is longer than a chunk."""
    pieces: list[bytes] = []
    while end > 0:
        start = max(0, end - _CHUNK)
        first, *lines = os.pread(file, end - start, start).split(b"\n")
        end = start
        if lines:
            pieces.append(lines.pop())
            yield b"".join(reversed(pieces))
            yield from reversed(lines)
            pieces = []
        pieces.append(first)
    yield b"".join(reversed(pieces))
