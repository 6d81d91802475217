"""The open end of a transcript file.

What is promised: a record that was acknowledged is never lost by a crash, by a full disk or by another
process, and a record that was not is at most one unreadable line.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final, cast

from gaff.hooks import SessionError, TranscriptWriter
from gaff.hooks.values import JsonObject

_FLAGS: Final = os.O_RDWR | os.O_APPEND | os.O_NOFOLLOW
_ADVICE: Final = {
    errno.ENOSPC: "free some space and go on",
    errno.EDQUOT: "free some space and go on",
    errno.EFBIG: "raise the file size limit (ulimit -f) or start a new session",
    errno.EROFS: "make the disk writable or set GAFF_HOME",
    errno.EACCES: "make it writable or set GAFF_HOME",
    errno.EPERM: "make it writable or set GAFF_HOME",
}


class JsonlWriter(TranscriptWriter):
    """Appends to one transcript and keeps others from doing so, by a lock that ends with the process."""

    def __init__(self, path: Path) -> None:
        """Open the transcript if there is one.

        Raises:
            SessionError: another process is writing it, or it cannot be written.
        """
        self.path = path
        self._file: int | None = None
        self._closed = False
        #: Whether the folder does not know the file for good yet.
        self._new = False
        self._fault: SessionError | None = None
        try:
            self._file = _open_locked(path, os.O_RDWR)
        except (FileNotFoundError, NotADirectoryError):
            _check_folder(path.parent)
        else:
            with suppress(OSError):  # on a full disk the next append tries again
                _finish_line(self._file)

    def append(self, entry: JsonObject) -> None:
        record = encode_record(entry)
        if self._closed:
            raise SessionError(f"the transcript {self.path} is closed")
        if self._file is None:
            self._file = self._create()
        try:
            _append(self._file, record)
        except OSError as error:
            raise _failure(self.path, error) from error

    def sync(self) -> None:
        # After a failed sync the kernel takes the lost pages for clean, so that a later success proves nothing.
        if self._fault is not None:
            raise self._fault
        if self._file is None:
            return
        try:
            _sync_data(self._file)
            if self._new:
                _sync_folder(self.path.parent)
                self._new = False
        except OSError as error:
            self._fault = _failure(self.path, error)
            raise self._fault from error

    def close(self) -> None:
        self._closed = True
        if self._file is not None:
            file, self._file = self._file, None
            os.close(file)

    def _create(self) -> int:
        try:
            _make_folders(self.path.parent)
            file = _open_locked(self.path, os.O_RDWR | os.O_CREAT)
            os.fchmod(file, 0o600)
        except OSError as error:
            raise _failure(self.path, error) from error
        self._new = True
        return file


class DiscardingWriter(TranscriptWriter):
    """Keeps nothing, for sessions that are not to be kept."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, entry: JsonObject) -> None:
        """Check that the entry could be kept, so that the sessions do not differ otherwise."""
        encode_record(entry)

    def sync(self) -> None:
        """There is nothing to bring to the disk."""

    def close(self) -> None:
        """There is nothing to give free."""


def _plain(value: object) -> object:
    """Return what ``json`` knows: something a plugin got wrong must not cost the turn."""
    return dict(cast("JsonObject", value)) if isinstance(value, Mapping) else str(value)


_encode: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_plain).encode
_encode_ascii: Final = json.JSONEncoder(separators=(",", ":"), default=_plain).encode


def encode_record(entry: JsonObject) -> bytes:
    """Return an entry as one line of valid UTF-8.

    Raises:
        SessionError: it holds something that is not JSON.
    """
    try:
        text = _encode(entry)
        try:
            return text.encode() + b"\n"
        except UnicodeEncodeError:  # lone surrogates: as escapes they are valid, and come back as they were
            return _encode_ascii(entry).encode() + b"\n"
    except (TypeError, ValueError, RecursionError) as error:
        raise SessionError(f"a transcript entry cannot be written as JSON: {error}") from error


