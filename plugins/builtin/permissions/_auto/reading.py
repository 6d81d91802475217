"""Reads files that may be anything: only regular ones, of bearable size."""

from __future__ import annotations

import os
from typing import Final

_LARGEST: Final = 2_000_000


def text_of(path: str) -> str | None:
    """Return the text of a regular file of bearable size; ``None`` where there is none."""
    try:
        if not os.path.isfile(path) or os.path.getsize(path) > _LARGEST:
            return None
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.read()
    except OSError:
        return None
