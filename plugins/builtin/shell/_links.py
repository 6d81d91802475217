"""Links below a folder, for commands that follow them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Final

#: Folders with more entries are not looked through.
_MOST: Final = 20_000


def leads_out(folder: str) -> bool:
    """Whether a link below the folder leads out of it, or there are too many entries to say."""
    top = os.path.realpath(folder)
    for count, entry in enumerate(_entries(top)):
        if count >= _MOST:
            return True
        if entry.is_symlink() and not _within(os.path.realpath(entry.path), top):
            return True
    return False


def _entries(folder: str) -> Iterator[os.DirEntry[str]]:
    pending = [folder]
    while pending:
        try:
            with os.scandir(pending.pop()) as entries:
                for entry in entries:
                    yield entry
                    if entry.is_dir(follow_symlinks=False):
                        pending.append(entry.path)
        except OSError:  # no folder, or one that the command cannot read either
            continue


def _within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")
