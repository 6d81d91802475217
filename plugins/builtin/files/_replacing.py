"""Writing files whole or not at all: beside the old one, to disk, then in its place.

All names are relative to a descriptor of the folder, which was opened with no link on the way, so neither
a link in the last part of a path nor a folder swapped for one takes the write elsewhere. A hard link
is broken: other names keep the old content.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from gaff.hooks import ToolError

from ._opening import open_file, open_folder, read_all

#: Larger files are for sed and the like.
MAX_FILE: Final = 256 << 20

CREATE_FLAGS: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC

#: What file systems without hard links answer.
NO_LINKS: Final = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})


@dataclass(frozen=True)
class Original:
    """A file as it was found."""

    data: bytes
    status: os.stat_result


def load(path: str, target: str) -> Original | None:
    """Return the file at a resolved path, ``None`` where there is none.

    Raises:
        ToolError: it is no regular file, or too large.
        OSError: it cannot be read.
    """
    try:
        with open_file(path) as opened:
            if (size := opened.status.st_size) > MAX_FILE:
                raise ToolError(f"{target} has {size:,} bytes, too many for this tool. Use sed in Bash.")
            return Original(read_all(opened.descriptor, size), opened.status)
    except FileNotFoundError:
        return None


def store(path: str, data: bytes, original: Original | None) -> None:
    """Put ``data`` where ``original`` was found, at a resolved path; ``None`` makes a new file.

    Mode and owner stay. Until all of ``data`` is on disk nothing changes.

    Raises:
        ToolError: the file changed since ``original`` was loaded, or the folder leads elsewhere.
        OSError: it cannot be written; then the original is as it was.
    """
    folder, name = os.path.split(path)
    with open_folder(folder, make=original is None) as descriptor:
        draft = f".gaff-{secrets.token_hex(8)}.tmp"
        try:
            _refuse_unwritable(descriptor, name, original)
            _write(descriptor, draft, data, original)
            _refuse_changed(descriptor, name, path, original)
            _put(descriptor, draft, name, original)
        finally:
            with suppress(FileNotFoundError):
                os.unlink(draft, dir_fd=descriptor)
        with suppress(OSError):  # some file systems cannot sync a folder; the file itself is on disk
            os.fsync(descriptor)


def _refuse_unwritable(folder: int, name: str, original: Original | None) -> None:
    """The folder decides whether a file can be replaced; whoever made it read-only meant the file, too."""
    if original is not None and not os.access(name, os.W_OK, dir_fd=folder):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), name)


def _write(folder: int, draft: str, data: bytes, original: Original | None) -> None:
    descriptor = os.open(draft, CREATE_FLAGS, 0o666 if original is None else 0o600, dir_fd=folder)
    try:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        if original is not None:
            with suppress(OSError):  # only root may give files away
                os.fchown(descriptor, original.status.st_uid, original.status.st_gid)
            os.fchmod(descriptor, stat.S_IMODE(original.status.st_mode) & 0o777)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _refuse_changed(folder: int, name: str, path: str, original: Original | None) -> None:
    try:
        now = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        if original is None:
            return
        raise _changed(path) from None
    if original is None:
        raise _changed(path)
    if _stamp(now) != _stamp(original.status):
        found = load(path, path) if stat.S_ISREG(now.st_mode) else None
        if found is None or found.data != original.data:
            raise _changed(path)


def _stamp(status: os.stat_result) -> tuple[int, int, int, int]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _changed(path: str) -> ToolError:
    return ToolError(f"{path} was changed by something else at this very moment. Read it, then try again.")


def _put(folder: int, draft: str, name: str, original: Original | None) -> None:
    if original is None:
        try:
            # Unlike a rename, this fails where a file of that name has come up in the meantime.
            os.link(draft, name, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
            return
        except FileExistsError:
            raise _changed(name) from None
        except OSError as error:
            if error.errno not in NO_LINKS:
                raise
    os.rename(draft, name, src_dir_fd=folder, dst_dir_fd=folder)
