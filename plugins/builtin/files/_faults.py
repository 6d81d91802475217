"""What the system says when a file cannot be used, as one line for the model."""

from __future__ import annotations

import errno
import os
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Final

from gaff.hooks import ToolError

from ._paths import shown

REASONS: Final[Mapping[int, str]] = {
    errno.EACCES: "permission denied",
    errno.EDQUOT: "the disk quota is used up",
    errno.EISDIR: "it is a folder",
    errno.ELOOP: "it became a link on the way, or its links go round in circles",
    errno.ENAMETOOLONG: "the name is too long",
    errno.ENOSPC: "the disk is full",
    errno.ENOTDIR: "a part of its path is a file, not a folder",
    errno.EPERM: "permission denied",
    errno.EROFS: "the file system is read-only",
}


@contextmanager
def reporting(doing: str, path: str, *, intact: str = "") -> Generator[None]:
    """Turn an ``OSError`` into one line: what could not be done, to which file and why; then ``intact``.

    Raises:
        ToolError: in place of the ``OSError``.
    """
    try:
        yield
    except OSError as error:
        number = error.errno or 0
        reason = REASONS.get(number) or os.strerror(number).lower()
        raise ToolError(f"Cannot {doing} {shown(path)}: {reason}.{intact and ' ' + intact}") from error