def _append(file: int, record: bytes) -> None:
    """Write a record after the last whole line, or leave the file as it was.

    Raises:
        OSError: the record could not be written.
    """
    state = os.fstat(file)
    if not state.st_nlink:
        raise OSError(errno.ENOENT, "it was deleted or replaced while in use; start a new session")
    end = state.st_size
    # Not only after a crash of ours: programs without a lock, such as SDK clients, append titles and tags.
    if end and os.pread(file, 1, end - 1) != b"\n":
        end = _cut_half_character(file, end)
        record = b"\n" + record
    rest = memoryview(record)
    try:
        while rest:
            rest = rest[os.write(file, rest) :]
    except OSError:
        written = len(record) - len(rest)
        if os.fstat(file).st_size == end + written:  # never cut what another has written since
            os.ftruncate(file, end)
        raise


def _finish_line(file: int) -> None:
    end = os.fstat(file).st_size
    if end and os.pread(file, 1, end - 1) != b"\n":
        _cut_half_character(file, end)
        os.write(file, b"\n")


def _cut_half_character(file: int, end: int) -> int:
    """Cut the half of a character that a crash left: readers that insist on UTF-8 would refuse the whole file."""
    tail = os.pread(file, 3, max(0, end - 3))
    for length, byte in enumerate(reversed(tail), start=1):
        if byte & 0b1100_0000 == 0b1000_0000:
            continue
        if byte >= 0b1100_0000 and length < 2 + (byte >= 0b1110_0000) + (byte >= 0b1111_0000):
            end -= length
            os.ftruncate(file, end)
        break
    return end


def _open_locked(path: Path, flags: int) -> int:
    """Open a transcript that nobody else is writing.

    Raises:
        SessionError: somebody is, or it cannot be opened for another reason than that it is missing.
        FileNotFoundError: there is none.
        NotADirectoryError: there cannot be one.
    """
    try:
        file = os.open(path, flags | _FLAGS, 0o600)
    except (FileNotFoundError, NotADirectoryError):
        raise
    except OSError as error:
        raise _failure(path, error) from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = _lock_holder(file)
        os.close(file)
        raise SessionError(
            f"session {path.stem} is being written by {holder}; leave it there, or fork it with --fork-session"
        ) from None
    except OSError as error:
        os.close(file)
        raise SessionError(f"cannot lock {path}: {error.strerror}; set GAFF_HOME to a local disk") from error
    return file


def _lock_holder(file: int) -> str:
    """Name the process that holds the lock, where the system tells."""
    inode = f":{os.fstat(file).st_ino}"
    with suppress(OSError), open("/proc/locks", encoding="ascii") as locks:
        for line in locks:
            words = line.split()
            if words[1] == "FLOCK" and words[5].endswith(inode) and int(words[4]) > 0:
                return f"process {words[4]}"
    return "another process"


def _failure(path: Path, error: OSError) -> SessionError:
    advice = _ADVICE.get(error.errno or 0)
    reason = error.strerror or str(error)
    return SessionError(f"cannot write the transcript {path}: {reason}" + (f"; {advice}" if advice else ""))


def _check_folder(folder: Path) -> None:
    """Say now what would fail with the first record."""
    existing = next(one for one in (folder, *folder.parents) if one.exists())
    if not existing.is_dir():
        raise SessionError(f"cannot keep sessions in {folder}: {existing} is not a folder; set GAFF_HOME")
    if not os.access(existing, os.W_OK | os.X_OK):
        raise SessionError(f"cannot keep sessions in {folder}: {existing} is not writable; set GAFF_HOME")


def _make_folders(folder: Path) -> None:
    """Make the folder and those above it that are missing, for the user alone whatever the umask."""
    if not folder.is_dir():
        _make_folders(folder.parent)
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
            folder.chmod(0o700)


def _sync_data(file: int) -> None:
    if hasattr(os, "fdatasync"):
        os.fdatasync(file)
    else:  # macOS
        os.fsync(file)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
